//! The end of a grant, and the platform's client for a grant.

use std::sync::Arc;

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Company, Connection, DeathCause, LastFailure};
use crate::model::event::Payload;
use crate::model::probe::Probe;
use crate::port::platform::Platform;
use crate::port::store::vault::GrantEnd;
use crate::{App, Error, Misconfiguration};

/// The end of a connection's grant, with its audit row, its event and its next probe.
pub(crate) fn end_of(app: &App, connection: &Connection, cause: DeathCause) -> GrantEnd {
    let now = app.now();
    GrantEnd {
        epoch: connection.epoch,
        cause,
        last_failure: LastFailure {
            failures: connection.last_failure.as_ref().map_or(1, |last_failure| last_failure.failures.saturating_add(1)),
            retry_at: now,
            code: cause.into(),
            at: now,
            ended_lease: None,
            doubtful: cause == DeathCause::RotationLost,
        },
        probe: (cause == DeathCause::AccessWithdrawn).then(|| Probe::withdrawn(connection.id.clone(), now)),
        audit: app.audit(&connection.id, Action::GrantEnded, Actor::Vault, [("cause", cause.as_str().to_owned())]),
        event: app.event(connection, Payload::ReauthorizationRequired { reason: cause }),
    }
}

/// The platform of a company, with the credentials of the OAuth client that the grant belongs to. With other credentials the platform
/// would refuse the token, and a valid grant would be marked dead.
pub(crate) async fn of_its_client(app: &App, company: &Company) -> Result<Arc<dyn Platform>, Error> {
    let platform = app.platforms.get(company.platform, company.environment).await?;
    if platform.client_id() == company.client_id {
        return Ok(platform);
    }
    Err(Error::Misconfigured {
        what: Misconfiguration::OtherClient,
        message: format!(
            "The consent of this connection was given to another OAuth client of {} than the configured one. Restore the credentials of that client, \
             or have the customer consent again.",
            company.platform.title()
        ),
    })
}
