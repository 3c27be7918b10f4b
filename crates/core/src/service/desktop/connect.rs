//! The first answer of a company file makes the end user's connection one of the partner's connections, from which records are imported.

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Company, Connection, GrantState, Status};
use crate::model::desktop::connection::DesktopConnection;
use crate::model::event::Payload;
use crate::model::platform::{Environment, PlatformName};
use crate::port::store::desktop::Connect;
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::desktop::end_users::read_end_user;
use crate::service::optimistic::Tries;
use crate::service::sync::stop::stop_runs;

/// In the place of an OAuth client.
const CLIENT: &str = "web_connector";

/// Stores the partner's connection, if it is not stored with this `FileID`. The company key is the id of the end user, and the company is
/// the `FileID`.
///
/// # Errors
/// The table's errors.
pub(crate) async fn connect(app: &App, answering: &DesktopConnection) -> Result<(), Error> {
    if answering.connected_file.as_ref() == Some(&answering.file_id) {
        return Ok(());
    }
    let id = answering.end_user.connection_id();
    let mut tries = Tries::new(app, "a connection of QuickBooks Desktop could not be stored");
    loop {
        tries.next().await?;
        let (end_user, desktop) = read_end_user(app, &answering.end_user).await?;
        // With another password it is set up anew, and connected by the next answer.
        let is_same = |desktop: &DesktopConnection| {
            desktop.password.matches(&answering.password)
                && desktop.file_id == answering.file_id
                && desktop.connected_file.as_ref() != Some(&desktop.file_id)
        };
        let Some(desktop) = desktop.filter(is_same) else { return Ok(()) };
        let previous = app.connections.read(&id).await?;
        let switches = previous.as_ref().is_some_and(|previous| previous.company.company_id != desktop.file_id);
        let connect = compose(app, &end_user.company_name, desktop, previous);
        match app.end_users.connect(&connect).await {
            Ok(Written::Stored) => {
                if switches {
                    stop_runs(app, &id).await;
                }
                return Ok(());
            }
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn compose(app: &App, company_name: &str, desktop: DesktopConnection, previous: Option<Connection>) -> Connect {
    let now = app.now();
    let company = Company {
        platform: PlatformName::QuickbooksDesktop,
        environment: Environment::Production,
        client_id: CLIENT.to_owned(),
        company_id: desktop.file_id.clone(),
        api_base_url: String::new(),
    };
    let is_again = previous.as_ref().is_some_and(|previous| previous.status() == Status::Active && previous.company == company);
    let (action, payload) =
        if is_again { (Action::Reconnected, Payload::Reauthorized) } else { (Action::Connected, Payload::Connected) };
    let name = previous.as_ref().map(|previous| previous.company_name.clone()).filter(|name| !name.is_empty());
    let connection = Connection {
        id: desktop.end_user.connection_id(),
        company_name: name.unwrap_or_else(|| company_name.to_owned()),
        company,
        epoch: previous.as_ref().map_or(0, |previous| previous.epoch) + 1,
        grant_state: GrantState::WithoutGrant,
        last_failure: None,
        commit_id: app.new_commit_id(),
        created_at: previous.as_ref().map_or(now, |previous| previous.created_at),
        disconnected_at: previous.as_ref().and_then(|previous| previous.disconnected_at),
        updated_at: now,
        consented_at: now,
        refreshed_at: None,
        due_at: None,
        freshness: previous.as_ref().map_or(app.freshness, |previous| previous.freshness),
        wanted_until: None,
        warned_of: None,
    };
    let detail = [("platform", connection.company.platform.as_str().to_owned()), ("company_id", desktop.file_id.clone())];
    let audit = app.audit(&connection.id, action, Actor::Anonymous, detail);
    let event = app.event(&connection, payload);
    Connect { desktop, previous, connection, audit, event }
}
