//! Why an object of QuickBooks cannot be shown.

/// An object that QuickBooks sent lacks a field, or has a field that cannot be read. It quotes no value of the object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("QuickBooks sent {object} {} in which the field {field} {fault}", id.as_deref().unwrap_or("without an id"))]
pub struct Unreadable {
    /// The name of its element, such as `CheckRet`.
    pub object: String,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// The field's path in JSON, such as `expenseLines[0].amount`.
    pub field: String,
    /// What is wrong with the field.
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// QuickBooks sent no element, or an empty one.
    #[error("is missing")]
    Missing,
    /// The text is no decimal number.
    #[error("is not a decimal number")]
    Decimal,
    /// The text is neither `true` nor `false`.
    #[error("is neither true nor false")]
    Flag,
    /// The text is none of the words of the contract.
    #[error("is a word that is not known")]
    Word,
    /// The text is no date.
    #[error("is not a date")]
    Date,
    /// The text is no date with a time.
    #[error("is not a time")]
    Time,
}
