//! A bill of a vendor.

use super::common::{ADDRESS, CREATED_AT, CUSTOM_FIELDS, LINKED_TRANSACTIONS, REVISION_NUMBER, TRANSACTION_ID, UPDATED_AT};
use super::line::{EXPENSE_LINES, ITEM_GROUP_LINES, ITEM_LINES};
use crate::resource::field::{Field, Kind};

/// `qbd_bill`.
pub(in crate::resource) const BILL: &[Field] = &[
    TRANSACTION_ID,
    Field::object_type("qbd_bill"),
    CREATED_AT,
    UPDATED_AT,
    REVISION_NUMBER,
    Field::new("vendor", "VendorRef", Kind::Ref),
    Field::new("vendorAddress", "VendorAddress", Kind::Object(ADDRESS)),
    Field::new("payablesAccount", "APAccountRef", Kind::Ref),
    Field::required("transactionDate", "TxnDate", Kind::Date),
    Field::new("dueDate", "DueDate", Kind::Date),
    Field::new("amountDue", "AmountDue", Kind::Decimal),
    Field::new("currency", "CurrencyRef", Kind::Ref),
    Field::new("exchangeRate", "ExchangeRate", Kind::Number),
    Field::new("amountDueInHomeCurrency", "AmountDueInHomeCurrency", Kind::Decimal),
    Field::new("refNumber", "RefNumber", Kind::Text),
    // Not in qbXML 13.0.
    Field::new("isPending", "IsPending", Kind::Flag),
    Field::new("terms", "TermsRef", Kind::Ref),
    Field::new("memo", "Memo", Kind::Text),
    Field::new("salesTaxCode", "SalesTaxCodeRef", Kind::Ref),
    Field::new("isPaid", "IsPaid", Kind::Flag),
    Field::new("externalId", "ExternalGUID", Kind::Text),
    LINKED_TRANSACTIONS,
    EXPENSE_LINES,
    ITEM_LINES,
    ITEM_GROUP_LINES,
    // QuickBooks may leave it out, or send the vendor's whole balance (Conductor's description of the field).
    Field::new("openAmount", "OpenAmount", Kind::Decimal),
    CUSTOM_FIELDS,
];
