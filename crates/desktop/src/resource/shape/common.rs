//! Objects inside of several resources.

use super::words::TRANSACTION_TYPES;
use crate::resource::field::{Field, Kind, Missing};

/// `qbd_address`. QuickBooks's `AddressBlock`, the same address as it is printed, is not part of the contract.
pub(super) const ADDRESS: &[Field] = &[
    Field::new("line1", "Addr1", Kind::Text),
    Field::new("line2", "Addr2", Kind::Text),
    Field::new("line3", "Addr3", Kind::Text),
    Field::new("line4", "Addr4", Kind::Text),
    Field::new("line5", "Addr5", Kind::Text),
    Field::new("city", "City", Kind::Text),
    Field::new("state", "State", Kind::Text),
    Field::new("postalCode", "PostalCode", Kind::Text),
    Field::new("country", "Country", Kind::Text),
    Field::new("note", "Note", Kind::Text),
];

/// `qbd_linked_transaction`.
pub(super) const LINKED_TRANSACTION: &[Field] = &[
    Field::required("id", "TxnID", Kind::Text),
    Field::object_type("qbd_linked_transaction"),
    TRANSACTION_TYPE,
    Field::required("transactionDate", "TxnDate", Kind::Date),
    Field::new("refNumber", "RefNumber", Kind::Text),
    Field::new("linkType", "LinkType", Kind::Mapped(&[("AMTTYPE", "amount"), ("QUANTYPE", "quantity")])),
    Field::new("amount", "Amount", Kind::Decimal),
];

/// `qbd_custom_field`. The owner of the fields that QuickBooks's users see is `0`; only these are asked for.
pub(super) const CUSTOM_FIELD: &[Field] = &[
    Field::text_or("ownerId", "OwnerID", "0"),
    Field::required("name", "DataExtName", Kind::Text),
    Field::required("type", "DataExtType", Kind::Mapped(CUSTOM_FIELD_TYPES)),
    Field::text_or("value", "DataExtValue", ""),
];

const CUSTOM_FIELD_TYPES: &[(&str, &str)] = &[
    ("AMTTYPE", "amount_type"),
    ("DATETIMETYPE", "date_time_type"),
    ("INTTYPE", "integer_type"),
    ("PERCENTTYPE", "percent_type"),
    ("PRICETYPE", "price_type"),
    ("QUANTYPE", "quantity_type"),
    ("STR1024TYPE", "string_1024_type"),
    ("STR255TYPE", "string_255_type"),
];

/// The filter for the custom fields that QuickBooks's users see. Without it QuickBooks sends none.
pub(in crate::resource) const OWNER_ID: (&str, &str) = ("OwnerID", "0");
/// The custom fields, which each resource has.
pub(super) const CUSTOM_FIELDS: Field = Field::new("customFields", "DataExtRet", Kind::List(CUSTOM_FIELD));
/// The linked transactions.
pub(super) const LINKED_TRANSACTIONS: Field = Field::new("linkedTransactions", "LinkedTxn", Kind::List(LINKED_TRANSACTION));
/// The type of a transaction. The contract has a word for those that it does not list.
pub(super) const TRANSACTION_TYPE: Field =
    Field { missing: Missing::Is("unknown"), ..Field::new("transactionType", "TxnType", Kind::Word(TRANSACTION_TYPES)) };
/// When the object was created.
pub(super) const CREATED_AT: Field = Field::required("createdAt", "TimeCreated", Kind::Time);
/// When the object was last changed.
pub(super) const UPDATED_AT: Field = Field::required("updatedAt", "TimeModified", Kind::Time);
/// The version of the object.
pub(super) const REVISION_NUMBER: Field = Field::required("revisionNumber", "EditSequence", Kind::Text);
/// Whether the object of a list can still be used. QuickBooks may leave it out.
pub(super) const IS_ACTIVE: Field = Field::flag_or("isActive", "IsActive", true);
/// The id of a transaction.
pub(super) const TRANSACTION_ID: Field = Field::required("id", "TxnID", Kind::Text);
/// The id of a transaction's line.
pub(super) const LINE_ID: Field = Field::required("id", "TxnLineID", Kind::Text);
/// The id of an object of a list: a vendor, a customer, an account.
pub(super) const LIST_ID: Field = Field::required("id", "ListID", Kind::Text);
