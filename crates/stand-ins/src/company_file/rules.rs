//! The requests that the company file knows, and the order of their elements (`qbxmlops130.xml`). Any other request is one that QuickBooks
//! cannot parse.

use super::grammar::{Content, FIRST, Rule, Times, Version, optional, part, since};

/// A request.
pub(super) struct Known {
    /// Its name without `Rq`.
    pub(super) name: &'static str,
    pub(super) since: Version,
    /// Whether it takes `iterator` and `iteratorID`.
    pub(super) iterates: bool,
    /// Whether it takes `metaData`.
    pub(super) counts: bool,
    pub(super) rules: &'static [Rule],
}

const fn known(name: &'static str, since: Version, (iterates, counts): (bool, bool), rules: &'static [Rule]) -> Known {
    Known { name, since, iterates, counts, rules }
}

/// The requests.
pub(super) const REQUESTS: [Known; 12] = [
    known("HostQuery", FIRST, (false, false), &[optional("IncludeListMetaData", Content::Group(LIST_META_DATA)), RET_ELEMENTS]),
    known("CompanyQuery", FIRST, (false, false), &[RET_ELEMENTS, OWNERS]),
    known("PreferencesQuery", (1, 1), (false, false), &[RET_ELEMENTS]),
    known("CheckQuery", FIRST, (true, true), &[CHECKS, LINE_ITEMS, since((7, 0), LINKED), RET_ELEMENTS, OWNERS]),
    known("BillPaymentCheckQuery", (2, 0), (true, true), &[CHECKS, LINE_ITEMS, RET_ELEMENTS, OWNERS]),
    known("BillQuery", FIRST, (true, true), &[BILLS, LINE_ITEMS, since((2, 0), LINKED), RET_ELEMENTS, OWNERS]),
    known("InvoiceQuery", FIRST, (true, true), &[BILLS, LINE_ITEMS, since((1, 1), LINKED), RET_ELEMENTS, OWNERS]),
    known("VendorQuery", FIRST, (true, true), &[PEOPLE, RET_ELEMENTS, OWNERS]),
    known("CustomerQuery", FIRST, (true, true), &[PEOPLE, RET_ELEMENTS, OWNERS]),
    known("AccountQuery", FIRST, (false, true), &[ACCOUNTS, RET_ELEMENTS, OWNERS]),
    known("TxnDeletedQuery", (2, 0), (false, true), &[TXN_DEL_TYPE, optional("DeletedDateRangeFilter", DELETED), RET_ELEMENTS]),
    known("CheckAdd", FIRST, (false, false), &[part("CheckAdd", Times::Once, Content::Group(CHECK_ADD)), RET_ELEMENTS]),
];

const RET_ELEMENTS: Rule = since((4, 0), part("IncludeRetElement", Times::AnyNumber, Content::Text));
const OWNERS: Rule = since((2, 0), part("OwnerID", Times::AnyNumber, Content::Guid));
const LINE_ITEMS: Rule = optional("IncludeLineItems", Content::Bool);
const LINKED: Rule = optional("IncludeLinkedTxns", Content::Bool);
const LIST_META_DATA: &[Rule] = &[part("IncludeMaxCapacity", Times::Once, Content::Bool)];

const TXN_IDS: &[Rule] = &[part("TxnID", Times::OnceOrMore, Content::Id)];
const LIST_IDS: &[Rule] = &[part("ListID", Times::OnceOrMore, Content::Id)];
const FULL_NAMES: &[Rule] = &[part("FullName", Times::OnceOrMore, Content::Text)];
const REF_NUMBERS: &[Rule] = &[part("RefNumber", Times::OnceOrMore, Content::Text)];
const EXACT_REF_NUMBERS: &[Rule] = &[since((4, 0), part("RefNumberCaseSensitive", Times::OnceOrMore, Content::Text))];

const CHECKS: Rule = Rule::Either(&[TXN_IDS, REF_NUMBERS, EXACT_REF_NUMBERS, &[TXN_FILTERS]]);
const BILLS: Rule = Rule::Either(&[TXN_IDS, REF_NUMBERS, EXACT_REF_NUMBERS, &[TXN_FILTERS, PAID_STATUS]]);
const PEOPLE: Rule = Rule::Either(&[LIST_IDS, FULL_NAMES, &[LIST_FILTERS, NAMES, TOTAL_BALANCE, CURRENCY, CLASS]]);
const ACCOUNTS: Rule = Rule::Either(&[LIST_IDS, FULL_NAMES, &[LIST_FILTERS, NAMES, ACCOUNT_TYPES, CURRENCY]]);

