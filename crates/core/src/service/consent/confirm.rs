//! Which company a grant is for: what the platform itself says, and where that is several, whom somebody chooses. Only then
//! is the connection written.

use std::sync::Arc;

use crate::model::connection::{ConfirmedCompany, Connection, Standing};
use crate::model::flow::Authority;
use crate::model::flow::BrowserIds;
use crate::model::flow::Flow;
use crate::model::flow::FlowId;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::time::later;
use crate::port::platform::{ConfirmFailure, Inquiry, Platform, Reach};
use crate::port::store::consents::Offer;
use crate::port::store::revocations::Claim;
use crate::service::consent::authority::still_authorized;
use crate::service::consent::end::end_confirmed;
use crate::service::consent::end::end_unused;
use crate::service::consent::outcome::{
    Confirmed, ConsentOutcome, Ending, Stop, find_by_id, how_it_stands, named, outcome_of, see,
};
use crate::service::consent::write::{Wrote, write_consent};
use crate::service::unused_grant::{company_of, ended_with};
use crate::service::vault::refresh::ACCESS_TOKEN;
use crate::{App, Error};

/// Has the platform name the companies with the token it just gave, and writes the connection where that settles which.
async fn confirm(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    let Stage::Exchanged { grant, claim } = &flow.stage else {
        return Err(Error::Internal("only an exchanged grant can be confirmed".to_owned()));
    };
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let access_token = app.sealer.open(flow.id.as_str(), ACCESS_TOKEN, &grant.access_token).await?;
    let inquiry = Inquiry { access_token: &access_token, region: grant.region.as_deref(), claim: claim.as_deref() };
    let reach = match ask(app, platform.as_ref(), inquiry).await {
        Ok(reach) => reach,
        // A new token may be refused for longer than anybody waits here: its grant is kept, and it can be tried again.
        Err(ConfirmFailure::Unavailable | ConfirmFailure::Unauthorized) => return Ok(ConsentOutcome::Unconfirmed),
        Err(ConfirmFailure::Denied | ConfirmFailure::Forbidden) => {
            let failure = if claim.is_none() { FlowFailure::NoCompany } else { FlowFailure::CompanyNotConfirmed };
            return end_unused(app, flow, platform.as_ref(), &[], failure).await;
        }
    };
    let existing = named(app, flow).await?;
    let (reached, is_complete) = (reach.companies.clone(), reach.is_complete);
    match settle(flow, reach, existing.as_ref()) {
        Verdict::Connect(company) => connect(app, flow, company, &reached, platform.as_ref(), existing).await,
        Verdict::Refuse(failure) => end_unused(app, flow, platform.as_ref(), &reached, failure).await,
        Verdict::AskAgain => Ok(ConsentOutcome::Unconfirmed),
        Verdict::Ask(companies) => {
            app.flows.offer(&offer(flow, &companies, is_complete, platform.as_ref())).await?;
            Ok(ConsentOutcome::ChoiceNeeded)
        }
    }
}

/// As many of the companies as can be offered. Each holds back the revocations of its other grants while somebody chooses.
fn offer(flow: &Flow, reached: &[ConfirmedCompany], is_complete: bool, platform: &dyn Platform) -> Offer {
    let companies = fitting(reached).to_vec();
    let is_complete = is_complete && companies.len() == reached.len();
    let held = companies.iter().filter(|_| !platform.grants_stand_alone());
    let holds = held.map(|company| company_of(flow, company, platform)).collect();
    Offer { flow: flow.id.clone(), companies, is_complete, holds, expires_at: flow.expires_at }
}

/// A new token is not valid everywhere at once, and a platform may refuse in passing: it is asked again for a few seconds.
async fn ask(app: &App, platform: &dyn Platform, inquiry: Inquiry<'_>) -> Result<Reach, ConfirmFailure> {
    let until = app.clock.elapsed() + app.settings.new_token_lag;
    let mut pause = app.settings.poll * 10;
    loop {
        match platform.companies(inquiry).await {
            Err(ConfirmFailure::Unauthorized | ConfirmFailure::Forbidden) if app.clock.elapsed() + pause < until => {
                app.clock.sleep(pause).await;
            }
            result => return result,
        }
        pause *= 2;
    }
}

/// How many bytes of companies are kept in a flow: a row of the table takes 400 KB, the sealed grant among them.
const OFFERED_MOST: usize = 200_000;
/// What a company takes in a row beside its texts, in bytes.
const COMPANY_OVERHEAD: usize = 48;

/// As many of the first companies as fit into the flow.
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

