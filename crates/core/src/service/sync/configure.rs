//! Changes the settings of a connection's imports.

use crate::model::connection::Connection;
use crate::model::sync::settings::{CheckRule, Schedule, SyncSettings};
use crate::port::store::syncs::SyncState;
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::optimistic::Tries;

/// Changes of the settings. `None` leaves a setting as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// How often runs begin without a request.
    pub schedule: Option<Schedule>,
    /// Whether the platform's own JSON of each record is stored.
    pub keeps_source: Option<bool>,
    /// Which records count as checks.
    pub check_rule: Option<CheckRule>,
}

/// Changes the settings of a connection's imports, and returns the state with the new settings. An active or queued
/// run keeps the settings that it was requested with.
///
/// # Errors
/// `Invalid` for a check rule on a platform with a type for checks; `TryLater` if other writes to the state keep conflicting;
/// the table's errors.
pub async fn configure(app: &App, connection: &Connection, change: &Change) -> Result<SyncState, Error> {
    let platform = connection.company.platform;
    if !platform.needs_check_rule() && change.check_rule.as_ref().is_some_and(|rule| *rule != CheckRule::default()) {
        let message = format!("The rule for checks must be {} for a connection to {platform}.", CheckRule::default());
        return Err(Error::invalid("invalid_parameter", message));
    }
    let mut tries = Tries::new(app, "the settings of a connection's imports could not be changed");
    loop {
        tries.next().await?;
        let state = app.syncs.state(&connection.id).await?;
        let settings = changed(&state.settings, change);
        if settings == state.settings {
            return Ok(state);
        }
        let state = SyncState { settings, ..state };
        match app.syncs.configure(&connection.id, &state, app.now()).await {
            Ok(Written::Stored) => return Ok(state),
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn changed(settings: &SyncSettings, change: &Change) -> SyncSettings {
    SyncSettings {
        schedule: change.schedule.unwrap_or(settings.schedule),
        keeps_source: change.keeps_source.unwrap_or(settings.keeps_source),
        check_rule: change.check_rule.clone().unwrap_or_else(|| settings.check_rule.clone()),
    }
}
