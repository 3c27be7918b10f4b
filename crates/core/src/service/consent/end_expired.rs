//! Ends a flow that expired with a grant: nobody chose a company, the browser went away, or the platform could not be asked.

use std::time::Duration;

use crate::model::connection::ConfirmedCompany;
use crate::model::flow::Flow;
use crate::model::flow::FlowId;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::grant::StoredGrant;
use crate::model::reference::Reference;
use crate::model::time::later;
use crate::port::platform::{ConfirmFailure, Inquiry, Platform};
use crate::port::store::revocations::Claim;
use crate::{App, Error};

use crate::service::consent::end::EndOf;
use crate::service::consent::end::end_flow;
use crate::service::revocation::revoke::RevocationStatus;
use crate::service::unused_grant::unused;
use crate::service::vault::refresh::ACCESS_TOKEN;

/// Ends it, if there is time to ask the platform before the clock has counted to `ends_at`. Its grant is then a revocation, where
/// that ends nobody else's.
///
/// # Errors
/// What the table says: then it is due again.
pub(crate) async fn end_expired(app: &App, id: &FlowId, ends_at: Duration) -> Result<RevocationStatus, Error> {
    if app.clock.elapsed() + app.settings.longest_revocation() > ends_at {
        return Ok(RevocationStatus::Pending);
    }
    let Some(flow) = app.flows.flow(id).await? else { return Ok(RevocationStatus::Completed) };
    let (Stage::Exchanged { grant, .. } | Stage::Choosing { grant, .. }) = &flow.stage else {
        // Ended by a version that knows of no such due time.
        app.flows.reschedule_flow(&flow, None).await?;
        return Ok(RevocationStatus::Completed);
    };
    if flow.expires_at > app.now() {
        return Ok(RevocationStatus::Pending);
    }
    // Whatever fails from here on is tried again later, and holds up nothing that is due.
    app.flows.reschedule_flow(&flow, Some(later(app.now(), app.settings.revocation_backoff_first))).await?;
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let companies = match &flow.stage {
        Stage::Choosing { companies, is_complete: true, .. } => companies.clone(),
        // It reaches others, which nobody here knows.
        Stage::Choosing { .. } => Vec::new(),
        _ => match reached(app, &flow, grant, platform.as_ref()).await? {
            Some(companies) => companies,
            None => return Ok(RevocationStatus::Pending),
        },
    };
    let unused = unused(&flow, platform.as_ref(), &companies, app.now());
    end_flow(app, &flow, EndOf { failure: FlowFailure::Expired, said: Reference::default(), unused }).await?;
    Ok(RevocationStatus::Completed)
}

/// Which companies a grant reaches, as far as the platform says all of them; none are known where it does not. `None` where it
/// may still say, or somebody else is asking.
async fn reached(
    app: &App,
    flow: &Flow,
    grant: &StoredGrant,
    platform: &dyn Platform,
) -> Result<Option<Vec<ConfirmedCompany>>, Error> {
    if platform.grants_stand_alone() {
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
    let inquiry = Inquiry { access_token: &access_token, region: grant.region.as_deref(), claim };
    Ok(match platform.companies(inquiry).await {
        Ok(reach) if reach.is_complete => Some(reach.companies),
        Err(ConfirmFailure::Unavailable | ConfirmFailure::Unauthorized)
            if grant.is_good_for(app.settings.revocation_backoff_first, app.now()) =>
        {
            None
        }
        Ok(_) | Err(_) => Some(Vec::new()),
    })
}
