//! Finds who holds a company. This is checked before a grant is revoked, because on most platforms a revocation ends every grant of the
//! company.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Company, Connection, DeathCause, GrantState};
use crate::model::time::until;
use crate::port::store::connections::ConsentEntry;
use crate::{App, Error};

/// Whether revoking a grant of a company would end another grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherGrant {
    /// Every entry of the company was read, and none has an active grant or may get one.
    None,
    /// Another connection to the company is active.
    Active,
    /// It is not known: a consent is under way, a dead grant may revive, or there was no time to read every entry.
    Unknown,
}

/// The number of entries of a company in one read.
const PER_PAGE: u32 = 100;
/// The time for which a dead grant may revive. A parked grant stays in its queue for at most this time, and withdrawn access is probed
/// for a shorter time. A grant from another system that is not confirmed within this time protects its claimed company no longer.
const MAY_REVIVE_FOR: Duration = Duration::from_secs(14 * 86_400);

/// Whether revoking a grant of this company would end another grant, of any partner. `but` is the entry of the consent whose own grant
/// is to be revoked. No page is read after the monotonic time `ends_at`.
///
/// # Errors
/// The table's errors, also if one entry cannot be read: the answer would be unknown.
pub(crate) async fn other_grant(app: &App, company: &Company, but: Option<&str>, ends_at: Duration) -> Result<OtherGrant, Error> {
    let mut other = OtherGrant::None;
    let mut after = None;
    loop {
        let page = app.connections.company_entries(company, after.as_deref(), PER_PAGE).await?;
        if page.connections.iter().any(|connection| matches!(connection.grant_state, GrantState::Active(_))) {
            return Ok(OtherGrant::Active);
        }
        let now = app.now();
        let is_open = page.consents.iter().any(|consent| Some(consent.flow.as_str()) != but && is_under_way(consent, now))
            || page.connections.iter().any(|connection| may_revive(connection, now));
        if is_open {
            other = OtherGrant::Unknown;
        }
        after = page.next;
        if after.is_none() {
            return Ok(other);
        }
        if app.clock.elapsed() >= ends_at {
            return Ok(OtherGrant::Unknown);
        }
    }
}

/// Whether a consent may still write a connection.
fn is_under_way(consent: &ConsentEntry, now: Timestamp) -> bool {
    consent.until.is_none_or(|until| until > now)
}

/// Whether a grant that does not serve may do so later: its successor may be parked, access may be given back, or its company may
/// be confirmed.
fn may_revive(connection: &Connection, now: Timestamp) -> bool {
    let GrantState::NeedsReauthorization { cause, .. } = &connection.grant_state else { return false };
    let ended_at = connection.last_failure.as_ref().map_or(connection.updated_at, |last_failure| last_failure.at);
    match cause {
        DeathCause::Revoked | DeathCause::NoRefreshToken => false,
        DeathCause::RotationLost | DeathCause::AccessWithdrawn | DeathCause::NotConfirmed => {
            until(ended_at, now) < MAY_REVIVE_FOR
        }
    }
}
