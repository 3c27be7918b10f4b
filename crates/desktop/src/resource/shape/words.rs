//! The words of JSON for words of qbXML.

/// The types of transactions.
pub(super) const TRANSACTION_TYPES: &[&str] = &[
    "ar_refund_credit_card",
    "bill",
    "bill_payment_check",
    "bill_payment_credit_card",
    "build_assembly",
    "charge",
    "check",
    "credit_card_charge",
    "credit_card_credit",
    "credit_memo",
    "deposit",
    "estimate",
    "inventory_adjustment",
    "invoice",
    "item_receipt",
    "journal_entry",
    "liability_adjustment",
    "paycheck",
    "payroll_liability_check",
    "purchase_order",
    "receive_payment",
    "sales_order",
    "sales_receipt",
    "sales_tax_payment_check",
    "transfer",
    "transfer_inventory",
    "vendor_credit",
    "ytd_adjustment",
];
/// Whether a line is billed to a customer.
pub(super) const BILLING_STATUSES: &[&str] = &["billable", "has_been_billed", "not_billable"];
/// How often a vendor files taxes.
pub(super) const REPORTING_PERIODS: &[&str] = &["monthly", "quarterly", "annual"];
/// How far a job is.
pub(super) const JOB_STATUSES: &[&str] = &["awarded", "closed", "in_progress", "none", "not_awarded", "pending"];
/// How invoices are sent. Intuit's schema also has `Fax`, and no `Mail`.
pub(super) const DELIVERY_METHODS: &[&str] = &["email", "mail", "none"];
/// The types of accounts.
pub(in crate::resource) const ACCOUNT_TYPES: &[&str] = &[
    "accounts_payable",
    "accounts_receivable",
    "bank",
    "cost_of_goods_sold",
    "credit_card",
    "equity",
    "expense",
    "fixed_asset",
    "income",
    "long_term_liability",
    "non_posting",
    "other_asset",
    "other_current_asset",
    "other_current_liability",
    "other_expense",
    "other_income",
];
/// What accounts are for that QuickBooks creates by itself.
pub(super) const SPECIAL_ACCOUNT_TYPES: &[&str] = &[
    "accounts_payable",
    "accounts_receivable",
    "condense_item_adjustment_expenses",
    "cost_of_goods_sold",
    "direct_deposit_liabilities",
    "estimates",
    "exchange_gain_loss",
    "inventory_assets",
    "item_receipt_account",
    "opening_balance_equity",
    "payroll_expenses",
    "payroll_liabilities",
    "petty_cash",
    "purchase_orders",
    "reconciliation_differences",
    "retained_earnings",
    "sales_orders",
    "sales_tax_payable",
    "uncategorized_expenses",
    "uncategorized_income",
    "undeposited_funds",
];
/// Where an account is in the statement of cash flows.
pub(super) const CASH_FLOW_CLASSIFICATIONS: &[&str] = &["financing", "investing", "none", "not_applicable", "operating"];
/// The months.
pub(super) const MONTHS: &[&str] =
    &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
/// The forms for a company's taxes.
pub(super) const TAX_FORMS: &[&str] = &[
    "form_1040",
    "form_1065",
    "form_1120",
    "form_1120s",
    "form_990",
    "form_990pf",
    "form_990t",
    "other_or_none",
    "form_t1",
    "form_t2",
];
/// The states of a subscription.
pub(super) const SERVICE_STATUSES: &[&str] = &["active", "expired", "never", "pending", "suspended", "terminated", "trial"];
/// Countries of sales taxes. The contract has any text here.
pub(super) const COUNTRIES: &[(&str, &str)] = &[("Australia", "australia"), ("Canada", "canada"), ("UK", "uk"), ("US", "us")];
