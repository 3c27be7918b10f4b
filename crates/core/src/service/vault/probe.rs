//! Probes of connections by the refresher. A grant ends only if two probes ten minutes apart find that its platform refuses a fresh
//! token. After that the platform is asked for a week whether access is back (T-7).

use std::sync::Arc;
use std::time::Duration;

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, ConnectionId, DeathCause, GrantState};
use crate::model::event::Payload;
use crate::model::probe::{Probe, ProbeKind};
use crate::model::time::later;
use crate::port::store::Written;
use crate::port::store::revocations::Claim;
use crate::port::store::vault::RestoredAccess;
use crate::{App, Error};

use crate::service::vault::due::{self, Stored};
use crate::service::vault::read::open;
use crate::service::vault::refresh::step::Outcome;
use crate::service::vault::refresh::step::Reason;
use crate::service::vault::refresh::{Permit, RefreshRequest, end_of, refresh};
use crate::service::vault::verify::{Access, CompanyAnswer, access_of, ask};

/// The result of a probe.
enum Found {
    /// The connection has access, or the probe is no longer needed.
    Over,
    /// The connection has no access.
    NoAccess,
    /// The platform gave no clear answer.
    NoAnswer,
}

/// Makes a due probe, if it can end by the monotonic time `ends_at`.
///
/// # Errors
/// The table's errors. The claim on the probe then expires, and the probe is due again.
pub(crate) async fn probe(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<(), Error> {
    if app.clock.elapsed() + app.settings.longest_probe() > ends_at {
        return Ok(());
    }
    let now = app.now();
    let claim = Claim { id: app.new_id("claim_"), at: now, until: later(now, app.settings.longest_probe() * 2) };
    let Some(probe) = app.probes.claim_probe(id, &claim).await? else { return Ok(()) };
    let connection = app.connections.read(id).await?;
    let found = match (probe.kind, connection) {
        (ProbeKind::Suspected, Some(connection)) if matches!(connection.grant_state, GrantState::Active(_)) => {
            suspected(app, &probe, connection, ends_at).await
        }
        (ProbeKind::Withdrawn, Some(connection)) if is_withdrawn(&connection) => withdrawn(app, id, ends_at).await,
        _ => Ok(Found::Over),
    };
    let found = found.unwrap_or_else(|error| {
        tracing::warn!(connection = %id, %error, "a probe had no clear answer");
        Found::NoAnswer
    });
    let next = match found {
        Found::Over => None,
        Found::NoAccess => probe.after_denial(app.now()),
        Found::NoAnswer => probe.after_no_answer(app.now()),
    };
    match next {
        Some(next) => app.probes.reschedule_probe(&next, &claim).await?,
        None => app.probes.end_probe(id, &claim, app.now()).await?,
    };
    Ok(())
}

fn is_withdrawn(connection: &Connection) -> bool {
    matches!(connection.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::AccessWithdrawn, .. })
}

/// Probes an active grant. When the platform refuses a fresh token for the second time, the grant ends.
async fn suspected(app: &Arc<App>, probe: &Probe, connection: Connection, ends_at: Duration) -> Result<Found, Error> {
    let id = &probe.connection;
    match access_of(app, connection, ends_at).await {
        Ok(Access::Given { .. }) => {
            tracing::info!(connection = %id, "access was not withdrawn: the connection works");
            Ok(Found::Over)
        }
        Ok(Access::Forbidden) => Ok(Found::NoAccess),
        Ok(Access::Withdrawn(_)) if probe.denied == 0 => Ok(Found::NoAccess),
        Ok(Access::Withdrawn(connection)) => {
            // The probe that the end of the grant schedules replaces this one.
            app.grants.end_grant(&end_of(app, &connection, DeathCause::AccessWithdrawn)).await?;
            Ok(Found::Over)
        }
        // The platform refused the refresh token, so the grant has ended.
        Err(Error::ConsentNeeded { .. }) => Ok(Found::Over),
        Err(error) => Err(error),
    }
}

/// Probes a grant whose access was withdrawn.
async fn withdrawn(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<Found, Error> {
    match refresh(app, id, RefreshRequest { reason: Reason::Probe, ends_at, permit: Permit::NotNeeded }).await?.outcome {
        Outcome::AlreadyFresh | Outcome::Refreshed => {}
        Outcome::Ended(_) | Outcome::Dead(_) | Outcome::Disconnected | Outcome::Gone | Outcome::NoRefreshToken => {
            return Ok(Found::Over);
        }
        _ => return Ok(Found::NoAnswer),
    }
    let Some(connection) = app.connections.read(id).await?.filter(is_withdrawn) else { return Ok(Found::Over) };
    match ask(app, &open(app, connection).await?).await? {
        CompanyAnswer::Company(_) => restore_access(app, id).await,
        CompanyAnswer::NotTaken | CompanyAnswer::Forbidden => Ok(Found::NoAccess),
    }
}

/// Makes the connection active again. It is read again first, because a refresh may have changed it.
async fn restore_access(app: &App, id: &ConnectionId) -> Result<Found, Error> {
    let Some(connection) = app.connections.read(id).await?.filter(is_withdrawn) else { return Ok(Found::Over) };
    let Some(grant) = connection.grant() else { return Ok(Found::Over) };
    let Connection { freshness, wanted_until, warned_of, .. } = connection;
    let now = app.now();
    let due = due::next(
        &Stored { grant, freshness, reason: None, wanted_until, warned_of },
        &app.settings,
        now,
        app.entropy.fraction(),
    );
    let restored = RestoredAccess {
        epoch: connection.epoch,
        due_at: due.at,
        audit: app.audit(id, Action::GrantRevived, Actor::Vault, [("cause", "access_returned".to_owned())]),
        event: app.event(&connection, Payload::Reauthorized),
    };
    Ok(match app.grants.restore_access(&restored).await? {
        Written::Stored => Found::Over,
        Written::Overtaken => Found::NoAnswer,
    })
}
