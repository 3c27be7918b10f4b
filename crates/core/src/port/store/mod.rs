//! The traits of the table, one for each aggregate.

pub mod audit;
pub mod connections;
pub mod consents;
pub mod desktop;
pub mod health;
pub mod idempotency;
pub mod outbox;
pub mod partners;
pub mod probes;
pub mod purges;
pub mod records;
pub mod revocations;
pub mod sweeps;
pub mod syncs;
pub mod transfers;
pub mod vault;
pub mod webhooks;

use crate::{Error, Misconfiguration};

/// The number of shards of the index of due items.
pub const DUE_SHARDS: u8 = 16;
/// All shards.
pub const ALL_SHARDS: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// The result of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The write is stored, by this try or by an earlier one whose answer was lost.
    Stored,
    /// The condition failed, and nothing was changed: another write came first, or the item is missing. A caller that must tell these
    /// apart reads the item.
    Overtaken,
}

/// The result of storing a new item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The item is stored, by this try or by an earlier one whose answer was lost.
    Stored,
    /// Another item has its id. Nothing was changed.
    Exists,
}

impl From<Written> for Created {
    fn from(written: Written) -> Self {
        match written {
            Written::Stored => Self::Stored,
            Written::Overtaken => Self::Exists,
        }
    }
}

/// Why a request to the table failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such table, or an index of it is missing.
    #[error("The table {table} does not exist or lacks an index. Deploy the stack, or correct the name in the configuration.")]
    TableMissing {
        /// The name in the configuration.
        table: String,
    },
    /// The role or the credentials of this process lack the right.
    #[error("The table {table} refuses this function: its role or its credentials lack the right.")]
    Denied {
        /// The table.
        table: String,
    },
    /// The table throttles requests, or another transaction conflicts with this one.
    #[error("the table is busy: {0}")]
    Busy(String),
    /// The table did not answer, or answered with a fault.
    #[error("the table is out of reach: {0}")]
    Unavailable(String),
    /// A row has a word that this version does not know, such as the name of a platform. A later version wrote it, as happens
    /// during a deploy.
    #[error("a later version wrote the row {item}: this version does not know its {what}")]
    Newer {
        /// The row's key.
        item: String,
        /// The attribute.
        what: String,
    },
    /// A row cannot be read.
    #[error("the row {item} is damaged: {problem}")]
    Damaged {
        /// The row's key.
        item: String,
        /// What is wrong with the row.
        problem: String,
    },
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TableMissing { .. } => {
                Self::Misconfigured { what: Misconfiguration::TableMissing, message: error.to_string() }
            }
            StoreError::Denied { .. } => Self::Misconfigured { what: Misconfiguration::TableDenied, message: error.to_string() },
            StoreError::Busy(detail) | StoreError::Unavailable(detail) => {
                tracing::error!(%detail, "the table did not answer");
                Self::TryLater {
                    code: "storage_unavailable",
                    message: "The storage does not answer. Nothing was changed. Try again.".to_owned(),
                    retry_after: std::time::Duration::from_secs(2),
                }
            }
            StoreError::Newer { .. } => {
                tracing::error!(%error, "a later version wrote a row");
                Self::TryLater {
                    code: "written_by_later_version",
                    message:
                        "A later version of this service wrote this. A deploy may be in progress. Nothing was changed. Try again."
                            .to_owned(),
                    retry_after: std::time::Duration::from_secs(30),
                }
            }
            StoreError::Damaged { .. } => Self::Internal(error.to_string()),
        }
    }
}
