//! Which texts of qbXML are booleans and numbers in JSON.

use serde_json::Number;

use super::value::Value;

/// The names of booleans that do not begin with `Is`.
const BOOLEANS: &[&str] = &[
    "AccountantCopyExists",
    "AllowOverride",
    "AssignEvenIfUsed",
    "ClearEarnings",
    "DataExtListRequire",
    "DataExtTxnRequire",
    "DefaultShipTo",
    "DeliverOwnEvents",
    "EnhancedInventoryReceivingEnabled",
    "FIFOEnabled",
    "Override",
    "SameShipAddrOk",
];

/// The names of numbers: `INTTYPE`, `QUANTYPE` and `FLOATTYPE` in the schema. Amounts, prices and percentages are strings.
const NUMBERS: &[&str] = &[
    "AssemblyBuildPoint",
    "BuildPoint",
    "ColID",
    "CountAdjustment",
    "DayOfMonthDue",
    "DiscountDayOfMonth",
    "DueNextMonthDays",
    "ExchangeRate",
    "ExpirationMonth",
    "ExpirationYear",
    "FiscalYear",
    "Invoiced",
    "IteratorRemainingCount",
    "LeadContactID",
    "LocationID",
    "Max",
    "NewQuantity",
    "NoteID",
    "NumColTitleRows",
    "NumColumns",
    "NumRows",
    "OdometerEnd",
    "OdometerStart",
    "PaymentGroupingCode",
    "Quantity",
    "QuantityCanBuild",
    "QuantityDifference",
    "QuantityNeeded",
    "QuantityOnHand",
    "QuantityOnOrder",
    "QuantityOnPendingTransfers",
    "QuantityOnPurchaseOrders",
    "QuantityOnSalesOrder",
    "QuantityOnSalesOrders",
    "QuantityRequiredByPendingBuildTxns",
    "QuantityToBeBuiltByPendingBuildTxns",
    "QuantityToBuild",
    "QuantityToTransfer",
    "QuantityTransferred",
    "ReceivedQuantity",
    "ReorderLevel",
    "ReorderPoint",
    "ResultCode",
    "RowNumber",
    "StdDiscountDays",
    "StdDueDays",
    "Sublevel",
    "TaxLineID",
    "TitleRow",
    "TotalMiles",
    "TxnAuthorizationStamp",
    "TxnNumber",
    "UnbilledQuantity",
];

/// The longest decimal number that a JSON number of 64 bits keeps exactly, in characters.
const EXACT_MOST: usize = 16;

/// The value of a text under this name. A text that is not what its name says stays a string.
pub(super) fn typed(name: &str, text: &str) -> Value {
    let value = match text {
        "true" | "false" if is_boolean(name) => Some(Value::Boolean(text == "true")),
        _ if NUMBERS.contains(&name) => number(text).map(Value::Number),
        _ => None,
    };
    value.unwrap_or_else(|| Value::Text(text.to_owned()))
}

fn is_boolean(name: &str) -> bool {
    let rest = name.strip_prefix("Is").or_else(|| name.strip_prefix("is"));
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase())) || BOOLEANS.contains(&name)
}

fn number(text: &str) -> Option<Number> {
    let is_exact =
        text.len() <= EXACT_MOST && text.contains('.') && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    text.parse::<i64>().map(Number::from).ok().or_else(|| Number::from_f64(text.parse().ok().filter(|_| is_exact)?))
}
