//! How a refresh can end, and the words for it.

use jiff::Timestamp;

use crate::model::connection::DeathCause;

/// How a refresh ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A new token is stored.
    Refreshed,
    /// A new token was parked; the table does not have it yet.
    Parked,
    /// Neither the table nor the parking queue took the new token; this process keeps it for its next event.
    Unstored,
    /// There was nothing to do: the stored token serves.
    AlreadyFresh,
    /// The platform refused the grant just now.
    Ended(DeathCause),
    /// The grant was dead before.
    Dead(DeathCause),
    /// The connection is disconnected.
    Disconnected,
    /// There is no such connection.
    Gone,
    /// The platform never gave a refresh token.
    NoRefreshToken,
    /// Another process refreshes, and takes long.
    Held {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// An attempt of unknown outcome must rest first.
    Resting {
        /// Until when.
        retry_at: Timestamp,
    },
    /// The last attempts failed; the next is not yet due.
    BackingOff {
        /// When it is.
        retry_at: Timestamp,
    },
    /// The platform failed or did not answer.
    PlatformDown {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The platform wants us to slow down.
    PlatformThrottled {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The platform refuses our own credentials.
    ClientRefused {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// This process already refreshes as many grants as it may that one lost answer would end: nothing was sent.
    Crowded,
    /// Too little of the lease was left to send anything.
    LeaseTimeout,
    /// This machine's time of day is too far from the table's: what a lease says could be misread.
    ClockSkewed,
    /// The table failed.
    StoreFailed,
}

impl Outcome {
    /// The word in logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Refreshed => "refreshed",
            Self::Parked => "parked",
            Self::Unstored => "unstored",
            Self::AlreadyFresh => "already_fresh",
            Self::Ended(cause) => cause.as_str(),
            Self::Dead(_) => "dead",
            Self::Disconnected => "disconnected",
            Self::Gone => "gone",
            Self::NoRefreshToken => "no_refresh_token",
            Self::Held { .. } => "held",
            Self::Resting { .. } => "resting",
            Self::BackingOff { .. } => "backing_off",
            Self::PlatformDown { .. } => "platform_down",
            Self::PlatformThrottled { .. } => "platform_throttled",
            Self::ClientRefused { .. } => "client_refused",
            Self::Crowded => "crowded",
            Self::LeaseTimeout => "lease_timeout",
            Self::ClockSkewed => "clock_skewed",
            Self::StoreFailed => "store_failed",
        }
    }
}
