//! Changes the settings of a connection: its name, and how fresh its token is kept.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, ConnectionId, Freshness, GrantState};
use crate::port::store::Written;
use crate::port::store::connections::Settable;
use crate::{App, Error};

use crate::service::optimistic::Tries;
use crate::service::vault::due::{self, Stored};

/// The settings to change; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Its name, for people.
    pub company_name: Option<String>,
    /// How fresh its token is kept.
    pub freshness: Option<Freshness>,
}

/// Writes the audit row of a change of settings, with the settings as they were asked for. It is written before the change, in a write of
/// its own, because a transaction on the connection would stop the commit of a refresh. So no change is without its row; if the table
/// fails between the two, there is a row without its change.
///
/// # Errors
/// The table's errors. Then nothing may be changed.
pub async fn note_change(
    app: &App,
    key: &ApiKey,
    id: &ConnectionId,
    wanted: BTreeMap<&'static str, String>,
) -> Result<(), Error> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut audit = app.audit(id, Action::ConnectionChanged, Actor::Key(key.id.clone()), []);
    audit.detail = wanted;
    Ok(app.audit_log.note(&audit).await?)
}

/// Changes a connection that the caller has just read, and returns it as it is after the change.
///
/// # Errors
/// `TryLater` if other writes keep changing the connection, and the table's errors.
pub async fn change_connection(app: &App, mut connection: Connection, change: &Change) -> Result<Connection, Error> {
    let mut tries = Tries::new(app, "a connection could not be changed");
    loop {
        tries.next().await?;
        let due_at = other_due_time(app, &connection, change);
        let settable = Settable {
            company_name: change.company_name.clone().unwrap_or_else(|| connection.company_name.clone()),
            freshness: change.freshness.unwrap_or(connection.freshness),
            due: due_at.map(|due_at| (connection.epoch, due_at)),
            at: app.now(),
        };
        match app.connections.change(&connection.id, &settable).await? {
            Written::Stored => return Ok(with(connection, settable)),
            Written::Overtaken => connection = app.connections.read(&connection.id).await?.ok_or(Error::NO_CONNECTION)?,
        }
    }
}

/// The new due time, if the freshness of an active grant changes. After a failed refresh the time of the next try stays.
#[expect(clippy::option_option, reason = "`None` is no change, `Some(None)` is no due time")]
fn other_due_time(app: &App, connection: &Connection, change: &Change) -> Option<Option<Timestamp>> {
    let freshness = change.freshness.filter(|freshness| *freshness != connection.freshness)?;
    let GrantState::Active(grant) = &connection.grant_state else { return None };
    if connection.last_failure.is_some() {
        return None;
    }
    let (wanted_until, warned_of) = (connection.wanted_until, connection.warned_of);
    let stored = Stored { grant, freshness, reason: None, wanted_until, warned_of };
    Some(due::next(&stored, &app.settings, app.now(), app.entropy.fraction()).at)
}

fn with(connection: Connection, settable: Settable) -> Connection {
    let due_at = settable.due.map_or(connection.due_at, |(_, due_at)| due_at);
    let Settable { company_name, freshness, at, .. } = settable;
    Connection { company_name, freshness, due_at, updated_at: at, ..connection }
}
