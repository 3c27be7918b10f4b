//! The payment of bills by a check.

use super::common::{
    ADDRESS, CREATED_AT, CUSTOM_FIELDS, LINKED_TRANSACTIONS, REVISION_NUMBER, TRANSACTION_ID, TRANSACTION_TYPE, UPDATED_AT,
};
use crate::resource::amount;
use crate::resource::field::{Field, Kind, Missing};

/// `qbd_bill_check_payment`. The schema lets QuickBooks leave out every element. Without an id, a date, a time or a revision it cannot be
/// shown.
pub(in crate::resource) const BILL_CHECK_PAYMENT: &[Field] = &[
    TRANSACTION_ID,
    Field::object_type("qbd_bill_check_payment"),
    CREATED_AT,
    UPDATED_AT,
    REVISION_NUMBER,
    Field::new("vendor", "PayeeEntityRef", Kind::Ref),
    Field::new("payablesAccount", "APAccountRef", Kind::Ref),
    Field::required("transactionDate", "TxnDate", Kind::Date),
    Field { missing: Missing::Unnamed, ..Field::new("bankAccount", "BankAccountRef", Kind::Ref) },
    Field::decimal_or("amount", "Amount", amount::applied),
    Field::new("currency", "CurrencyRef", Kind::Ref),
    Field::new("exchangeRate", "ExchangeRate", Kind::Number),
    Field::new("amountInHomeCurrency", "AmountInHomeCurrency", Kind::Decimal),
    Field::new("refNumber", "RefNumber", Kind::Text),
    Field::new("memo", "Memo", Kind::Text),
    Field::new("address", "Address", Kind::Object(ADDRESS)),
    Field::new("isQueuedForPrint", "IsToBePrinted", Kind::Flag),
    Field::new("externalId", "ExternalGUID", Kind::Text),
    Field::new("appliedToTransactions", "AppliedToTxnRet", Kind::List(TARGET_TRANSACTION)),
    CUSTOM_FIELDS,
];

/// `qbd_target_transaction`: a bill that is paid, or a credit that is used.
const TARGET_TRANSACTION: &[Field] = &[
    Field::required("transactionId", "TxnID", Kind::Text),
    TRANSACTION_TYPE,
    Field::new("transactionDate", "TxnDate", Kind::Date),
    Field::new("refNumber", "RefNumber", Kind::Text),
    Field::new("balanceRemaining", "BalanceRemaining", Kind::Decimal),
    Field::new("amount", "Amount", Kind::Decimal),
    Field::new("discountAmount", "DiscountAmount", Kind::Decimal),
    Field::new("discountAccount", "DiscountAccountRef", Kind::Ref),
    Field::new("discountClass", "DiscountClassRef", Kind::Ref),
    LINKED_TRANSACTIONS,
];
