//! Audit rows and counts of refusals.

use async_trait::async_trait;

use crate::model::audit::{Audit, Refusal};
use crate::port::store::StoreError;

/// Audit rows that stand by themselves.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Stores a row about something that was refused, and so changed nothing.
    async fn note(&self, audit: &Audit) -> Result<(), StoreError>;

    /// Counts a refusal in the row of its partner, action, reason and day. One whose answer was lost may be counted twice.
    async fn count(&self, refusal: &Refusal) -> Result<(), StoreError>;
}
