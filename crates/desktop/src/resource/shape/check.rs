//! A check: money that is spent directly.

use super::common::{ADDRESS, CREATED_AT, CUSTOM_FIELDS, LINKED_TRANSACTIONS, REVISION_NUMBER, TRANSACTION_ID, UPDATED_AT};
use super::line::{EXPENSE_LINES, ITEM_GROUP_LINES, ITEM_LINES};
use crate::resource::field::{Field, Kind};

/// `qbd_check`.
pub(in crate::resource) const CHECK: &[Field] = &[
    TRANSACTION_ID,
    Field::object_type("qbd_check"),
    CREATED_AT,
    UPDATED_AT,
    REVISION_NUMBER,
    Field::required("bankAccount", "AccountRef", Kind::Ref),
    Field::new("payee", "PayeeEntityRef", Kind::Ref),
    Field::new("refNumber", "RefNumber", Kind::Text),
    Field::required("transactionDate", "TxnDate", Kind::Date),
    Field::required("amount", "Amount", Kind::Decimal),
    Field::new("currency", "CurrencyRef", Kind::Ref),
    Field::new("exchangeRate", "ExchangeRate", Kind::Number),
    Field::new("amountInHomeCurrency", "AmountInHomeCurrency", Kind::Decimal),
    Field::new("memo", "Memo", Kind::Text),
    Field::new("address", "Address", Kind::Object(ADDRESS)),
    // Not in qbXML 13.0.
    Field::new("isPending", "IsPending", Kind::Flag),
    Field::new("isQueuedForPrint", "IsToBePrinted", Kind::Flag),
    Field::new("salesTaxCode", "SalesTaxCodeRef", Kind::Ref),
    Field::new("externalId", "ExternalGUID", Kind::Text),
    LINKED_TRANSACTIONS,
    EXPENSE_LINES,
    ITEM_LINES,
    ITEM_GROUP_LINES,
    CUSTOM_FIELDS,
];
