//! The resources that have lists.

use serde_json::Value;

use super::field::Field;
use super::invalid::InvalidParameter;
use super::shape::{ACCOUNT, BILL, BILL_CHECK_PAYMENT, CHECK, CUSTOMER, INVOICE, OWNER_ID, VENDOR};
use super::text::is_id;
use super::unreadable::Unreadable;
use crate::qbxml::Element;

/// A resource that has a list. The words are those of the paths of Conductor's API.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
pub enum Resource {
    /// Accounts.
    #[strum(serialize = "accounts")]
    Account,
    /// Bills.
    #[strum(serialize = "bills")]
    Bill,
    /// Payments of bills by check.
    #[strum(serialize = "bill-check-payments")]
    BillCheckPayment,
    /// Checks that pay no bills.
    #[strum(serialize = "checks")]
    Check,
    /// Customers and their jobs.
    #[strum(serialize = "customers")]
    Customer,
    /// Sales invoices.
    #[strum(serialize = "invoices")]
    Invoice,
    /// Vendors.
    #[strum(serialize = "vendors")]
    Vendor,
}

impl Resource {
    /// The name of its query.
    pub const fn query(self) -> &'static str {
        self.names()[0]
    }

    /// The name of the query's answer.
    pub const fn response(self) -> &'static str {
        self.names()[1]
    }

    /// The name of an object in the answer.
    pub const fn object(self) -> &'static str {
        self.names()[2]
    }

    /// The name of its type, such as `BillPaymentCheck`.
    pub const fn qbxml(self) -> &'static str {
        self.names()[3]
    }

    const fn names(self) -> [&'static str; 4] {
        match self {
            Self::Account => ["AccountQueryRq", "AccountQueryRs", "AccountRet", "Account"],
            Self::Bill => ["BillQueryRq", "BillQueryRs", "BillRet", "Bill"],
            Self::BillCheckPayment => {
                ["BillPaymentCheckQueryRq", "BillPaymentCheckQueryRs", "BillPaymentCheckRet", "BillPaymentCheck"]
            }
            Self::Check => ["CheckQueryRq", "CheckQueryRs", "CheckRet", "Check"],
            Self::Customer => ["CustomerQueryRq", "CustomerQueryRs", "CustomerRet", "Customer"],
            Self::Invoice => ["InvoiceQueryRq", "InvoiceQueryRs", "InvoiceRet", "Invoice"],
            Self::Vendor => ["VendorQueryRq", "VendorQueryRs", "VendorRet", "Vendor"],
        }
    }

    /// Whether it is a transaction. The others are objects of QuickBooks's lists.
    pub const fn is_transaction(self) -> bool {
        matches!(self, Self::Bill | Self::BillCheckPayment | Self::Check | Self::Invoice)
    }

    /// Whether QuickBooks gives its list in pages. It gives all accounts at once.
    pub const fn is_paged(self) -> bool {
        !matches!(self, Self::Account)
    }

    /// Whether QuickBooks can add the transactions that are linked with it. It always does so for payments of bills.
    pub(super) const fn has_linked_transactions(self) -> bool {
        matches!(self, Self::Bill | Self::Check | Self::Invoice)
    }

    /// The element with the id of an object.
    pub(super) const fn id(self) -> &'static str {
        if self.is_transaction() { "TxnID" } else { "ListID" }
    }

    pub(super) const fn fields(self) -> &'static [Field] {
        match self {
            Self::Account => ACCOUNT,
            Self::Bill => BILL,
            Self::BillCheckPayment => BILL_CHECK_PAYMENT,
            Self::Check => CHECK,
            Self::Customer => CUSTOMER,
            Self::Invoice => INVOICE,
            Self::Vendor => VENDOR,
        }
    }

    /// The query for one object, with its lines and the transactions that are linked with it.
    ///
    /// # Errors
    /// [`InvalidParameter::Value`] if QuickBooks can have no such id.
    pub fn retrieve(self, id: &str) -> Result<Element, InvalidParameter> {
        if !is_id(id) {
            return Err(InvalidParameter::Value { name: "id".to_owned(), must_be: ID });
        }
        let mut query = Element::new(self.query()).with_text(self.id(), id);
        if self.is_transaction() {
            query = query.with_text("IncludeLineItems", "true");
        }
        if self.has_linked_transactions() {
            query = query.with_text("IncludeLinkedTxns", "true");
        }
        Ok(query.with_text(OWNER_ID.0, OWNER_ID.1))
    }

    /// The JSON of an object.
    ///
    /// # Errors
    /// [`Unreadable`]
    pub fn read(self, object: &Element) -> Result<Value, Unreadable> {
        super::read::read(self.fields(), object).map(Value::Object)
    }
}

const ID: &str = "an id of QuickBooks: 1 to 36 characters, without control characters";
