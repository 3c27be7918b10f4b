//! The end of a grant, and whose client may refresh one.

use std::sync::Arc;

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Company, Connection, DeathCause, LastFailure};
use crate::model::event::Payload;
use crate::model::probe::Probe;
use crate::port::platform::Platform;
use crate::port::store::vault::GrantEnd;
use crate::{App, Error};

/// The end of a connection's grant, with all that is written with it.
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
            settled_lease: None,
            doubtful: cause == DeathCause::RotationLost,
        },
        probe: (cause == DeathCause::AccessWithdrawn).then(|| Probe::withdrawn(connection.id.clone(), now)),
        audit: app.audit(&connection.id, Action::GrantEnded, Actor::Vault, [("cause", cause.as_str().to_owned())]),
        event: app.event(connection, Payload::ReauthorizationRequired { reason: cause }),
    }
}

/// The platform of a company, with the credentials of the client that its grant belongs to: presented with others the
/// platform would refuse the token, and a good grant would be taken for dead.
pub(crate) async fn of_its_client(app: &App, company: &Company) -> Result<Arc<dyn Platform>, Error> {
    let platform = app.platforms.get(company.platform, company.environment).await?;
    if platform.client_id() == company.client_id {
        return Ok(platform);
    }
    Err(Error::Misconfigured {
        code: "other_client",
        message: format!(
            "This connection was consented to through another OAuth client of {} than is configured now. Put the credentials of that client back, \
             or have the customer consent again.",
            company.platform.title()
        ),
    })
}
