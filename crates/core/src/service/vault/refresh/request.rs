//! The parameters and the result of a refresh.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::step::{Outcome, Reason};
use crate::model::connection::Connection;

/// The result of a refresh.
pub struct Refreshed {
    /// The outcome.
    pub outcome: Outcome,
    /// The connection as it was last read or written; `None` if it does not exist.
    pub connection: Option<Connection>,
}

/// The parameters of a refresh.
pub struct RefreshRequest {
    /// Why it is requested.
    pub reason: Reason,
    /// The monotonic time by which it must end.
    pub ends_at: Duration,
    /// Its permit among the refreshes of grants that [a lost answer](Platform::lost_answer_ends_grant) would end.
    pub permit: Permit,
}

/// A permit to refresh a grant that a lost answer would end.
pub enum Permit {
    /// No permit is needed, because a caller waits.
    NotNeeded,
    /// A permit is taken if one is free. Otherwise the refresh does not start.
    IfFree(Arc<Semaphore>),
    /// This permit.
    Taken(OwnedSemaphorePermit),
}
