//! Audit rows and counts of refusals.

use async_trait::async_trait;

use crate::model::audit::{Audit, Refusal};
use crate::port::store::StoreError;

/// Audit rows that are not part of another write.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Stores a row. If there is one with its id, that one stays.
    async fn note(&self, audit: &Audit) -> Result<(), StoreError>;

    /// Counts a refusal in the row of its partner, action, reason and day. If the table's answer is lost, it may be counted twice.
    async fn count(&self, refusal: &Refusal) -> Result<(), StoreError>;
}
