//! Ends a flow that expired with a grant: no company was chosen or confirmed in time.

use std::time::Duration;

use crate::model::audit::{Action, Actor, Subject};
use crate::model::connection::ConfirmedCompany;
use crate::model::flow::Authority;
use crate::model::flow::Flow;
use crate::model::flow::FlowId;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::grant::StoredGrant;
use crate::model::name::PartnerId;
use crate::model::reference::Reference;
use crate::model::revocation::RETRIED_FOR;
use crate::model::time::{later, until};
use crate::port::platform::{CompaniesRequest, ConfirmFailure, Platform};
use crate::port::store::StoreError;
use crate::port::store::consents::FlowEnd;
use crate::port::store::revocations::Claim;
use crate::{App, Error};

use crate::service::consent::end::EndOf;
use crate::service::consent::end::end_flow;
use crate::service::consent::unused_grant::unused;
use crate::service::revocation::revoke::RevocationStatus;
use crate::service::vault::refresh::sealed_grant::ACCESS_TOKEN;

/// The reason in the audit row.
const GIVEN_UP: &str = "given_up";

/// Ends the flow if its requests can end by the monotonic time `ends_at`. Its grant becomes a revocation if this ends no other grant.
///
/// # Errors
/// Those of the table, the credentials and the keyring. The flow is then due again, for thirty days.
pub(crate) async fn end_expired(app: &App, id: &FlowId, ends_at: Duration) -> Result<RevocationStatus, Error> {
    if app.clock.elapsed() + app.settings.longest_revocation() > ends_at {
        return Ok(RevocationStatus::Pending);
    }
    let flow = match app.flows.flow(id).await {
        Ok(Some(flow)) => flow,
        Ok(None) => return Ok(RevocationStatus::Completed),
        Err(error @ (StoreError::Damaged { .. } | StoreError::Newer { .. })) => return end_unreadable(app, id, &error).await,
        Err(error) => return Err(error.into()),
    };
    let (Stage::Exchanged { grant, .. } | Stage::Choosing { grant, .. }) = &flow.stage else {
        // Another version ended the flow and did not clear its due time.
        app.flows.reschedule_flow(&flow, None).await?;
        return Ok(RevocationStatus::Completed);
    };
    if flow.expires_at > app.now() {
        return Ok(RevocationStatus::Pending);
    }
    // If something fails from here on, the flow is due again after a growing pause, so that it does not delay other items.
    let overdue = until(flow.expires_at, app.now());
    let pause = (overdue / 2).clamp(app.settings.revocation_backoff_first, app.settings.revocation_backoff_longest);
    app.flows.reschedule_flow(&flow, Some(later(app.now(), pause))).await?;
    match end(app, &flow, grant).await {
        Err(error) if overdue >= RETRIED_FOR => {
            tracing::error!(flow = id.label(), %error, "an expired consent is given up: its grant was not revoked");
            give_up(app, &flow).await
        }
        result => result,
    }
}

async fn end(app: &App, flow: &Flow, grant: &StoredGrant) -> Result<RevocationStatus, Error> {
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let companies = match &flow.stage {
        Stage::Choosing { companies, is_complete: true, .. } => companies.clone(),
        // The grant reaches companies that are not known here.
        Stage::Choosing { .. } => Vec::new(),
        _ => match companies_of(app, flow, grant, platform.as_ref()).await? {
            Some(companies) => companies,
            None => return Ok(RevocationStatus::Pending),
        },
    };
    let unused = unused(flow, platform.as_ref(), &companies, app.now());
    end_flow(app, flow, EndOf { failure: FlowFailure::Expired, said: Reference::default(), unused }).await?;
    Ok(RevocationStatus::Completed)
}

/// Ends a flow without a revocation.
async fn give_up(app: &App, flow: &Flow) -> Result<RevocationStatus, Error> {
    let detail = [("reason", GIVEN_UP.to_owned()), ("platform", flow.platform.to_string())];
    let audit = app.audit(flow.subject(), Action::GrantNotRevoked, Actor::Vault, detail);
    let by_key = matches!(flow.authority, Authority::Key(_));
    let end = FlowEnd {
        flow: flow.id.clone(),
        seen: flow.stage.clone(),
        failure: FlowFailure::Expired,
        reference: None,
        audit: Some(if by_key { audit } else { audit.once_a_day() }),
        revocation: None,
        released: None,
        at: app.now(),
    };
    app.flows.fail(&end).await?;
    Ok(RevocationStatus::Completed)
}

/// Postpones a flow whose row cannot be read, because a later version may be able to read it. After thirty days the flow is ended. The
/// audit row belongs to the default partner, because the flow's partner is unknown.
async fn end_unreadable(app: &App, id: &FlowId, unread: &StoreError) -> Result<RevocationStatus, Error> {
    let now = app.now();
    tracing::error!(flow = id.label(), error = %unread, "an expired consent cannot be read");
    let due_at = later(now, app.settings.revocation_backoff_longest);
    let since = app.flows.postpone_unreadable(id, now, due_at).await?;
    if since.is_none_or(|since| until(since, now) < RETRIED_FOR) {
        return Ok(RevocationStatus::Pending);
    }
    let detail = [("reason", GIVEN_UP.to_owned()), ("flow", id.label())];
    let audit = app.audit(Subject::Partner(PartnerId::default_partner()), Action::GrantNotRevoked, Actor::Vault, detail);
    app.flows.end_unreadable(id, &audit).await?;
    Ok(RevocationStatus::Completed)
}

/// The companies of a grant, if the platform lists all of them; an empty list if it does not. `None` if it may answer later, or another
/// process is asking.
async fn companies_of(
    app: &App,
    flow: &Flow,
    grant: &StoredGrant,
    platform: &dyn Platform,
) -> Result<Option<Vec<ConfirmedCompany>>, Error> {
    if platform.grants_are_independent() {
        return Ok(Some(Vec::new()));
    }
    let now = app.now();
    let alone = Claim { id: app.new_id("attempt_"), at: now, until: later(now, app.settings.function_time) };
    if !app.flows.lease_flow(&flow.id, &alone).await? {
        return Ok(None);
    }
    let access_token = app.sealer.open(flow.id.as_str(), ACCESS_TOKEN, &grant.access_token).await?;
    let claim = match &flow.stage {
        Stage::Exchanged { claim, .. } => claim.as_deref(),
        _ => None,
    };
    let request = CompaniesRequest { access_token: &access_token, region: grant.region.as_deref(), claim };
    Ok(match platform.companies(request).await {
        Ok(found) if found.is_complete => Some(found.companies),
        Err(ConfirmFailure::Unavailable | ConfirmFailure::Unauthorized)
            if grant.is_good_for(app.settings.revocation_backoff_first, app.now()) =>
        {
            None
        }
        Ok(_) | Err(_) => Some(Vec::new()),
    })
}
