//! Confirms the company of a grant: asks the platform, and if it names several companies, lets a person choose. Only then is the
//! connection written.

use std::sync::Arc;

use crate::model::connection::{ConfirmedCompany, Connection, GrantState};
use crate::model::flow::Authority;
use crate::model::flow::BrowserIds;
use crate::model::flow::Flow;
use crate::model::flow::FlowId;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::time::later;
use crate::port::platform::{CompaniesRequest, ConfirmFailure, GrantCompanies, Platform};
use crate::port::store::consents::CompanyChoice;
use crate::port::store::revocations::Claim;
use crate::service::consent::authority::still_authorized;
use crate::service::consent::end::end_confirmed;
use crate::service::consent::end::end_unused;
use crate::service::consent::outcome::{
    Confirmed, ConsentOutcome, Ending, Stop, current_outcome, find_by_id, named, outcome_of, see,
};
use crate::service::consent::unused_grant::{company_of, ended_with};
use crate::service::consent::write::{WriteResult, write_consent};
use crate::service::vault::refresh::sealed_grant::ACCESS_TOKEN;
use crate::{App, Error};

/// Asks the platform for the companies of the new token, and writes the connection if only one is possible.
async fn confirm(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    let Stage::Exchanged { grant, claim } = &flow.stage else {
        return Err(Error::Internal("only an exchanged grant can be confirmed".to_owned()));
    };
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let access_token = app.sealer.open(flow.id.as_str(), ACCESS_TOKEN, &grant.access_token).await?;
    let request = CompaniesRequest { access_token: &access_token, region: grant.region.as_deref(), claim: claim.as_deref() };
    let found = match ask(app, platform.as_ref(), request).await {
        Ok(found) => found,
        // A platform may refuse a new token for longer than a request can wait. The grant is kept, and the request can be repeated.
        Err(ConfirmFailure::Unavailable | ConfirmFailure::Unauthorized) => return Ok(ConsentOutcome::Unconfirmed),
        Err(ConfirmFailure::Denied | ConfirmFailure::Forbidden) => {
            let failure = if claim.is_none() { FlowFailure::NoCompany } else { FlowFailure::CompanyNotConfirmed };
            return end_unused(app, flow, platform.as_ref(), &[], failure).await;
        }
    };
    let existing = named(app, flow).await?;
    let (listed, is_complete) = (found.companies.clone(), found.is_complete);
    match decide(flow, found, existing.as_ref()) {
        Decision::Connect(company) => connect(app, flow, company, &listed, platform.as_ref(), existing).await,
        Decision::Refuse(failure) => end_unused(app, flow, platform.as_ref(), &listed, failure).await,
        Decision::AskAgain => Ok(ConsentOutcome::Unconfirmed),
        Decision::PageRequest(companies) => {
            app.flows.offer_companies(&company_choice(flow, &companies, is_complete, platform.as_ref())).await?;
            Ok(ConsentOutcome::ChoiceNeeded)
        }
    }
}

/// The companies to choose from, as many as fit. While the customer chooses, no other grant of these companies is revoked.
fn company_choice(flow: &Flow, listed: &[ConfirmedCompany], is_complete: bool, platform: &dyn Platform) -> CompanyChoice {
    let companies = fitting(listed).to_vec();
    let is_complete = is_complete && companies.len() == listed.len();
    let held = companies.iter().filter(|_| !platform.grants_are_independent());
    let holds = held.map(|company| company_of(flow, company, platform)).collect();
    CompanyChoice { flow: flow.id.clone(), companies, is_complete, holds, expires_at: flow.expires_at }
}

/// Asks the platform for the companies. A platform may refuse a new token for some seconds, so the request is repeated for that time.
pub(crate) async fn ask(
    app: &App,
    platform: &dyn Platform,
    request: CompaniesRequest<'_>,
) -> Result<GrantCompanies, ConfirmFailure> {
    let until = app.clock.elapsed() + app.settings.new_token_lag;
    let mut pause = app.settings.poll * 10;
    loop {
        match platform.companies(request).await {
            Err(ConfirmFailure::Unauthorized | ConfirmFailure::Forbidden) if app.clock.elapsed() + pause < until => {
                app.clock.sleep(pause).await;
            }
            result => return result,
        }
        pause *= 2;
    }
}

/// The largest size of the companies in a flow, in bytes. An item of the table has at most 400 KB, including the sealed grant.
const OFFERED_MOST: usize = 200_000;
/// The size of a company in an item without its texts, in bytes.
const COMPANY_OVERHEAD: usize = 48;

/// The first companies that fit into the flow.
fn fitting(companies: &[ConfirmedCompany]) -> &[ConfirmedCompany] {
    let mut left = OFFERED_MOST;
    let fits = |it: &&ConfirmedCompany| {
        let takes = it.company_id.len() + it.name.len() + it.api_base_url.len() + COMPANY_OVERHEAD;
        left.checked_sub(takes).map(|less| left = less).is_some()
    };
    let fitting = companies.iter().take_while(fits).count();
    if fitting < companies.len() {
        tracing::warn!(companies = companies.len(), fitting, "some companies of a consent cannot be offered");
    }
    &companies[..fitting]
}

/// Connects the company that the customer chose. If it is not one of the offered companies, the flow does not change.
pub async fn choose_company(app: &Arc<App>, id: &FlowId, browser: &BrowserIds, company_id: &str) -> Ending {
    let flow = match find_by_id(app, id, browser).await {
        Ok(flow) => flow,
        Err(why) => return why.into(),
    };
    // The choice was made in another tab or by an earlier click, or there is none: the answer is the flow's present state.
    let Stage::Choosing { companies, .. } = &flow.stage else { return see(app, flow).await };
    let result = match companies.iter().find(|company| company.company_id == company_id) {
        Some(company) => connect_chosen(app, &flow, company.clone()).await,
        None => Err(Error::invalid("unknown_company", "The company is not one of those of this consent.")),
    };
    Ending::of(flow, result)
}

