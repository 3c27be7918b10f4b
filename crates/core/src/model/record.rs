//! Checks and invoices: our record of one, whatever its platform calls it. What a platform alone knows stays in `platforms`.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use strum::{EnumString, IntoStaticStr};

/// One record as its platform has it. It does not name its connection and company: the run that reads it knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which.
    pub key: RecordKey,
    /// What it says.
    pub body: Body,
    /// When the platform made it, where it says so.
    pub created_at: Option<Timestamp>,
    /// When the platform last changed it, where it says so.
    pub changed_at: Option<Timestamp>,
    /// The platform's own JSON, where the connection keeps it.
    pub source: Option<String>,
}

/// Names a record within its company. External ids are unique for each type, not across types.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey {
    /// The type.
    pub entity_type: EntityType,
    /// The platform's id: a text of 1 to 64 characters.
    pub external_id: String,
}

/// What a record is at its platform, by the platform's own name in the singular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
pub enum EntityType {
    /// Money spent directly (QuickBooks).
    Purchase,
    /// The payment of a bill (QuickBooks, `FreshBooks`).
    BillPayment,
    /// A payable (QuickBooks, Zoho, `FreshBooks`).
    Bill,
    /// A sales invoice; at Xero a payable too.
    Invoice,
    /// Money spent directly (Xero).
    BankTransaction,
    /// The payment of a bill (Xero).
    Payment,
    /// The payment of a bill (Zoho).
    VendorPayment,
}

/// A check or an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Money out by check, or a payable that is to be paid.
    Check(Check),
    /// A sales invoice.
    Invoice(Invoice),
}

impl Body {
    /// Which of the two.
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::Check(_) => RecordKind::Check,
            Self::Invoice(_) => RecordKind::Invoice,
        }
    }
}

/// What a record is to a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum RecordKind {
    /// See [`Check`].
    Check,
    /// See [`Invoice`].
    Invoice,
}

/// Money out by check, or a payable that is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The check's number: text, not a key.
    pub number: Option<String>,
    /// The date on it, in the company's own zone.
    pub date: Date,
    /// With the digits that the platform gave; of a payable what is still due.
    pub amount: Decimal,
    /// ISO 4217, where the platform says it.
    pub currency: Option<String>,
    /// Who is paid.
    pub payee: Named,
    /// What is written on it.
    pub memo: Option<String>,
    /// The account that it is drawn on.
    pub bank_account: Named,
    /// How it stands.
    pub status: CheckStatus,
    /// The payables that it pays.
    pub pays: Vec<Paid>,
    /// Of a payable, when it is due.
    pub due_date: Option<Date>,
}

/// A sales invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Its number: text, not a key.
    pub number: Option<String>,
    /// Its date, in the company's own zone.
    pub date: Date,
    /// When it is due.
    pub due_date: Option<Date>,
    /// The whole sum, with the digits that the platform gave.
    pub total: Decimal,
    /// What is still to be paid.
    pub balance: Decimal,
    /// ISO 4217, where the platform says it.
    pub currency: Option<String>,
    /// Who owes it.
    pub customer: Named,
    /// What it says to the customer.
    pub memo: Option<String>,
    /// How it stands.
    pub status: InvoiceStatus,
}

/// Something at the platform that has an id and a name: either may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// The platform's id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// A part of a payment: what of which payable it pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// The payable.
    pub key: RecordKey,
    /// How much of it, where the platform says it.
    pub amount: Option<Decimal>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CheckStatus {
    /// It was written.
    Issued,
    /// A payable that is open.
    ToBeIssued,
    /// A payable that was paid.
    Closed,
    /// It was voided; its amount is what it was before, where that is known.
    Void,
    /// It is gone at the platform, or is no check there any more.
    Deleted,
}

/// How an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum InvoiceStatus {
    /// Something is still to be paid.
    Open,
    /// Nothing is.
    Paid,
    /// It was voided.
    Void,
    /// It is gone at the platform, or a draft again.
    Deleted,
}

/// What of a record could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Unreadable {
    /// It has no id, or one that is too long.
    IdUnreadable,
    /// Its amount is missing, is no number, or has more than 15 digits before or 6 behind the point.
    AmountUnreadable,
    /// Its date is missing or is none.
    DateUnreadable,
    /// It is no JSON object.
    NotAnObject,
}
