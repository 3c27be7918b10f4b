//! Disconnects a connection at once, independently of its platform, and then revokes its grant there (T-5). On request, the same write begins a
//! purge.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::api_key::{ApiKey, KeyId};
use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, ConnectionId, GrantState};
use crate::model::event::Payload;
use crate::model::lease::Lease;
use crate::model::name::CompanyKey;
use crate::model::revocation::{Revocation, RevocationId};
use crate::model::time::later;
use crate::port::store::StoreError;
use crate::port::store::Written;
use crate::port::store::purges::NewPurge;
use crate::port::store::vault::Disconnect;
use crate::{App, Error};

use crate::service::optimistic::Tries;
use crate::service::revocation::revoke::{RevocationStatus, revoke};
use crate::service::sync::stop::stop_runs;
use crate::service::vault::refresh::step::View;

/// Whether a disconnect also removes the connection's records, runs, audit rows and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// They stay.
    Kept,
    /// A purge removes them, in the background.
    Purged,
}

/// The result of a disconnect.
pub struct Disconnected {
    /// The connection, as it is now.
    pub connection: Connection,
    /// The state of the revocation of its grant.
    pub revocation: RevocationStatus,
}

/// Disconnects a connection of the key's partner. One that is disconnected already stays as it is; its revocation is tried again
/// if that is due. A purge begins once for each disconnect. All of it is over when the clock has counted to `ends_at`.
///
/// # Errors
/// `NotFound` where there is none, else those of the table. A revocation that the platform does not confirm is not an error.
pub async fn disconnect(
    app: &App,
    key: &ApiKey,
    company_key: &CompanyKey,
    history: History,
    ends_at: Duration,
) -> Result<Disconnected, Error> {
    let id = ConnectionId { partner: key.partner.clone(), company_key: company_key.clone() };
    let mut tries = Tries::new(app, "a connection could not be disconnected");
    loop {
        tries.next().await?;
        let (connection, lease) = app.connections.read_with_lease(&id).await?.ok_or(Error::NO_CONNECTION)?;
        if connection.grant_state == GrantState::Disconnected {
            // The process that disconnected it may have died before it ended the runs.
            stop_runs(app, &id).await;
            if history == History::Kept {
                return Ok(revoke_grant(app, connection, ends_at).await);
            }
            match purge(app, &key.id, connection).await {
                Ok(Some(connection)) => return Ok(revoke_grant(app, connection, ends_at).await),
                Ok(None) | Err(StoreError::Busy(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        if history == History::Purged {
            // The write fails if a run stores a record meanwhile.
            stop_runs(app, &id).await;
        }
        let disconnect = compose(app, &key.id, connection, lease, history);
        match app.grants.disconnect(&disconnect).await {
            Ok(Written::Stored) => {
                stop_runs(app, &id).await;
                wait_out(app, &disconnect).await;
                return Ok(revoke_grant(app, without_grant(disconnect), ends_at).await);
            }
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Begins the purge of a disconnected connection, unless it has begun. Returns the connection after it; `None` if another write came
/// first.
async fn purge(app: &App, key: &KeyId, connection: Connection) -> Result<Option<Connection>, StoreError> {
    let begun = app.purges.purge(&connection.id).await?;
    if begun.is_some_and(|purge| purge.epoch == connection.epoch) {
        return Ok(Some(connection));
    }
    let purge = new_purge(app, key, &connection, connection.epoch);
    let written = app.purges.begin_purge(&purge).await?;
    let unnamed = Connection { company_name: String::new(), updated_at: purge.at, ..connection };
    Ok((written == Written::Stored).then_some(unnamed))
}

fn new_purge(app: &App, key: &KeyId, connection: &Connection, epoch: u64) -> NewPurge {
    let detail = [("company_key", connection.id.company_key.to_string())];
    let audit = app.audit(&connection.id.partner, Action::ConnectionPurged, Actor::Key(key.clone()), detail);
    NewPurge { connection: connection.id.clone(), epoch, at: audit.at, audit }
}

/// Postpones the revocation if a lease was taken between the read and the write. After the write no lease is taken.
async fn wait_out(app: &App, disconnect: &Disconnect) {
    let Some(revocation) = &disconnect.revocation else { return };
    let looked = async {
        let lease = app.connections.read_with_lease(&disconnect.connection.id).await?.and_then(|(_, lease)| lease);
        match in_use_until(app, &disconnect.connection, lease).filter(|until| *until > revocation.due_at) {
            Some(until) => app.revocations.postpone(&revocation.id, until).await,
            None => Ok(()),
        }
    };
    if let Err(error) = looked.await {
        tracing::error!(connection = %disconnect.connection.id, %error, "a lease could not be read");
    }
}

async fn revoke_grant(app: &App, connection: Connection, ends_at: Duration) -> Disconnected {
    let id = RevocationId { connection: connection.id.clone(), grant: (connection.epoch.saturating_sub(1)).into() };
    let revocation = revoke(app, &id, ends_at).await.unwrap_or_else(|error| {
        tracing::error!(connection = %id.connection, %error, "a pending revocation could not be read");
        RevocationStatus::Pending
    });
    Disconnected { connection, revocation }
}

fn compose(app: &App, key: &KeyId, connection: Connection, lease: Option<Lease>, history: History) -> Disconnect {
    let now = app.now();
    let mut event = app.event(&connection, Payload::Disconnected);
    event.subject.epoch = connection.epoch + 1;
    let revocation = connection.grant().map(|grant| {
        let id = RevocationId { connection: connection.id.clone(), grant: connection.epoch.into() };
        let revocation = Revocation::new(id, connection.company.clone(), grant.clone(), now);
        Revocation { due_at: in_use_until(app, &connection, lease).map_or(now, |until| until.max(now)), ..revocation }
    });
    let audit = app.audit(&connection.id, Action::Disconnected, Actor::Key(key.clone()), []);
    let purge = (history == History::Purged).then(|| new_purge(app, key, &connection, connection.epoch + 1));
    Disconnect { commit_id: app.new_commit_id(), revocation, purge, audit, event, connection }
}

/// Until when a process may be presenting the refresh token to the platform: two must not present it at once. The sender waits for an
/// answer beyond the end of its lease, so the rest is added, as before a refresh.
fn in_use_until(app: &App, connection: &Connection, lease: Option<Lease>) -> Option<Timestamp> {
    let rest = app.settings.rest_of(connection.company.platform);
    View::of(connection, lease).open_lease().map(|lease| later(lease.until, rest))
}

/// The connection as it is after that write.
fn without_grant(disconnect: Disconnect) -> Connection {
    let Disconnect { connection, commit_id, audit, purge, .. } = disconnect;
    Connection {
        company_name: if purge.is_some() { String::new() } else { connection.company_name },
        epoch: connection.epoch + 1,
        grant_state: GrantState::Disconnected,
        last_failure: None,
        commit_id,
        updated_at: audit.at,
        disconnected_at: Some(audit.at),
        due_at: None,
        wanted_until: None,
        warned_of: None,
        ..connection
    }
}
