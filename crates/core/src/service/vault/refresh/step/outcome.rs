//! The outcomes of a refresh.

use jiff::Timestamp;

use crate::model::connection::DeathCause;
use crate::model::health::Counted;

/// The outcome of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A new token is stored.
    Refreshed,
    /// A new token is in the queue. The table does not have it yet.
    Parked,
    /// Neither the table nor the queue stored the new token. This process keeps it for its next invocation.
    Unstored,
    /// No refresh was needed: the stored token is fresh enough.
    AlreadyFresh,
    /// The platform refused the grant, which ended in this refresh.
    Ended(DeathCause),
    /// The grant had ended before.
    Dead(DeathCause),
    /// The connection is disconnected.
    Disconnected,
    /// There is no such connection.
    Gone,
    /// The platform never gave a refresh token.
    NoRefreshToken,
    /// Another process is refreshing, and this one has waited long enough.
    Held {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The refresh token rests after an attempt with an unknown outcome.
    Resting {
        /// The end of the rest.
        retry_at: Timestamp,
    },
    /// The last attempts failed, and the next is not due yet.
    BackingOff {
        /// When it is due.
        retry_at: Timestamp,
    },
    /// The platform failed or did not answer.
    PlatformDown {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The platform limits the number of requests.
    PlatformThrottled {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The platform refuses our client id or secret.
    ClientRefused {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// This process already refreshes as many grants as it may that a lost answer would end. Nothing was sent.
    NoPermit,
    /// Too little of the lease was left to send the token.
    LeaseTimeout,
    /// This machine's clock is too far from the table's, so the times of a lease could be misread.
    ClockSkewed,
    /// The table failed.
    StoreFailed,
}

impl Outcome {
    /// What the figures of the connection's platform count. Without an attempt, such as beside another process, nothing is counted.
    pub(crate) const fn counted(self) -> &'static [Counted] {
        match self {
            Self::Refreshed | Self::Parked | Self::Unstored => &[Counted::RefreshesSucceeded],
            Self::Ended(DeathCause::RotationLost) => &[Counted::RefreshesLost],
            Self::PlatformThrottled { .. } => &[Counted::RefreshesFailed, Counted::Throttled],
            Self::Ended(_)
            | Self::PlatformDown { .. }
            | Self::ClientRefused { .. }
            | Self::LeaseTimeout
            | Self::ClockSkewed
            | Self::StoreFailed => &[Counted::RefreshesFailed],
            Self::AlreadyFresh
            | Self::Dead(_)
            | Self::Disconnected
            | Self::Gone
            | Self::NoRefreshToken
            | Self::Held { .. }
            | Self::Resting { .. }
            | Self::BackingOff { .. }
            | Self::NoPermit => &[],
        }
    }

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
            Self::NoPermit => "no_permit",
            Self::LeaseTimeout => "lease_timeout",
            Self::ClockSkewed => "clock_skewed",
            Self::StoreFailed => "store_failed",
        }
    }
}
