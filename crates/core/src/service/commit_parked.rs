//! Commits a grant that comes late, from the parking queue or from a refresh that was overtaken, for the epoch it was
//! obtained for: also if the grant of that epoch was marked dead meanwhile.

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, Status};
use crate::model::event::{Event, EventKind};
use crate::port::parking::Parked;
use crate::port::store::{StoreError, Written};
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

/// Commits a parked grant.
///
/// # Errors
/// What the table says: the grant stays parked.
pub async fn commit_parked(app: &App, parked: &Parked) -> Result<Unparked, Error> {
    for _ in 0..TRIES_MOST {
        let Some(connection) = app.connections.read(&parked.connection).await? else { return Ok(Unparked::Late) };
        if connection.commit_id == parked.commit.commit_id {
            return Ok(Unparked::Committed);
        }
        if connection.epoch != parked.commit.epoch {
            drop_late_grant(app, &connection, &parked.commit.grant).await?;
            return Ok(Unparked::Late);
        }
        if let Some(unparked) = store(app, &connection, parked).await? {
            return Ok(unparked);
        }
    }
    Err(Error::from(StoreError::Busy("a parked grant could not be committed".to_owned())))
}

/// `None` where the connection changed meanwhile.
async fn store(app: &App, connection: &Connection, parked: &Parked) -> Result<Option<Unparked>, Error> {
    let (written, unparked) = match connection.status() {
        Status::Active => (app.grants.commit(&parked.connection, &parked.commit).await?, Unparked::Committed),
        Status::NeedsReauthorization => (revive(app, connection, parked).await?, Unparked::Revived),
        Status::Disconnected => return Ok(Some(Unparked::Late)),
    };
    Ok((written == Written::Stored).then_some(unparked))
}

async fn revive(app: &App, connection: &Connection, parked: &Parked) -> Result<Written, Error> {
    let mut event = Event::about(connection, EventKind::Reauthorized, app.new_id("evt_"), app.now());
    event.epoch = parked.commit.epoch + 1;
    let detail = [("commit", parked.commit.commit_id.clone())];
    let audit = app.audit(&connection.id, Action::GrantRevived, Actor::Vault, detail);
    Ok(app.grants.revive(&parked.commit, &audit, &event).await?)
}
