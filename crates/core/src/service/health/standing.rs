//! Stores the standing of connections. The dispatch of each event of a connection looks at the connection as it is now, so that a
//! repeated or a lost event counts nothing twice and leaves nothing wrong after the next one, or after the next recount.

use std::collections::HashSet;

use crate::model::connection::{Connection, ConnectionId, GrantState};
use crate::model::health::{Problem, Standing};
use crate::model::sync::SyncKind;
use crate::model::webhook::notification::Notification;
use crate::port::store::health::ReplacedStanding;
use crate::port::store::syncs::SyncState;
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::optimistic::Tries;

/// Stores the standing of each connection that these events are about.
pub(crate) async fn note_events(app: &App, events: &[Notification]) {
    for id in events.iter().filter_map(connection_of).collect::<HashSet<_>>() {
        note_or_log(app, id).await;
    }
}

/// Stores the standing of a connection, if it changed. A failure is logged: the next event or the next recount corrects it.
pub(crate) async fn note_or_log(app: &App, id: &ConnectionId) {
    if let Err(error) = note(app, id).await {
        tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "the standing of a connection could not be stored");
    }
}

fn connection_of(event: &Notification) -> Option<&ConnectionId> {
    match event {
        Notification::Connection(event) => Some(&event.subject.connection),
        Notification::Endpoint(_) => None,
    }
}

/// Stores the standing of a connection, if it changed.
///
/// # Errors
/// The table's errors.
pub(crate) async fn note(app: &App, id: &ConnectionId) -> Result<(), Error> {
    let mut tries = Tries::new(app, "a standing could not be stored");
    let write = app.new_id("standing_");
    for attempt in 0_u32.. {
        tries.next().await?;
        // Read first: whatever is stored after this, the write does not replace.
        let before = app.health.standing(id).await?;
        let Some(connection) = app.connections.read(id).await? else { break };
        let standing = standing_of(&connection, &app.syncs.state(id).await?);
        if before.is_some_and(|before| before.standing == standing) {
            break;
        }
        let replaced = ReplacedStanding { connection: id, before, standing, at: app.now(), id: format!("{write}#{attempt}") };
        match app.health.replace_standing(&replaced).await {
            Ok(Written::Stored) => break,
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn standing_of(connection: &Connection, syncs: &SyncState) -> Standing {
    let problem = match &connection.grant_state {
        GrantState::NeedsReauthorization { cause, .. } => Some(Problem::GrantEnded(*cause)),
        GrantState::Active(_) | GrantState::WithoutGrant => failed_import(connection, syncs),
        GrantState::Disconnected => None,
    };
    let company = &connection.company;
    Standing { platform: company.platform, environment: company.environment, status: connection.status(), problem }
}

/// The last run of a kind that failed, unless the customer has removed its cause since by another consent.
fn failed_import(connection: &Connection, syncs: &SyncState) -> Option<Problem> {
    SyncKind::ALL.into_iter().find_map(|kind| {
        let last = syncs.last[kind as usize]?;
        let failure = last.failure?;
        let is_over = failure.is_the_customers() && connection.consented_at > last.at;
        (!is_over).then_some(Problem::ImportFailed(kind, failure))
    })
}
