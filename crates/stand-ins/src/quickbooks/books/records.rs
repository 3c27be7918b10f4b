//! The JSON of records at Intuit [nango-rec: quickbooks/tests; Intuit ref: Purchase, `BillPayment`].

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::FIRST_ID;
use crate::bookkeeping::Bookkeeper as _;
use crate::books::entry::{Entry, Named, at, number};
use crate::books::mangle::Fields;
use crate::books::{Entity, Method, State};
use crate::quickbooks::Intuit;

pub(super) const FIELDS: Fields = Fields { id: "/Id", amount: "/TotalAmt", date: "/TxnDate" };

/// Intuit's own time zone, in which it writes times.
const PACIFIC: &str = "PST8PDT,M3.2.0,M11.1.0";
/// The exchange rate of every other currency.
const EXCHANGE_RATE: f64 = 1.25;

/// The entity with this name in any case, and its name as Intuit writes it.
pub(super) fn entity_of(name: &str) -> Option<(Entity, &'static str)> {
    let known = [
        (Entity::Purchases, "Purchase"),
        (Entity::Payments, "BillPayment"),
        (Entity::Bills, "Bill"),
        (Entity::Invoices, "Invoice"),
    ];
    known.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(name))
}

/// The record, or the mark of a deleted one.
pub(super) fn as_json_or_deleted(entry: &Entry<'_>) -> Value {
    if entry.state() == State::Deleted {
        let meta_data = json!({ "LastUpdatedTime": written(entry.changed()) });
        return json!({ "status": "Deleted", "domain": "QBO", "Id": Intuit::record_id(entry), "MetaData": meta_data });
    }
    as_json(entry)
}

pub(super) fn as_json(entry: &Entry<'_>) -> Value {
    let mut record = json!({
        "Id": Intuit::record_id(entry),
        "SyncToken": entry.version().to_string(),
        "domain": "QBO",
        "sparse": false,
        "TxnDate": entry.date(),
        "TotalAmt": number(amount(entry)),
        "CurrencyRef": { "value": entry.currency(), "name": currency_name(entry.currency()) },
        "MetaData": { "CreateTime": written(entry.created()), "LastUpdatedTime": written(entry.changed()) },
    });
    if !entry.is_home() {
        record["ExchangeRate"] = json!(EXCHANGE_RATE);
    }
    if let Some(note) = note(entry) {
        record["PrivateNote"] = json!(note);
    }
    match entry.entity {
        Entity::Purchases => add_purchase(&mut record, entry),
        Entity::Payments => add_payment(&mut record, entry),
        Entity::Bills => add_bill(&mut record, entry),
        Entity::Invoices => add_invoice(&mut record, entry),
    }
    record
}

/// The amount. Of a void record zero, as at Intuit.
fn amount(entry: &Entry<'_>) -> i64 {
    if entry.state() == State::Void { 0 } else { entry.cents() }
}

/// The memo. Of a void record it begins with a mark [Intuit's text for Payment, in `QuickBooksSharp` issue 8].
fn note(entry: &Entry<'_>) -> Option<String> {
    match (entry.state(), entry.memo()) {
        (State::Void, Some(memo)) => Some(format!("Voided - {memo}")),
        (State::Void, None) => Some("Voided".to_owned()),
        (_, memo) => memo.map(str::to_owned),
    }
}

fn add_purchase(record: &mut Value, entry: &Entry<'_>) {
    let method = entry.method();
    let kind = if method == Method::Check { "3" } else { "54" };
    record["PaymentType"] = json!(payment_type(method));
    record["AccountRef"] = account(entry);
    record["Credit"] = json!(method == Method::Card && entry.spelling(15) == 0);
    record["PurchaseEx"] = json!({ "any": [
        { "name": "{http://schema.intuit.com/finance/v3}NameValue", "value": { "Name": "TxnType", "Value": kind } },
    ] });
    record["Line"] = expense_line(entry);
    // A purchase may have no vendor.
    if entry.spelling(11) > 0 {
        record["EntityRef"] = reference(&entry.party());
        record["EntityRef"]["type"] = json!("Vendor");
    }
    if method == Method::Check {
        record["PrintStatus"] = json!(print_status(entry));
        add_number(record, entry);
    }
}

