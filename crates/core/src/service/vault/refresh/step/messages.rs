//! The inputs and outputs of the step function.

use super::outcome::Outcome;
use super::view::View;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{DeathCause, LastFailure};
use crate::port::platform::{TokenFailure, TokenLimits};

/// Why a refresh is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A caller wants a token that is good for that much longer.
    Read {
        /// How much.
        min_valid: Duration,
    },
    /// A caller wants a new token even if the old one is good.
    Forced,
    /// The connection's due time has come.
    Due,
    /// A connection whose access was withdrawn is to be asked for again, with a token that has not ended.
    Probe,
}

/// One moment: both clocks and a throw of the dice.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The time of day: compared with what is stored.
    pub wall: Timestamp,
    /// A clock that never jumps: measures what is left of a lease.
    pub elapsed: Duration,
    /// A number from 0 up to 1, for jitter.
    pub chance: f64,
}

/// What happened since the last step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Saw {
    /// Nothing yet.
    Begin,
    /// The connection, read strongly; `None` where there is none.
    View(Option<Box<View>>),
    /// The lease is ours.
    LeaseTaken {
        /// Its name.
        id: String,
        /// Until when nobody else may take it.
        until: Timestamp,
        /// How many token requests the platform takes.
        limits: TokenLimits,
    },
    /// Somebody else holds it.
    LeaseHeld,
    /// The table did not answer: the lease may be ours or may come to be.
    LeaseUnknown {
        /// Its name.
        id: String,
    },
    /// The platform gave a grant.
    Granted,
    /// The platform did not.
    Failed(TokenFailure),
    /// A conditional write was stored.
    Stored,
    /// A conditional write found another epoch.
    Overtaken,
    /// The table did not do it.
    StoreFailed,
    /// The grant is in the second place.
    Parked,
    /// The pause is over.
    Waited,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Next {
    /// Read the connection and its lease.
    Look,
    /// Take the lease, over the attempt that was seen and is over.
    TakeLease {
        /// The epoch it may replace.
        epoch: u64,
        /// The attempt that it follows.
        seen: Option<String>,
        /// See [`crate::model::lease::Lease::doubtful`].
        doubtful: bool,
    },
    /// Read the connection again, now that the lease is ours.
    LookAgain,
    /// Present the refresh token.
    Send {
        /// How long to listen for the answer.
        listen: Duration,
    },
    /// Store the grant.
    Commit,
    /// Put the grant into the second durable place: the table does not take it.
    Park,
    /// Record what went wrong; `retry_at` is when to try again.
    RecordFailure(LastFailure),
    /// Mark the grant as dead.
    EndGrant(DeathCause),
    /// Wait that long.
    Wait(Duration),
    /// It is over.
    Finish(Outcome),
}
