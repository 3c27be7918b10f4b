//! What follows a platform's failure: the recorded failure, the time of the next try, and whether the grant is dead.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{DeathCause, LastFailure};
use crate::model::failure_code::FailureCode;
use crate::model::time::{backoff, later};
use crate::port::platform::{Quota, TokenFailure};

use super::{Held, Next, Now, Outcome, Phase, Reason, Refresh, finish};

/// The longest `Retry-After` that is respected.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(3600);

/// Whether the failed attempt has certainly ended at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HasEnded {
    Yes,
    Unknown,
}

impl Refresh {
    pub(super) fn after_failure(&self, now: Now, mut held: Held, resends: u32, failure: &TokenFailure) -> (Phase, Next) {
        let cause = if held.attempt.doubtful { DeathCause::RotationLost } else { DeathCause::Revoked };
        let backoff = self.backoff(now, held.attempt.failures, held.limits.quota);
        let retry_at = later(now.wall, backoff);
        match failure {
            // The grant is marked as ended already.
            TokenFailure::Refused if self.reason == Reason::Probe => finish(Outcome::Ended(cause)),
            TokenFailure::Refused => (Phase::Ending(cause), Next::EndGrant(cause)),
            TokenFailure::ClientRefused => {
                record(now, &held, FailureCode::ClientRefused, Outcome::ClientRefused { retry_at }, retry_at, HasEnded::Yes)
            }
            TokenFailure::Throttled { retry_after } => {
                let retry_at = later(now.wall, retry_after.unwrap_or_default().min(RETRY_AFTER_MOST).max(backoff));
                record(
                    now,
                    &held,
                    FailureCode::PlatformThrottled,
                    Outcome::PlatformThrottled { retry_at },
                    retry_at,
                    HasEnded::Yes,
                )
            }
            TokenFailure::NotSent => {
                record(now, &held, FailureCode::PlatformUnreachable, Outcome::PlatformDown { retry_at }, retry_at, HasEnded::Yes)
            }
            TokenFailure::Overloaded { retry_after } => {
                held.attempt.doubtful = true;
                let retry_at = later(now.wall, (*retry_after).min(RETRY_AFTER_MOST).max(backoff));
                record(now, &held, FailureCode::PlatformFault, Outcome::PlatformDown { retry_at }, retry_at, HasEnded::Yes)
            }
            TokenFailure::Broken { .. } | TokenFailure::Unreadable { .. } => {
                held.attempt.doubtful = true;
                if let Some(pause) = self.pause_before_resend(now, &held, resends) {
                    return (Phase::Pausing { held, resends: resends + 1 }, Next::Wait(pause));
                }
                let is_kept = matches!(failure, TokenFailure::Unreadable { .. });
                let code = if is_kept { FailureCode::PlatformUnreadable } else { FailureCode::PlatformFault };
                record(now, &held, code, Outcome::PlatformDown { retry_at }, retry_at, HasEnded::Yes)
            }
            TokenFailure::NoAnswer => {
                held.attempt.doubtful = true;
                let retry_at = later(held.lease_until, held.attempt.rest).max(retry_at);
                record(now, &held, FailureCode::PlatformNoAnswer, Outcome::PlatformDown { retry_at }, retry_at, HasEnded::Unknown)
            }
        }
    }

    /// The pause before the token is sent again within the lease. The attempt has ended, because the platform answered.
    fn pause_before_resend(&self, now: Now, held: &Held, resends: u32) -> Option<Duration> {
        let pause = self.settings.poll.mul_f64(2.0 + now.chance);
        let then = Now { elapsed: now.elapsed + pause, ..now };
        let may = resends < held.limits.resends_most && self.reason != Reason::Forced && self.has_time(then, held);
        may.then_some(pause)
    }

    /// The pause after a failure. It doubles with each failure, and is long enough that failures do not use up the platform's quota.
    pub(super) fn backoff(&self, now: Now, failures: u32, quota: Option<Quota>) -> Duration {
        let doubled = backoff(self.settings.backoff_first, self.settings.backoff_longest, failures, now.chance);
        quota.map_or(doubled, |quota| doubled.max(pause_within(quota, failures)))
    }
}

/// The least pause after `failures` earlier failures in a row. All but three requests of the quota may follow each other with the normal
/// pauses. After that the pause is a third of the quota's period, so that one request is always left.
fn pause_within(quota: Quota, failures: u32) -> Duration {
    let quick = quota.requests.saturating_sub(3);
    if failures.saturating_add(1) < quick { Duration::ZERO } else { quota.per / 3 }
}

/// Records why an attempt failed, and whether others must wait for the end of its lease.
pub(super) fn record(
    now: Now,
    held: &Held,
    code: FailureCode,
    outcome: Outcome,
    retry_at: Timestamp,
    has_ended: HasEnded,
) -> (Phase, Next) {
    let last_failure = LastFailure {
        failures: held.attempt.failures.saturating_add(1),
        retry_at,
        code,
        at: now.wall,
        ended_lease: (has_ended == HasEnded::Yes).then(|| held.lease_id.clone()),
        doubtful: held.attempt.doubtful,
    };
    (Phase::Recording(outcome), Next::RecordFailure(last_failure))
}
