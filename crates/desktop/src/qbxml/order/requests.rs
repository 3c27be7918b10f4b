//! The requests that this crate writes, by the schema of qbXML 13.0.

use super::Request;
use super::rule::Rule::{self, AtMostOneOf, Group, OneOf};
use super::rule::{any, once, optional, some, with};

/// A filter by the objects of a list that have children.
const TREE: &[Rule] =
    &[OneOf(&[&[some("ListID")], &[some("FullName")], &[once("ListIDWithChildren")], &[once("FullNameWithChildren")]])];
const CURRENCY: Rule = with("CurrencyFilter", &[OneOf(&[&[some("ListID")], &[some("FullName")]])]);
const CLASS: Rule = with("ClassFilter", TREE);
const BALANCE: Rule = with("TotalBalanceFilter", &[once("Operator"), once("Amount")]);

const TXN_ID: &[Rule] = &[some("TxnID")];
const REF_NUMBER: &[Rule] = &[some("RefNumber")];
const REF_NUMBER_CASE_SENSITIVE: &[Rule] = &[some("RefNumberCaseSensitive")];
const LIST_ID: &[Rule] = &[some("ListID")];
const FULL_NAME: &[Rule] = &[some("FullName")];

const DATES: Rule = AtMostOneOf(&[
    &[with("ModifiedDateRangeFilter", &[optional("FromModifiedDate"), optional("ToModifiedDate")])],
    &[with("TxnDateRangeFilter", &[AtMostOneOf(&[&[optional("FromTxnDate"), optional("ToTxnDate")], &[once("DateMacro")]])])],
]);
const REF_NUMBERS: Rule = AtMostOneOf(&[
    &[with("RefNumberFilter", &[once("MatchCriterion"), once("RefNumber")])],
    &[with("RefNumberRangeFilter", &[optional("FromRefNumber"), optional("ToRefNumber")])],
]);
const NAMES: Rule = AtMostOneOf(&[
    &[with("NameFilter", &[once("MatchCriterion"), once("Name")])],
    &[with("NameRangeFilter", &[optional("FromName"), optional("ToName")])],
]);

const TXN_FILTER: &[Rule] =
    &[optional("MaxReturned"), DATES, with("EntityFilter", TREE), with("AccountFilter", TREE), REF_NUMBERS, CURRENCY];
const PAID_FILTER: &[Rule] = &[Group(TXN_FILTER), optional("PaidStatus")];
const LIST_FILTER: &[Rule] =
    &[optional("MaxReturned"), optional("ActiveStatus"), optional("FromModifiedDate"), optional("ToModifiedDate"), NAMES];
const ACCOUNT_FILTER: &[Rule] = &[Group(LIST_FILTER), any("AccountType"), CURRENCY];
const NAME_FILTER: &[Rule] = &[Group(LIST_FILTER), BALANCE, CURRENCY, CLASS];

const COLUMNS: Rule = Group(&[any("IncludeRetElement"), any("OwnerID")]);
const LINES: Rule = optional("IncludeLineItems");
const LINKED: Rule = optional("IncludeLinkedTxns");

const BILL_PAYMENT_CHECKS: &[Rule] = &[AtMostOneOf(&[TXN_ID, REF_NUMBER, REF_NUMBER_CASE_SENSITIVE, TXN_FILTER]), LINES, COLUMNS];
const CHECKS: &[Rule] = &[AtMostOneOf(&[TXN_ID, REF_NUMBER, REF_NUMBER_CASE_SENSITIVE, TXN_FILTER]), LINES, LINKED, COLUMNS];
const BILLS_AND_INVOICES: &[Rule] =
    &[AtMostOneOf(&[TXN_ID, REF_NUMBER, REF_NUMBER_CASE_SENSITIVE, PAID_FILTER]), LINES, LINKED, COLUMNS];
const ACCOUNTS: &[Rule] = &[AtMostOneOf(&[LIST_ID, FULL_NAME, ACCOUNT_FILTER]), COLUMNS];
const CUSTOMERS_AND_VENDORS: &[Rule] = &[AtMostOneOf(&[LIST_ID, FULL_NAME, NAME_FILTER]), COLUMNS];
const HOST: &[Rule] = &[with("IncludeListMetaData", &[once("IncludeMaxCapacity")]), any("IncludeRetElement")];
const COMPANY: &[Rule] = &[COLUMNS];
const DELETED_TXNS: &[Rule] = &[
    some("TxnDelType"),
    with("DeletedDateRangeFilter", &[optional("FromDeletedDate"), optional("ToDeletedDate")]),
    any("IncludeRetElement"),
];

const fn plain(name: &'static str, rules: &'static [Rule]) -> Request {
    Request { name, has_meta_data: false, iterates: false, rules }
}

const fn counted(name: &'static str, rules: &'static [Rule]) -> Request {
    Request { name, has_meta_data: true, iterates: false, rules }
}

const fn paged(name: &'static str, rules: &'static [Rule]) -> Request {
    Request { name, has_meta_data: true, iterates: true, rules }
}

/// All of them.
pub(super) const REQUESTS: &[Request] = &[
    plain("HostQueryRq", HOST),
    plain("CompanyQueryRq", COMPANY),
    paged("CheckQueryRq", CHECKS),
    paged("BillPaymentCheckQueryRq", BILL_PAYMENT_CHECKS),
    paged("InvoiceQueryRq", BILLS_AND_INVOICES),
    paged("BillQueryRq", BILLS_AND_INVOICES),
    paged("VendorQueryRq", CUSTOMERS_AND_VENDORS),
    paged("CustomerQueryRq", CUSTOMERS_AND_VENDORS),
    counted("AccountQueryRq", ACCOUNTS),
    counted("TxnDeletedQueryRq", DELETED_TXNS),
];
