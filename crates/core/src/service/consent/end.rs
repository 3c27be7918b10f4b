//! Ends a consent and records why.

use crate::model::audit::Action;
use crate::model::connection::ConfirmedCompany;
use crate::model::flow::failure::FlowFailure;
use crate::model::flow::{Authority, Flow};
use crate::model::reference::Reference;
use crate::port::platform::Platform;
use crate::port::store::Written;
use crate::port::store::consents::FlowEnd;
use crate::service::consent::outcome::{Confirmed, ConsentOutcome, Stop, current_outcome, unused_grant};
use crate::service::consent::unused_grant::{Unused, unused};
use crate::service::partner::refusal::{Refused, count};
use crate::{App, Error};

/// How a flow ends without a connection.
pub(crate) struct EndOf {
    pub(crate) failure: FlowFailure,
    /// The error code, status and request id of the platform's answer.
    pub(crate) said: Reference,
    /// How its grant is revoked, if it has one.
    pub(crate) unused: Option<Unused>,
}

/// Ends a flow that has no grant. If another request ended it first, that outcome is returned.
pub(crate) async fn end(app: &App, flow: &Flow, failure: FlowFailure) -> Result<ConsentOutcome, Error> {
    end_saying(app, flow, failure, &Reference::default()).await
}

/// Ends a flow that has no grant, with the reference of the platform's failed answer.
pub(crate) async fn end_saying(app: &App, flow: &Flow, failure: FlowFailure, said: &Reference) -> Result<ConsentOutcome, Error> {
    conclude(app, flow, EndOf { failure, said: said.clone(), unused: None }).await
}

/// Ends a flow that has a grant for these companies, as far as they are known. The grant is revoked if this ends no other grant.
pub(crate) async fn end_unused(
    app: &App,
    flow: &Flow,
    platform: &dyn Platform,
    companies: &[ConfirmedCompany],
    failure: FlowFailure,
) -> Result<ConsentOutcome, Error> {
    let unused = unused(flow, platform, companies, app.now());
    conclude(app, flow, EndOf { failure, said: Reference::default(), unused }).await
}

/// Ends a flow whose company was confirmed.
pub(crate) async fn end_confirmed(app: &App, confirmed: &Confirmed<'_>, failure: FlowFailure) -> Result<ConsentOutcome, Error> {
    let revocation = unused_grant(confirmed, app.now(), app.now());
    let unused = Unused { released: Some(revocation.company.clone()), revocation: Some(revocation) };
    conclude(app, confirmed.flow, EndOf { failure, said: Reference::default(), unused: Some(unused) }).await
}

async fn conclude(app: &App, flow: &Flow, end: EndOf) -> Result<ConsentOutcome, Error> {
    let failure = end.failure;
    match end_flow(app, flow, end).await? {
        Written::Stored => Ok(ConsentOutcome::Failed(failure)),
        Written::Overtaken => current_outcome(app, &flow.id).await,
    }
}

/// Ends a flow if it is still at the stage at which it was read. If a key started it, an audit row says so, otherwise a count. Both also
/// say if a consent without a refresh token replaced no grant.
pub(crate) async fn end_flow(app: &App, flow: &Flow, end: EndOf) -> Result<Written, Error> {
    let EndOf { failure, said, unused } = end;
    let (reason, platform, said) = (failure.as_str(), flow.platform.to_string(), said.to_text());
    let is_left = unused.as_ref().is_some_and(|unused| unused.revocation.is_none());
    let left = if is_left { "not revoked, since that could end another grant" } else { "" };
    let (revocation, released) = unused.map_or((None, None), |unused| (unused.revocation, unused.released));
    let by_key = matches!(flow.authority, Authority::Key(_));
    let audit = (by_key || failure == FlowFailure::NoRefreshToken).then(|| {
        let subject = revocation.as_ref().map_or_else(|| flow.subject(), |revocation| (&revocation.id.connection).into());
        let detail = [("reason", reason.to_owned()), ("platform", platform.clone())];
        let mut audit = app.audit(subject, Action::ConsentFailed, flow.authority.actor(), detail);
        audit.detail.extend(said.clone().map(|said| ("reference", said)));
        audit.detail.extend(is_left.then(|| ("grant", left.to_owned())));
        if by_key { audit } else { audit.once_a_day() }
    });
    let (seen, reference) = (flow.stage.clone(), said.clone());
    let ended = FlowEnd { flow: flow.id.clone(), seen, failure, reference, audit, revocation, released, at: app.now() };
    if app.flows.fail(&ended).await? == Written::Overtaken {
        return Ok(Written::Overtaken);
    }
    if !by_key {
        let (actor, said) = (flow.authority.actor().to_text(), said.unwrap_or_default());
        let detail = [("platform", platform), ("actor", actor), ("reference", said), ("grant", left.to_owned())];
        count(app, &flow.partner, Refused { action: Action::ConsentFailed, reason, detail }).await;
    }
    measure(flow, if failure.is_fault() { "failed" } else { "refused" }, Some(reason));
    Ok(Written::Stored)
}

/// Ends a flow, or returns the error that stopped it unless another request has finished the flow.
pub(crate) async fn stopped(app: &App, flow: &Flow, stop: Stop) -> Result<ConsentOutcome, Error> {
    match stop {
        Stop::Failed(failure) => end(app, flow, failure).await,
        Stop::Fault(error) => match end(app, flow, FlowFailure::Interrupted).await {
            Ok(connected @ ConsentOutcome::Connected(_)) => Ok(connected),
            Ok(_) | Err(_) => Err(error),
        },
    }
}

/// Logs the outcome of a consent for its metric (`functions::metrics`).
pub(crate) fn measure(flow: &Flow, outcome: &'static str, reason: Option<&'static str>) {
    tracing::info!(target: "counterfoil::consent", platform = flow.platform.as_str(), outcome, reason, "consent");
}
