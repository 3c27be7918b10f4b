//! Who holds a company: asked before a grant is revoked, since on most platforms that ends every grant of the company.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Company, Connection, DeathCause, Standing};
use crate::model::time::until;
use crate::port::store::connections::Holding;
use crate::{App, Error};

/// Whether somebody would lose a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Every entry of the company was read, and none of them has anything to lose.
    Nobody,
    /// A living connection is to that company.
    Somebody,
    /// Nobody can say yet: a consent is under way, a grant that ended may revive, or there was no time to read every entry.
    Unsure,
}

/// How many entries of a company are read at once.
const PER_PAGE: u32 = 100;
/// For how long a grant that ended may revive: a parked grant waits that long in its queue, and access that was withdrawn is
/// probed for less.
const MAY_REVIVE_FOR: Duration = Duration::from_secs(14 * 86_400);

/// Whether revoking a grant of this company would end somebody else's, of whichever partner. `but` is the entry of the consent
/// whose own grant is to be revoked. No page is begun after the clock has counted to `ends_at`.
///
/// # Errors
/// What the table says, also where one entry cannot be read: then nobody knows.
pub(crate) async fn who_holds(app: &App, company: &Company, but: Option<&str>, ends_at: Duration) -> Result<Held, Error> {
    let mut held = Held::Nobody;
    let mut after = None;
    loop {
        let page = app.connections.holders(company, after.as_deref(), PER_PAGE).await?;
        if page.connections.iter().any(|connection| matches!(connection.standing, Standing::Active(_))) {
            return Ok(Held::Somebody);
        }
        let now = app.now();
        let is_open = page.consents.iter().any(|consent| Some(consent.flow.as_str()) != but && is_under_way(consent, now))
            || page.connections.iter().any(|connection| may_revive(connection, now));
        if is_open {
            held = Held::Unsure;
        }
        after = page.next;
        if after.is_none() {
            return Ok(held);
        }
        if app.clock.elapsed() >= ends_at {
            return Ok(Held::Unsure);
        }
    }
}

/// Whether a consent may still become a connection.
fn is_under_way(consent: &Holding, now: Timestamp) -> bool {
    consent.until.is_none_or(|until| until > now)
}

/// Whether a grant that ended may live again: its successor may be parked, or its access be given back.
fn may_revive(connection: &Connection, now: Timestamp) -> bool {
    let Standing::NeedsReauthorization { cause, .. } = &connection.standing else { return false };
    let ended_at = connection.last_failure.as_ref().map_or(connection.updated_at, |last_failure| last_failure.at);
    match cause {
        DeathCause::Revoked | DeathCause::NoRefreshToken => false,
        DeathCause::RotationLost | DeathCause::AccessWithdrawn => until(ended_at, now) < MAY_REVIVE_FOR,
    }
}
