//! An account of the chart of accounts.

use super::common::{CREATED_AT, CUSTOM_FIELDS, IS_ACTIVE, LIST_ID, REVISION_NUMBER, UPDATED_AT};
use super::words::{ACCOUNT_TYPES, CASH_FLOW_CLASSIFICATIONS, SPECIAL_ACCOUNT_TYPES};
use crate::resource::field::{Field, Kind};

/// `qbd_account`.
pub(in crate::resource) const ACCOUNT: &[Field] = &[
    LIST_ID,
    Field::object_type("qbd_account"),
    CREATED_AT,
    UPDATED_AT,
    REVISION_NUMBER,
    Field::required("name", "Name", Kind::Text),
    Field::required("fullName", "FullName", Kind::Text),
    IS_ACTIVE,
    Field::new("parent", "ParentRef", Kind::Ref),
    Field::required("sublevel", "Sublevel", Kind::Number),
    Field::required("accountType", "AccountType", Kind::Word(ACCOUNT_TYPES)),
    Field::new("specialAccountType", "SpecialAccountType", Kind::Word(SPECIAL_ACCOUNT_TYPES)),
    Field::new("isTaxAccount", "IsTaxAccount", Kind::Flag),
    Field::new("accountNumber", "AccountNumber", Kind::Text),
    Field::new("bankAccountNumber", "BankNumber", Kind::Text),
    Field::new("description", "Desc", Kind::Text),
    Field::new("balance", "Balance", Kind::Decimal),
    Field::new("totalBalance", "TotalBalance", Kind::Decimal),
    Field::new("salesTaxCode", "SalesTaxCodeRef", Kind::Ref),
    Field::new("taxLineDetails", "TaxLineInfoRet", Kind::Object(TAX_LINE)),
    Field::new("cashFlowClassification", "CashFlowClassification", Kind::Word(CASH_FLOW_CLASSIFICATIONS)),
    Field::new("currency", "CurrencyRef", Kind::Ref),
    CUSTOM_FIELDS,
];

/// `qbd_tax_line_info`.
const TAX_LINE: &[Field] =
    &[Field::required("taxLineId", "TaxLineID", Kind::Number), Field::new("taxLineName", "TaxLineName", Kind::Text)];
