//! Starts work on imports without waiting for the schedule.

use async_trait::async_trait;

use crate::model::connection::ConnectionId;
use crate::port::store::StoreError;

/// Wakes the worker of imports. What it is woken for is in the table: a call that is lost, comes late or comes twice does no harm,
/// since the worker's schedule finds the same work.
#[async_trait]
pub trait Wake: Send + Sync {
    /// Asks for a worker for a connection that has a run.
    ///
    /// # Errors
    /// The queue's error.
    async fn wake(&self, connection: &ConnectionId) -> Result<(), StoreError>;
}