/// Connects the company that somebody chose among those the platform named. One that is not among them spends nothing.
pub async fn choose_company(app: &Arc<App>, id: &FlowId, browser: &BrowserIds, company_id: &str) -> Ending {
    let flow = match find_by_id(app, id, browser).await {
        Ok(flow) => flow,
        Err(why) => return why.into(),
    };
    // Chosen already, in another tab or by a second click, or nothing to choose: how it stands is the answer.
    let Stage::Choosing { companies, .. } = &flow.stage else { return see(app, flow).await };
    let result = match companies.iter().find(|company| company.company_id == company_id) {
        Some(company) => connect_chosen(app, &flow, company.clone()).await,
        None => Err(Error::invalid("unknown_company", "This is not one of the companies that the consent reaches.")),
    };
    Ending::of(flow, result)
}

async fn connect_chosen(app: &App, flow: &Flow, company: ConfirmedCompany) -> Result<ConsentOutcome, Error> {
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let existing = named(app, flow).await?;
    let reached = match &flow.stage {
        Stage::Choosing { companies, .. } => companies.as_slice(),
        _ => &[],
    };
    connect(app, flow, company, reached, platform.as_ref(), existing).await
}

async fn connect(
    app: &App,
    flow: &Flow,
    company: ConfirmedCompany,
    reached: &[ConfirmedCompany],
    platform: &dyn Platform,
    existing: Option<Connection>,
) -> Result<ConsentOutcome, Error> {
    let (Stage::Exchanged { grant, .. } | Stage::Choosing { grant, .. }) = &flow.stage else {
        return Err(Error::Internal("only an exchanged grant can be connected".to_owned()));
    };
    let others = ended_with(reached, &company, platform);
    let confirmed = Confirmed { flow, grant, company, others, platform, exchange: None };
    let authorized = match still_authorized(app, flow).await {
        Ok(authorized) => authorized,
        Err(Stop::Failed(failure)) => return end_confirmed(app, &confirmed, failure).await,
        Err(Stop::Fault(error)) => return Err(error),
    };
    // One that nobody named shows only now.
    let existing = match &flow.company_key {
        Some(_) => existing,
        None => app.connections.read(&flow.connection_to(&confirmed.company.company_id)).await?,
    };
    match write_consent(app, &confirmed, existing, &authorized).await {
        Ok(Wrote::Connection(connection)) => Ok((*connection).into()),
        Ok(Wrote::Waits) => Ok(ConsentOutcome::ExchangeNeeded),
        Ok(Wrote::FlowIsOver) => how_it_stands(app, &flow.id).await,
        Err(Stop::Failed(failure)) => end_confirmed(app, &confirmed, failure).await,
        Err(Stop::Fault(error)) => Err(error),
    }
}

/// What the named companies mean for a flow.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Connect(ConfirmedCompany),
    Ask(Vec<ConfirmedCompany>),
    Refuse(FlowFailure),
    /// The list was not read whole, so that it decides nothing.
    AskAgain,
}

/// A renewal takes its connection's company if the grant reaches it; an anonymous one takes no other (O-16, O-17). Otherwise the one
/// company that the consent names is taken, and among several a person chooses (O-14).
fn settle(flow: &Flow, reach: Reach, existing: Option<&Connection>) -> Verdict {
    let Reach { mut companies, named_by_consent, is_complete } = reach;
    let live = existing.filter(|existing| existing.standing != Standing::Disconnected);
    let same_place = |it: &&Connection| it.company.platform == flow.platform && it.company.environment == flow.environment;
    let renewed = live.filter(same_place).map(|existing| &existing.company.company_id);
    if let Some(position) = companies.iter().position(|company| Some(&company.company_id) == renewed) {
        return Verdict::Connect(companies.swap_remove(position));
    }
    let may_not_switch = live.is_some() && flow.authority == Authority::Anonymous;
    match companies.len() {
        0 if is_complete => Verdict::Refuse(FlowFailure::NoCompany),
        0 => Verdict::AskAgain,
        _ if may_not_switch && is_complete => Verdict::Refuse(FlowFailure::OtherCompany),
        _ if may_not_switch => Verdict::AskAgain,
        1 if named_by_consent && (is_complete || renewed.is_none()) => Verdict::Connect(companies.swap_remove(0)),
        _ => Verdict::Ask(companies),
    }
}

/// Asks the platform for the company. Only one request at a time does this for a flow.
pub(crate) async fn confirm_alone(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    let now = app.now();
    // However often it asks and writes: no process is at one event for longer.
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

/// Waits for the callback that was quicker, up to a bound. A grant that still waits for its company then was left by a
/// confirmation that failed in passing: it is tried again.
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
