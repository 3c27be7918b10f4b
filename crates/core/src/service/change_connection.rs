//! Changes what a partner may set on a connection: its name, and how fresh its token is kept.

use crate::model::connection::{Connection, ConnectionId, Freshness, Standing};
use crate::port::store::{Settable, StoreError, Written};
use crate::{App, Error};

use super::due::{self, Stored};

/// What is to be changed; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Its name, for people.
    pub company_name: Option<String>,
    /// How fresh its token is kept.
    pub freshness: Option<Freshness>,
}

/// How often it is tried while others write to the same connection.
const TRIES_MOST: u32 = 5;

/// Changes a connection, which is given as it was read, and says how it is now.
///
/// # Errors
/// `NotFound` where there is none.
pub async fn change_connection(
    app: &App,
    id: &ConnectionId,
    found: Option<Connection>,
    change: &Change,
) -> Result<Connection, Error> {
    let mut found = found;
    for _ in 0..TRIES_MOST {
        let connection = found.ok_or(Error::NO_CONNECTION)?;
        let changed = with(app, connection, change);
        let settable = Settable {
            epoch: changed.epoch,
            company_name: changed.company_name.clone(),
            freshness: changed.freshness,
            due_at: changed.due_at,
            at: changed.updated_at,
        };
        match app.connections.change(id, &settable).await? {
            Written::Stored => return Ok(changed),
            Written::Overtaken => found = app.connections.read(id).await?,
        }
    }
    Err(StoreError::Busy("a connection could not be changed".to_owned()).into())
}

/// The connection as it is to be. Another freshness is another due time, unless an attempt is to be made again anyway.
fn with(app: &App, connection: Connection, change: &Change) -> Connection {
    let freshness = change.freshness.unwrap_or(connection.freshness);
    let due_at = match &connection.standing {
        Standing::Active(grant) if freshness != connection.freshness && connection.trouble.is_none() => {
            let stored =
                Stored { grant, freshness, reason: None, wanted_until: connection.wanted_until, warned_of: connection.warned_of };
            due::next(&stored, &app.settings, app.now(), app.entropy.fraction()).at
        }
        _ => connection.due_at,
    };
    let company_name = change.company_name.clone().unwrap_or(connection.company_name);
    Connection { company_name, freshness, due_at, updated_at: app.now(), ..connection }
}