async fn connect_chosen(app: &App, flow: &Flow, company: ConfirmedCompany) -> Result<ConsentOutcome, Error> {
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let existing = named(app, flow).await?;
    let listed = match &flow.stage {
        Stage::Choosing { companies, .. } => companies.as_slice(),
        _ => &[],
    };
    connect(app, flow, company, listed, platform.as_ref(), existing).await
}

async fn connect(
    app: &App,
    flow: &Flow,
    company: ConfirmedCompany,
    listed: &[ConfirmedCompany],
    platform: &dyn Platform,
    existing: Option<Connection>,
) -> Result<ConsentOutcome, Error> {
    let (Stage::Exchanged { grant, .. } | Stage::Choosing { grant, .. }) = &flow.stage else {
        return Err(Error::Internal("only an exchanged grant can be connected".to_owned()));
    };
    let others = ended_with(listed, &company, platform);
    let confirmed = Confirmed { flow, grant, company, others, platform, exchange: None };
    let authorized = match still_authorized(app, flow).await {
        Ok(authorized) => authorized,
        Err(Stop::Failed(failure)) => return end_confirmed(app, &confirmed, failure).await,
        Err(Stop::Fault(error)) => return Err(error),
    };
    // The company names the connection, so it is known only now.
    let existing = match &flow.company_key {
        Some(_) => existing,
        None => app.connections.read(&flow.connection_to(&confirmed.company.company_id)).await?,
    };
    match write_consent(app, &confirmed, existing, &authorized).await {
        Ok(WriteResult::Connection(connection)) => Ok((*connection).into()),
        Ok(WriteResult::Waits) => Ok(ConsentOutcome::ExchangeNeeded),
        Ok(WriteResult::FlowIsOver) => current_outcome(app, &flow.id).await,
        Err(Stop::Failed(failure)) => end_confirmed(app, &confirmed, failure).await,
        Err(Stop::Fault(error)) => Err(error),
    }
}

/// What follows from the companies of a grant.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Connect(ConfirmedCompany),
    PageRequest(Vec<ConfirmedCompany>),
    Refuse(FlowFailure),
    /// The list is incomplete, so nothing can be decided.
    AskAgain,
}

/// Chooses the company. A renewal keeps its connection's company if the grant includes it, and an anonymous one accepts no other (O-16,
/// O-17). Otherwise the one company that the consent names is taken. If there are several, a person chooses (O-14).
fn decide(flow: &Flow, found: GrantCompanies, existing: Option<&Connection>) -> Decision {
    let GrantCompanies { mut companies, named_by_consent, is_complete } = found;
    let live = existing.filter(|existing| existing.grant_state != GrantState::Disconnected);
    let same_place = |it: &&Connection| it.company.platform == flow.platform && it.company.environment == flow.environment;
    let renewed = live.filter(same_place).map(|existing| &existing.company.company_id);
    if let Some(position) = companies.iter().position(|company| Some(&company.company_id) == renewed) {
        return Decision::Connect(companies.swap_remove(position));
    }
    let may_not_switch = live.is_some() && flow.authority == Authority::Anonymous;
    match companies.len() {
        0 if is_complete => Decision::Refuse(FlowFailure::NoCompany),
        0 => Decision::AskAgain,
        _ if may_not_switch && is_complete => Decision::Refuse(FlowFailure::OtherCompany),
        _ if may_not_switch => Decision::AskAgain,
        1 if named_by_consent && (is_complete || renewed.is_none()) => Decision::Connect(companies.swap_remove(0)),
        _ => Decision::PageRequest(companies),
    }
}

/// Confirms the company of a flow. Only one request at a time does this for a flow.
pub(crate) async fn confirm_alone(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    let now = app.now();
    // An invocation lasts at most this time.
    let claim = Claim { id: app.new_id("attempt_"), at: now, until: later(now, app.settings.function_time) };
    if !app.flows.lease_flow(&flow.id, &claim).await? {
        return Ok(ConsentOutcome::InProgress);
    }
    let result = confirm(app, flow).await;
    if matches!(&result, Ok(ConsentOutcome::Unconfirmed) | Err(Error::PlatformFailed { .. } | Error::TryLater { .. })) {
        let now = app.now();
        if let Err(error) = app.flows.lease_flow(&flow.id, &Claim { at: now, until: now, ..claim }).await {
            tracing::warn!(flow = flow.id.label(), %error, "the lease of a flow was not released, and will expire");
        }
    }
    result
}

/// Waits for the outcome of the callback that consumed the flow first, up to a bound. If the grant is then still unconfirmed, an
/// earlier confirmation failed, and it is tried again.
pub(crate) async fn wait_for_outcome(app: &App, id: &FlowId) -> Result<ConsentOutcome, Error> {
    let began = app.clock.elapsed();
    loop {
        let Some(flow) = app.flows.flow(id).await? else { return Ok(ConsentOutcome::Failed(FlowFailure::Gone)) };
        let time_is_up = app.clock.elapsed().saturating_sub(began) >= app.settings.wait;
        match &flow.stage {
            Stage::Exchanged { .. } if time_is_up => return confirm_alone(app, &flow).await,
            Stage::Exchanged { .. } => {}
            _ => match outcome_of(app, &flow).await {
                Ok(ConsentOutcome::InProgress) | Err(Error::TryLater { .. }) if !time_is_up => {}
                result => return result,
            },
        }
        app.clock.sleep(app.settings.poll * 2).await;
    }
}
