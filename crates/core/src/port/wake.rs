//! Wakes the worker of imports, so that a run need not wait for the worker's next scheduled invocation.

use async_trait::async_trait;

use crate::model::connection::ConnectionId;
use crate::port::store::StoreError;

/// Wakes the worker of imports. The table has the work to do, and the worker's scheduled invocation finds it too. So a call that is
/// lost, late or repeated does no harm.
#[async_trait]
pub trait Wake: Send + Sync {
    /// Requests a worker for a connection that has a run.
    ///
    /// # Errors
    /// The queue's error.
    async fn wake(&self, connection: &ConnectionId) -> Result<(), StoreError>;
}
