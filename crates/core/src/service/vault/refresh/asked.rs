//! What a refresh is asked for, and what comes of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::step::{Outcome, Reason};
use crate::model::connection::Connection;

/// The result of a refresh.
pub struct Refreshed {
    /// How it ended.
    pub outcome: Outcome,
    /// The connection as it was last seen or written; `None` where there is none.
    pub connection: Option<Connection>,
}

/// What a refresh is asked for, and within which bounds.
pub struct Asked {
    /// Why.
    pub reason: Reason,
    /// When all of it must be over, by the clock that does not jump.
    pub ends_at: Duration,
    /// Its place among the running refreshes that [every lost answer](Platform::must_hear_every_answer) would end.
    pub place: Place,
}

/// A place among so many refreshes at most.
pub enum Place {
    /// There is no such bound: a caller waits.
    NotNeeded,
    /// One of these; with none free nothing is begun.
    IfFree(Arc<Semaphore>),
    /// This one.
    Taken(OwnedSemaphorePermit),
}
