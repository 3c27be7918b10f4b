//! Computes when a connection is due: at the earliest of refresh, keep-alive and warning. After a failed attempt `refresh` sets the time
//! of the next try.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::Freshness;
use crate::model::grant::StoredGrant;
use crate::model::time::{earlier, later, until};
use crate::settings::Settings;

use crate::service::vault::refresh::step::Reason;

/// How long before a grant's hard end the partner is warned.
pub(crate) const WARN_AHEAD: Duration = Duration::from_secs(30 * 86_400);
/// How long after a read a token is kept fresh, under adaptive freshness.
const WANTED_FOR: Duration = Duration::from_secs(86_400);
/// The longest idle time of a grant if the platform has no limit.
const IDLE_MOST: Duration = Duration::from_secs(30 * 86_400);

/// The due times of a grant that was just stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    /// When the connection is due; `None` if a worker has nothing to do for it.
    pub(crate) at: Option<Timestamp>,
    /// Until when readers want a fresh token.
    pub(crate) wanted_until: Option<Timestamp>,
}

/// What the due times depend on.
pub(crate) struct Stored<'a> {
    pub(crate) grant: &'a StoredGrant,
    pub(crate) freshness: Freshness,
    /// Why the grant was obtained; `None` for a consent.
    pub(crate) reason: Option<Reason>,
    pub(crate) wanted_until: Option<Timestamp>,
    pub(crate) warned_of: Option<Timestamp>,
}

/// The next due time. `chance` spreads connections that were connected at the same time.
pub(crate) fn next(stored: &Stored<'_>, settings: &Settings, now: Timestamp, chance: f64) -> Due {
    let grant = stored.grant;
    if grant.refresh_token.is_none() {
        return Due { at: None, wanted_until: None };
    }
    let wanted_until = match stored.reason {
        Some(Reason::Read { .. } | Reason::Forced) => Some(later(now, WANTED_FOR)),
        Some(Reason::Due | Reason::Probe) | None => stored.wanted_until,
    };
    let fresh = stored.freshness == Freshness::Always || wanted_until.is_some_and(|until| until > now);
    let renew = if fresh { refresh_at(grant, settings, chance) } else { keep_alive_at(grant, now, chance) };
    let warn = grant.hard_expires_at.filter(|end| stored.warned_of != Some(*end)).map(|end| earlier(end, WARN_AHEAD).max(now));
    Due { at: Some(warn.map_or(renew, |warn| warn.min(renew))), wanted_until }
}

/// Well before the access token's expiry, and before a reader with the default `min_valid` would have to refresh it.
fn refresh_at(grant: &StoredGrant, settings: &Settings, chance: f64) -> Timestamp {
    let ahead = settings.refresh_ahead.min(grant.access_token_life().mul_f64(2.0 / 3.0));
    earlier(grant.access_token_expires_at, ahead.mul_f64(1.0 + chance / 5.0))
}

/// About half way to the refresh token's expiry: fifty days for Intuit's hundred, thirty for Xero's sixty.
fn keep_alive_at(grant: &StoredGrant, now: Timestamp, chance: f64) -> Timestamp {
    let idle = grant.refresh_token_expires_at.map_or(IDLE_MOST, |end| until(now, end) / 2);
    later(now, idle.min(IDLE_MOST * 2).mul_f64(1.0 - chance / 5.0))
}

#[cfg(test)]
mod tests {
    use crate::model::secret::Sealed;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn grant() -> StoredGrant {
        StoredGrant {
            access_token: Sealed::from_bytes(vec![]),
            refresh_token: Some(Sealed::from_bytes(vec![])),
            issued_at: at(0),
            access_token_expires_at: at(3_600),
            refresh_token_expires_at: Some(later(at(0), DAY * 100)),
            hard_expires_at: Some(later(at(0), DAY * 1_825)),
            missing_scopes: vec![],
            region: None,
        }
    }

    fn due(grant: &StoredGrant, freshness: Freshness, reason: Option<Reason>, wanted_until: Option<Timestamp>) -> Due {
        let stored = Stored { grant, freshness, reason, wanted_until, warned_of: None };
        next(&stored, &Settings::default(), at(0), 0.0)
    }

    #[test]
    fn a_fresh_token_is_renewed_a_quarter_of_an_hour_ahead() {
        assert_eq!(due(&grant(), Freshness::Always, Some(Reason::Due), None).at, Some(at(2_700)));
    }

    #[test]
    fn r13_an_idle_grant_is_kept_alive_half_way_to_its_end() {
        assert_eq!(due(&grant(), Freshness::Adaptive, Some(Reason::Due), None).at, Some(later(at(0), DAY * 50)));
        let endless = StoredGrant { refresh_token_expires_at: None, hard_expires_at: None, ..grant() };
        assert_eq!(due(&endless, Freshness::Adaptive, None, None).at, Some(later(at(0), DAY * 30)));
    }

    #[test]
    fn a_reader_opens_a_window_of_a_day() {
        let read = due(&grant(), Freshness::Adaptive, Some(Reason::Forced), None);
        assert_eq!(read, Due { at: Some(at(2_700)), wanted_until: Some(at(86_400)) });
        assert_eq!(due(&grant(), Freshness::Adaptive, Some(Reason::Due), Some(at(1))).at, Some(at(2_700)));
        assert_eq!(due(&grant(), Freshness::Adaptive, Some(Reason::Due), Some(at(0))).at, Some(later(at(0), DAY * 50)));
    }

    #[test]
    fn r13_a_warning_comes_thirty_days_before_the_hard_end_and_once() {
        let ending = StoredGrant { hard_expires_at: Some(later(at(0), DAY * 10)), ..grant() };
        assert_eq!(due(&ending, Freshness::Always, None, None).at, Some(at(0)));
        let stored = Stored {
            grant: &ending,
            freshness: Freshness::Always,
            reason: None,
            wanted_until: None,
            warned_of: ending.hard_expires_at,
        };
        assert_eq!(next(&stored, &Settings::default(), at(0), 0.0).at, Some(at(2_700)));
    }

    #[test]
    fn a_grant_without_a_refresh_token_is_never_due() {
        let bare = StoredGrant { refresh_token: None, ..grant() };
        assert_eq!(due(&bare, Freshness::Always, None, None).at, None);
    }
}
