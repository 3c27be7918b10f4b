//! Checks and invoices, in one form for all platforms. Fields that only one platform has stay in `platforms`.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use strum::{EnumString, IntoStaticStr};

/// The longest number, name and memo that are kept, in characters. The rest is cut off.
pub const NUMBER_MOST: usize = 100;
/// See [`NUMBER_MOST`].
pub const NAME_MOST: usize = 500;
/// See [`NUMBER_MOST`].
pub const MEMO_MOST: usize = 4_000;
/// The largest number of payables of one payment that are kept.
pub const PAYS_MOST: usize = 1_000;

/// A record as its platform has it, without its connection and company: the run that reads it knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The type and the platform's id.
    pub key: RecordKey,
    /// The check or invoice.
    pub body: Body,
    /// When it was created at the platform; `None` if the platform does not say it.
    pub created_at: Option<Timestamp>,
    /// When it was last changed at the platform; `None` if the platform does not say it.
    pub changed_at: Option<Timestamp>,
    /// The platform's own JSON, if the connection keeps it.
    pub source: Option<String>,
}

/// The identity of a record within its company. External ids are unique for each type, not across types.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey {
    /// The type.
    pub entity_type: EntityType,
    /// The platform's id: 1 to 64 characters.
    pub external_id: String,
}

/// The type of a record, by the platform's own name in the singular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, strum::VariantNames)]
pub enum EntityType {
    /// Money spent directly (QuickBooks).
    Purchase,
    /// The payment of a bill (QuickBooks, `FreshBooks`).
    BillPayment,
    /// A payable (QuickBooks, also Desktop, Zoho, `FreshBooks`).
    Bill,
    /// A sales invoice; at Xero also a bill.
    Invoice,
    /// Money spent directly (Xero).
    BankTransaction,
    /// The payment of a bill (Xero).
    Payment,
    /// The payment of a bill (Zoho).
    VendorPayment,
    /// Money spent directly (QuickBooks Desktop).
    Check,
    /// The payment of a bill (QuickBooks Desktop).
    BillPaymentCheck,
}

/// A check or an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A payment by check, or a payable that is still to be paid.
    Check(Check),
    /// A sales invoice.
    Invoice(Invoice),
}

impl Body {
    /// Whether it is a check or an invoice.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Check(_) => RecordKind::Check,
            Self::Invoice(_) => RecordKind::Invoice,
        }
    }
}

/// Whether a record is a check or an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum RecordKind {
    /// See [`Check`].
    Check,
    /// See [`Invoice`].
    Invoice,
}

/// A payment by check, or a payable that is still to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The check's number as text. It need not be unique.
    pub number: Option<String>,
    /// The date of the check, in the company's own time zone.
    pub date: Date,
    /// The amount, with the digits that the platform gave. Of a payable: the amount that is still due.
    pub amount: Decimal,
    /// The currency in ISO 4217; `None` if the platform does not say it.
    pub currency: Option<String>,
    /// The payee.
    pub payee: Named,
    /// The memo.
    pub memo: Option<String>,
    /// The bank account that the check is drawn on.
    pub bank_account: Named,
    /// The status.
    pub status: CheckStatus,
    /// The payables that it pays.
    pub pays: Vec<Paid>,
    /// Of a payable: when it is due.
    pub due_date: Option<Date>,
}

/// A sales invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// The invoice's number as text. It need not be unique.
    pub number: Option<String>,
    /// The invoice's date, in the company's own time zone.
    pub date: Date,
    /// When it is due.
    pub due_date: Option<Date>,
    /// The total, with the digits that the platform gave.
    pub total: Decimal,
    /// The amount that is still to be paid.
    pub balance: Decimal,
    /// The currency in ISO 4217; `None` if the platform does not say it.
    pub currency: Option<String>,
    /// The customer who owes it.
    pub customer: Named,
    /// The message to the customer.
    pub memo: Option<String>,
    /// The status.
    pub status: InvoiceStatus,
}

/// An id and a name of something at the platform. Either may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// The platform's id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// A part of a payment: a payable and the amount paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// The payable.
    pub key: RecordKey,
    /// The amount; `None` if the platform does not say it.
    pub amount: Option<Decimal>,
}

/// The status of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum CheckStatus {
    /// The check was written.
    Issued,
    /// An open payable.
    ToBeIssued,
    /// A paid payable.
    Closed,
    /// The check was voided. Its amount is the one before that, if it is known.
    Void,
    /// The record was deleted at the platform, or is no longer a check there.
    Deleted,
}

impl CheckStatus {
    /// The status of a payable with this amount due.
    pub fn of_payable(is_void: bool, due: Decimal) -> Self {
        match is_void {
            true => Self::Void,
            false if due > Decimal::ZERO => Self::ToBeIssued,
            false => Self::Closed,
        }
    }
}

/// The status of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceStatus {
    /// An amount is still to be paid.
    Open,
    /// It is paid in full.
    Paid,
    /// It was voided.
    Void,
    /// The record was deleted at the platform, or is a draft again.
    Deleted,
}

impl InvoiceStatus {
    /// The status of a sales invoice with this amount still to be paid.
    pub fn of_receivable(is_void: bool, balance: Decimal) -> Self {
        match is_void {
            true => Self::Void,
            false if balance.is_zero() => Self::Paid,
            false => Self::Open,
        }
    }
}

/// Why a record could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Unreadable {
    /// The id is missing or too long.
    IdUnreadable,
    /// The amount is missing, is not a number, or has more than 15 digits before the point or 6 after it.
    AmountUnreadable,
    /// The date is missing or invalid.
    DateUnreadable,
    /// The record is not a JSON object.
    NotAnObject,
}