fn add_payment(record: &mut Value, entry: &Entry<'_>) {
    record["VendorRef"] = reference(&entry.party());
    record["Line"] = json!([{
        "Amount": number(amount(entry)),
        "LinkedTxn": [{ "TxnId": (FIRST_ID + entry.pays()).to_string(), "TxnType": "Bill" }],
    }]);
    // A bill is only paid by check or by card.
    if entry.method() == Method::Check {
        record["PayType"] = json!("Check");
        record["CheckPayment"] = json!({ "BankAccountRef": account(entry), "PrintStatus": print_status(entry) });
        add_number(record, entry);
    } else {
        record["PayType"] = json!("CreditCard");
        record["CreditCardPayment"] = json!({ "CCAccountRef": account(entry) });
    }
}

fn add_bill(record: &mut Value, entry: &Entry<'_>) {
    record["VendorRef"] = reference(&entry.party());
    record["APAccountRef"] = json!({ "value": "33", "name": "Accounts Payable (A/P)" });
    record["DueDate"] = json!(entry.due_date());
    record["Balance"] = number(entry.balance());
    record["DocNumber"] = json!(entry.number_set().map_or_else(|| format!("B-{}", entry.running_number()), str::to_owned));
    record["SalesTermRef"] = json!({ "value": "3", "name": "Net 30" });
    record["LinkedTxn"] = json!([]);
    record["Line"] = expense_line(entry);
}

fn add_invoice(record: &mut Value, entry: &Entry<'_>) {
    let customer = entry.party();
    record["CustomerRef"] = reference(&customer);
    record["DueDate"] = json!(entry.due_date());
    record["Balance"] = number(entry.balance());
    record["DocNumber"] = json!(entry.number_set().map_or_else(|| entry.running_number().to_string(), str::to_owned));
    record["CustomerMemo"] = json!({ "value": "Thank you for your business." });
    record["BillEmail"] = json!({ "Address": format!("accounts{}@customer.example", customer.id) });
    record["EmailStatus"] = json!("NotSet");
    record["PrintStatus"] = json!("NeedToPrint");
    record["LinkedTxn"] = json!([]);
    record["TxnTaxDetail"] = json!({ "TotalTax": 0 });
    record["Line"] = json!([
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": number(amount(entry)),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": { "ItemRef": { "value": "1", "name": "Services" } },
        },
        { "Amount": number(amount(entry)), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {} },
    ]);
}

fn add_number(record: &mut Value, entry: &Entry<'_>) {
    if let Some(number) = entry.loose_number() {
        record["DocNumber"] = json!(number);
    }
}

fn expense_line(entry: &Entry<'_>) -> Value {
    json!([{
        "Id": "1",
        "Amount": number(amount(entry)),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {
            "AccountRef": { "value": "61", "name": "Job Materials" },
            "BillableStatus": "NotBillable",
        },
    }])
}

pub(super) fn payment_type(method: Method) -> &'static str {
    match method {
        Method::Check => "Check",
        Method::Card => "CreditCard",
        Method::Cash | Method::Transfer => "Cash",
    }
}

fn print_status(entry: &Entry<'_>) -> &'static str {
    ["NotSet", "NeedToPrint", "PrintComplete", "PrintComplete"][usize::try_from(entry.spelling(4)).expect("below four")]
}

fn account(entry: &Entry<'_>) -> Value {
    let account = entry.account();
    reference(&Named { id: account.id, name: account.name })
}

fn reference(named: &Named<'_>) -> Value {
    json!({ "value": named.id.to_string(), "name": named.name })
}

fn currency_name(code: &str) -> &str {
    match code {
        "USD" => "United States Dollar",
        "CAD" => "Canadian Dollar",
        "EUR" => "Euro",
        other => other,
    }
}

fn written(unix_seconds: i64) -> String {
    let zone = TimeZone::posix(PACIFIC).expect("a POSIX time zone");
    let time = at(unix_seconds);
    time.display_with_offset(zone.to_offset(time)).to_string()
}
