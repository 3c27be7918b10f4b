//! Asks the platform for the company of a connection, at most once in ten seconds.

use std::sync::Arc;
use std::time::Duration;

use crate::model::connection::Connection;
use crate::model::probe::{AccessAnswer, Asking};
use crate::model::time::earlier;
use crate::{App, Error};

use crate::service::vault::verify::{Access, access_of, ask_again};

/// The shortest time between two requests for one connection.
const ASKED_EVERY: Duration = Duration::from_secs(10);

/// The platform's answer, or the last known one if it was asked a moment ago. It ends no grant: after a refusal the refresher asks once
/// more. Only a refused refresh token ends one, as in every refresh.
///
/// # Errors
/// The table's errors.
pub(super) async fn ask(app: &Arc<App>, connection: Connection, ends_at: Duration) -> Result<Option<AccessAnswer>, Error> {
    let (id, now) = (connection.id.clone(), app.now());
    if let Asking::TooSoon(known) = app.probes.begin_asking(&id, now, earlier(now, ASKED_EVERY)).await? {
        return Ok(known);
    }
    let answer = match access_of(app, connection, ends_at).await {
        Ok(Access::Given { .. }) => AccessAnswer::Given,
        Ok(Access::Forbidden) => AccessAnswer::Forbidden,
        Ok(Access::Withdrawn(_)) => AccessAnswer::Withdrawn,
        Err(error) => {
            tracing::info!(connection = %id, code = error.code(), "the request for a company had no clear answer");
            AccessAnswer::Unclear
        }
    };
    if matches!(answer, AccessAnswer::Forbidden | AccessAnswer::Withdrawn) {
        ask_again(app, id.clone()).await?;
    }
    app.probes.note_answer(&id, now, answer).await?;
    Ok(Some(answer))
}
