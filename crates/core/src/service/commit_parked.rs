//! Commits a grant that comes late, from the parking queue or from a refresh that was overtaken, for the epoch it was
//! obtained for: also if the grant of that epoch was marked dead meanwhile.

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, Status};
use crate::model::event::{Event, EventKind};
use crate::port::parking::Parked;
use crate::port::store::{Commit, StoreError, Written};
use crate::{App, Error};

use super::drop_late_grant::drop_late_grant;

/// What became of a parked grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unparked {
    /// It is stored, by us or by an earlier try.
    Committed,
    /// It is stored, and the connection that had been marked dead works again.
    Revived,
    /// Its epoch is gone: somebody else's grant stands.
    Late,
}

/// How often it is tried while others write to the same connection.
const TRIES_MOST: u32 = 5;

/// Commits a parked grant, or drops it where it came too late.
///
/// # Errors
/// What the table says, or that late tokens could not be revoked: the grant stays parked.
pub async fn commit_parked(app: &App, parked: &Parked) -> Result<Unparked, Error> {
    let (unparked, connection) = commit_late(app, parked).await?;
    if let (Unparked::Late, Some(connection)) = (unparked, connection) {
        drop_late_grant(app, &connection, &parked.commit.grant).await?;
    }
    Ok(unparked)
}

/// Commits a grant that comes late, if it may be; says how the connection stands that it is too late for.
///
/// # Errors
/// What the table says.
pub(super) async fn commit_late(app: &App, parked: &Parked) -> Result<(Unparked, Option<Connection>), Error> {
    for _ in 0..TRIES_MOST {
        let Some(connection) = app.connections.read(&parked.connection).await? else { return Ok((Unparked::Late, None)) };
        if connection.commit_id == parked.commit.commit_id {
            return Ok((Unparked::Committed, Some(connection)));
        }
        let Some(commit) = fitting(&connection, &parked.commit) else { return Ok((Unparked::Late, Some(connection))) };
        let (written, unparked) = match connection.status() {
            Status::Active => (app.grants.commit(&connection.id, &commit).await?, Unparked::Committed),
            Status::NeedsReauthorization => (revive(app, &connection, &commit).await?, Unparked::Revived),
            Status::Disconnected => return Ok((Unparked::Late, Some(connection))),
        };
        if written == Written::Stored {
            return Ok((unparked, Some(connection)));
        }
    }
    Err(Error::from(StoreError::Busy("a parked grant could not be committed".to_owned())))
}

/// The commit over the epoch that it was obtained for. A connection of an earlier epoch was restored from a backup: what was
/// parked since is younger than what is there, unless there was a consent or a refresh after that.
fn fitting(connection: &Connection, commit: &Commit) -> Option<Commit> {
    let is_restored = connection.epoch < commit.epoch && connection.last_refresh_at() < commit.at;
    (connection.epoch == commit.epoch || is_restored).then(|| Commit { epoch: connection.epoch, ..commit.clone() })
}

async fn revive(app: &App, connection: &Connection, commit: &Commit) -> Result<Written, Error> {
    let mut event = Event::about(connection, EventKind::Reauthorized, app.new_id("evt_"), app.now());
    event.epoch = commit.epoch + 1;
    let detail = [("commit", commit.commit_id.clone())];
    let audit = app.audit(&connection.id, Action::GrantRevived, Actor::Vault, detail);
    Ok(app.grants.revive(commit, &audit, &event).await?)
}
