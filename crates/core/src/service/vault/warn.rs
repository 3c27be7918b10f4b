//! Warns a partner thirty days before a grant's hard end, once. A refresh cannot move that end.

use crate::model::connection::Connection;
use crate::model::event::Payload;
use crate::model::time::earlier;
use crate::port::store::Written;
use crate::{App, Error};

use crate::service::vault::due::{Stored, WARN_AHEAD, next};
use crate::service::vault::refresh::step::Reason;

/// Writes the warning if it is due and was not written yet. Returns whether it was written now.
///
/// # Errors
/// The table's errors.
pub async fn warn_expiring(app: &App, connection: &Connection) -> Result<bool, Error> {
    let now = app.now();
    let Some(grant) = connection.grant() else { return Ok(false) };
    let Some(end) = grant.hard_expires_at.filter(|end| connection.warned_of != Some(*end) && earlier(*end, WARN_AHEAD) <= now)
    else {
        return Ok(false);
    };
    let event = app.event(connection, Payload::RefreshTokenExpiring { refresh_token_expires_at: end });
    let stored = Stored {
        grant,
        freshness: connection.freshness,
        reason: Some(Reason::Due),
        wanted_until: connection.wanted_until,
        warned_of: Some(end),
    };
    let due = next(&stored, &app.settings, now, app.entropy.fraction());
    Ok(app.grants.warn(&event, connection.epoch, end, due.at).await? == Written::Stored)
}
