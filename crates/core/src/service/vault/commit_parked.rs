//! Commits a late grant, from the parking queue or from a refresh that was overtaken, for the epoch that it was obtained for. This works
//! even if the grant of that epoch was marked dead meanwhile.

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, GrantState};
use crate::model::event::Payload;
use crate::model::revocation::{Revocation, RevocationId};
use crate::port::parking::Parked;
use crate::port::store::Written;
use crate::port::store::vault::Commit;
use crate::{App, Error};

use crate::service::optimistic::Tries;

/// The result of committing a parked grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unparked {
    /// It is stored, by this try or by an earlier one.
    Committed,
    /// It is stored, and the connection, which had been marked dead, is active again.
    Revived,
    /// It is not stored: the connection has a newer grant or is disconnected.
    Late,
}

/// Commits a late grant if its epoch still matches. The grant of a disconnected connection replaces the older grant of the pending
/// revocation instead. Any other late grant is dropped.
///
/// # Errors
/// The table's errors. The grant stays parked.
pub async fn commit_parked(app: &App, parked: &Parked) -> Result<Unparked, Error> {
    let mut tries = Tries::new(app, "a parked grant could not be committed");
    loop {
        tries.next().await?;
        let Some(connection) = app.connections.read(&parked.connection).await? else { return Ok(Unparked::Late) };
        if connection.commit_id == parked.commit.commit_id {
            return Ok(Unparked::Committed);
        }
        // The company is that of the grant only if nothing but the disconnect happened since.
        if connection.grant_state == GrantState::Disconnected && connection.epoch == parked.commit.epoch + 1 {
            app.revocations.put_revocation(&revocation_of(app, connection, &parked.commit)).await?;
            return Ok(Unparked::Late);
        }
        let Some(commit) = fitting(&connection, &parked.commit) else {
            tracing::info!(connection = %connection.id, "late tokens were dropped");
            return Ok(Unparked::Late);
        };
        let (written, unparked) = match connection.grant_state {
            GrantState::WithoutGrant | GrantState::Disconnected => return Ok(Unparked::Late),
            // The connection becomes active only after the platform has given access to the company: to a probe or to the import.
            GrantState::NeedsReauthorization { cause, .. } if cause.awaits_access() => {
                (app.grants.renew_withdrawn(&connection.id, &commit).await?, Unparked::Committed)
            }
            GrantState::NeedsReauthorization { .. } => (revive(app, &connection, &commit).await?, Unparked::Revived),
            GrantState::Active(_) => (app.grants.commit(&connection.id, &commit).await?, Unparked::Committed),
        };
        if written == Written::Stored {
            return Ok(unparked);
        }
    }
}

fn revocation_of(app: &App, connection: Connection, commit: &Commit) -> Revocation {
    let id = RevocationId { connection: connection.id, grant: commit.epoch.into() };
    Revocation::new(id, connection.company, commit.grant.clone(), app.now())
}

/// The commit, for the epoch that it was obtained for. A connection of an earlier epoch was restored from a backup. A grant that was
/// parked since is newer than the restored one, unless there was a consent or a refresh after that.
fn fitting(connection: &Connection, commit: &Commit) -> Option<Commit> {
    let is_restored = connection.epoch < commit.epoch && connection.last_refresh_at() < commit.at;
    (connection.epoch == commit.epoch || is_restored).then(|| Commit { epoch: connection.epoch, ..commit.clone() })
}

async fn revive(app: &App, connection: &Connection, commit: &Commit) -> Result<Written, Error> {
    let mut event = app.event(connection, Payload::Reauthorized);
    event.subject.epoch = commit.epoch + 1;
    let detail = [("commit", commit.commit_id.to_string())];
    let audit = app.audit(&connection.id, Action::GrantRevived, Actor::Vault, detail);
    Ok(app.grants.revive(commit, &audit, &event).await?)
}
