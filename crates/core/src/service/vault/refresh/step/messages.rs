//! The inputs and outputs of the step function.

use super::outcome::Outcome;
use super::view::View;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{DeathCause, LastFailure};
use crate::model::lease::LeaseId;
use crate::port::platform::{TokenFailure, TokenLimits};

/// Why a refresh is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A caller wants a token that is valid for `min_valid` more.
    Read {
        /// The least remaining validity.
        min_valid: Duration,
    },
    /// A caller wants a new token even if the old one is valid.
    Forced,
    /// The connection is due.
    Due,
    /// A connection whose access was withdrawn, or whose company is not confirmed yet, needs a valid token to ask the platform.
    Probe,
}

/// The present time by both clocks, and a random number.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The time of day, to compare with stored times.
    pub wall: Timestamp,
    /// The monotonic time, to measure the remaining lease.
    pub elapsed: Duration,
    /// A random number in `0.0..1.0`, for jitter.
    pub chance: f64,
}

/// The result of the last action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Observation {
    /// There was no action yet.
    Begin,
    /// The connection, read strongly; `None` if it does not exist.
    View(Option<Box<View>>),
    /// The lease is taken.
    LeaseTaken {
        /// The lease's id.
        id: LeaseId,
        /// When it ends.
        until: Timestamp,
        /// The platform's limits on token requests.
        limits: TokenLimits,
    },
    /// Another process has the lease.
    LeaseHeld,
    /// The table did not answer. The lease may be taken, now or by a delayed write.
    LeaseUnknown {
        /// The lease's id.
        id: LeaseId,
    },
    /// The platform answered with a grant.
    Granted,
    /// The platform failed or refused.
    Failed(TokenFailure),
    /// The conditional write was stored.
    Stored,
    /// The conditional write found another epoch.
    Overtaken,
    /// The table failed.
    StoreFailed,
    /// The grant is in the queue.
    Parked,
    /// The pause is over.
    Waited,
}

/// The next action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Next {
    /// Read the connection and its lease.
    Look,
    /// Take the lease if there is none, or only that of the attempt `seen`, which has ended.
    TakeLease {
        /// The epoch that it may replace.
        epoch: u64,
        /// The id of the lease that it may replace.
        seen: Option<LeaseId>,
        /// See [`crate::model::lease::Lease::doubtful`].
        doubtful: bool,
    },
    /// Read the connection again under the lease.
    LookAgain,
    /// Send the refresh token.
    Send {
        /// How long to wait for the answer.
        listen: Duration,
    },
    /// Store the grant.
    Commit,
    /// Put the grant into the queue, because the table cannot store it.
    Park,
    /// Record the failure on the connection.
    RecordFailure(LastFailure),
    /// Mark the grant as dead.
    EndGrant(DeathCause),
    /// Wait for this time.
    Wait(Duration),
    /// The refresh has ended.
    Finish(Outcome),
}
