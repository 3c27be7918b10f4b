//! What is asked of the table. Each trait is one kind of rights: a function that only reads connections gets no more.

pub mod audit;
pub mod connections;
pub mod consents;
pub mod outbox;
pub mod partners;
pub mod probes;
pub mod revocations;
pub mod vault;

use crate::Error;

/// Over how many shards what is due is spread.
pub const DUE_SHARDS: u8 = 16;
/// All of them.
pub const ALL_SHARDS: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// How a conditional write went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored, by this write or by an earlier try of the same.
    Stored,
    /// Another write came first: the item is not as the caller read it. Nothing was changed.
    Overtaken,
}

/// Why the table did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such table, or an index of it is missing.
    #[error("The table {table} does not exist or lacks an index. Deploy the stack, or set TABLE_NAME to the table it made.")]
    TableMissing {
        /// The name that was looked for.
        table: String,
    },
    /// Our role may not do this.
    #[error("The table {table} refuses this function: its role or its credentials lack the right.")]
    Denied {
        /// The table.
        table: String,
    },
    /// It cannot take more just now, or another write was in the way.
    #[error("the table is busy: {0}")]
    Busy(String),
    /// No answer, or a fault.
    #[error("the table is out of reach: {0}")]
    Unavailable(String),
    /// A row with a word that this version does not know, such as the name of a platform: a later version wrote it, as happens
    /// while one takes the place of another.
    #[error("the row {item} is of a later version: its {what} is not one that is known here")]
    Newer {
        /// Its key.
        item: String,
        /// The attribute.
        what: String,
    },
    /// A row that should not exist.
    #[error("the row {item} is damaged: {problem}")]
    Damaged {
        /// Its key.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TableMissing { .. } => Self::Misconfigured { code: "table_missing", message: error.to_string() },
            StoreError::Denied { .. } => Self::Misconfigured { code: "table_denied", message: error.to_string() },
            StoreError::Busy(detail) | StoreError::Unavailable(detail) => {
                tracing::error!(%detail, "the table did not answer");
                Self::TryLater {
                    code: "storage_unavailable",
                    message: "The storage does not answer just now. Nothing was changed; try again.".to_owned(),
                    retry_after: std::time::Duration::from_secs(2),
                }
            }
            StoreError::Newer { .. } => {
                tracing::error!(%error, "a row is of a later version");
                Self::TryLater {
                    code: "written_by_later_version",
                    message: "This was written by a later version of this service, which is perhaps just being deployed. Nothing was changed; try again."
                        .to_owned(),
                    retry_after: std::time::Duration::from_secs(30),
                }
            }
            StoreError::Damaged { .. } => Self::Internal(error.to_string()),
        }
    }
}