const TXN_FILTERS: Rule = Rule::All(&[
    MAX_RETURNED,
    Rule::Either(&[
        &[part("ModifiedDateRangeFilter", Times::Once, Content::Group(MODIFIED))],
        &[part("TxnDateRangeFilter", Times::Once, Content::Group(TXN_DATES))],
    ]),
    optional("EntityFilter", ONE_REFERENCE),
    optional("AccountFilter", ONE_REFERENCE),
    Rule::Either(&[
        &[part("RefNumberFilter", Times::Once, Content::Group(&[MATCH, part("RefNumber", Times::Once, Content::Text)]))],
        &[part("RefNumberRangeFilter", Times::Once, Content::Group(REF_NUMBER_RANGE))],
    ]),
    CURRENCY,
]);
const MAX_RETURNED: Rule = optional("MaxReturned", Content::Count);
const MODIFIED: &[Rule] = &[optional("FromModifiedDate", Content::DateTime), optional("ToModifiedDate", Content::DateTime)];
const TXN_DATES: &[Rule] = &[Rule::Either(&[
    &[optional("FromTxnDate", Content::Date), optional("ToTxnDate", Content::Date)],
    &[part("DateMacro", Times::Once, Content::Word(&["All"]))],
])];
const ONE_REFERENCE: Content = Content::Group(&[Rule::OneOf(&[
    LIST_IDS,
    FULL_NAMES,
    &[part("ListIDWithChildren", Times::Once, Content::Id)],
    &[part("FullNameWithChildren", Times::Once, Content::Text)],
])]);
const MATCH: Rule = part("MatchCriterion", Times::Once, Content::Word(&["StartsWith", "Contains", "EndsWith"]));
const REF_NUMBER_RANGE: &[Rule] = &[optional("FromRefNumber", Content::Text), optional("ToRefNumber", Content::Text)];
const CURRENCY: Rule = since((8, 0), optional("CurrencyFilter", Content::Group(&[Rule::OneOf(&[LIST_IDS, FULL_NAMES])])));
const CLASS: Rule = since((12, 0), optional("ClassFilter", ONE_REFERENCE));
const PAID_STATUS: Rule = optional("PaidStatus", Content::Word(&["All", "PaidOnly", "NotPaidOnly"]));

const LIST_FILTERS: Rule = Rule::All(&[
    MAX_RETURNED,
    optional("ActiveStatus", Content::Word(&["ActiveOnly", "InactiveOnly", "All"])),
    optional("FromModifiedDate", Content::DateTime),
    optional("ToModifiedDate", Content::DateTime),
]);
const NAMES: Rule = Rule::Either(&[
    &[part("NameFilter", Times::Once, Content::Group(&[MATCH, part("Name", Times::Once, Content::Text)]))],
    &[part("NameRangeFilter", Times::Once, Content::Group(NAME_RANGE))],
]);
const NAME_RANGE: &[Rule] = &[optional("FromName", Content::Text), optional("ToName", Content::Text)];
const TOTAL_BALANCE: Rule = optional("TotalBalanceFilter", Content::Group(BALANCE));
const BALANCE: &[Rule] = &[
    part("Operator", Times::Once, Content::Word(&["LessThan", "LessThanEqual", "Equal", "GreaterThan", "GreaterThanEqual"])),
    part("Amount", Times::Once, Content::Amount),
];
const ACCOUNT_TYPES: Rule = part(
    "AccountType",
    Times::AnyNumber,
    Content::Word(&[
        "AccountsPayable",
        "AccountsReceivable",
        "Bank",
        "CostOfGoodsSold",
        "CreditCard",
        "Equity",
        "Expense",
        "FixedAsset",
        "Income",
        "LongTermLiability",
        "NonPosting",
        "OtherAsset",
        "OtherCurrentAsset",
        "OtherCurrentLiability",
        "OtherExpense",
        "OtherIncome",
    ]),
);

const TXN_DEL_TYPE: Rule = part(
    "TxnDelType",
    Times::OnceOrMore,
    Content::Word(&[
        "ARRefundCreditCard",
        "Bill",
        "BillPaymentCheck",
        "BillPaymentCreditCard",
        "BuildAssembly",
        "Charge",
        "Check",
        "CreditCardCharge",
        "CreditCardCredit",
        "CreditMemo",
        "Deposit",
        "Estimate",
        "InventoryAdjustment",
        "Invoice",
        "ItemReceipt",
        "JournalEntry",
        "PurchaseOrder",
        "ReceivePayment",
        "SalesOrder",
        "SalesReceipt",
        "SalesTaxPaymentCheck",
        "TimeTracking",
        "TransferInventory",
        "VehicleMileage",
        "VendorCredit",
    ]),
);
const DELETED: Content =
    Content::Group(&[optional("FromDeletedDate", Content::DateTime), optional("ToDeletedDate", Content::DateTime)]);

const REFERENCE: Content = Content::Group(&[optional("ListID", Content::Id), optional("FullName", Content::Text)]);
/// Of `CheckAdd`, without what this company has no use for: taxes, items, links, currencies.
const CHECK_ADD: &[Rule] = &[
    part("AccountRef", Times::Once, REFERENCE),
    optional("PayeeEntityRef", REFERENCE),
    optional("RefNumber", Content::Text),
    optional("TxnDate", Content::Date),
    optional("Memo", Content::Text),
    optional("Address", Content::Group(ADDRESS)),
    optional("IsToBePrinted", Content::Bool),
    since((9, 0), optional("ExternalGUID", Content::Guid)),
    part("ExpenseLineAdd", Times::AnyNumber, Content::Group(EXPENSE_LINE_ADD)),
];
const ADDRESS: &[Rule] = &[
    optional("Addr1", Content::Text),
    optional("Addr2", Content::Text),
    optional("Addr3", Content::Text),
    since((2, 0), optional("Addr4", Content::Text)),
    since((6, 0), optional("Addr5", Content::Text)),
    optional("City", Content::Text),
    optional("State", Content::Text),
    optional("PostalCode", Content::Text),
    optional("Country", Content::Text),
    since((6, 0), optional("Note", Content::Text)),
];
const EXPENSE_LINE_ADD: &[Rule] =
    &[optional("AccountRef", REFERENCE), optional("Amount", Content::Amount), optional("Memo", Content::Text)];
