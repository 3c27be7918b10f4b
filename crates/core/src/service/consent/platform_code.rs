//! The platform's authorization code: sent once, and its grant stored in the flow.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::flow::Flow;
use crate::model::flow::KeptCode;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::grant::Grant;
use crate::model::kept_answer::AnswerOf;
use crate::model::reference::Reference;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::platform::{Exchange, NotExchanged, Platform, TokenFailure};
use crate::port::store::Written;
use crate::port::store::consents::KeptGrant;
use crate::service::consent::confirm::{confirm_alone, wait_for_outcome};
use crate::service::consent::end::end_saying;
use crate::service::consent::end::stopped;
use crate::service::consent::in_browser::VERIFIER;
use crate::service::consent::outcome::{ConsentOutcome, Stop, current_outcome};
use crate::service::consent::unused_grant::held_until_confirmed;
use crate::service::vault::keep_answer::keep_answer;
use crate::service::vault::refresh::sealed_grant::seal_grant;
use crate::service::vault::unstored::{UnstoredGrant, store_or_keep};
use crate::{App, Error};

/// A code, and the company and data centre in the callback.
pub(crate) struct PlatformCode {
    pub(crate) code: Secret,
    pub(crate) claim: Option<String>,
    pub(crate) region: Option<String>,
    /// When the code expires.
    pub(crate) until: Timestamp,
}

pub(crate) async fn exchange(
    app: &App,
    flow: &Flow,
    presented: PlatformCode,
    platform: &dyn Platform,
    ends_at: Duration,
) -> Result<ConsentOutcome, Error> {
    let verifier = match &flow.verifier {
        Some(sealed) => match app.sealer.open(flow.id.as_str(), VERIFIER, sealed).await {
            Ok(verifier) => Some(verifier),
            Err(error) => return stopped(app, flow, Stop::Fault(error)).await,
        },
        None => None,
    };
    // A code may be sent once. If there is too little time to receive and store the answer, it is kept for another try.
    let needed = app.settings.platform_timeout + app.settings.needed_from_answer();
    if app.clock.elapsed() + needed > ends_at {
        let not_sent = NotExchanged { failure: TokenFailure::NotSent, said: Reference::default() };
        return not_exchanged(app, flow, presented, not_sent, ends_at).await;
    }
    let PlatformCode { code, region, .. } = &presented;
    let (redirect_uri, verifier, region) = (flow.redirect_uri.as_str(), verifier.as_ref(), region.as_deref());
    let listen = ends_at.saturating_sub(app.clock.elapsed() + app.settings.needed_from_answer());
    let exchange = Exchange { code, redirect_uri, verifier, region, sent_at: app.now(), listen };
    match platform.exchange(exchange).await {
        // From here on an error does not end the flow: the grant may be stored although the answer was lost.
        Ok(grant) => {
            let unread = grant.unread.clone();
            let Some(flow) = keep(app, flow, grant, presented.claim, platform, ends_at).await? else {
                return current_outcome(app, &flow.id).await;
            };
            if let Some(unread) = unread {
                keep_answer(app, AnswerOf::Flow(flow.id.clone()), 0, flow.platform, &unread, ends_at).await;
            }
            let has_time = app.clock.elapsed() + app.settings.platform_timeout + app.settings.store_timeout <= ends_at;
            if has_time { confirm_alone(app, &flow).await } else { Ok(ConsentOutcome::Unconfirmed) }
        }
        Err(failed) => not_exchanged(app, flow, presented, failed, ends_at).await,
    }
}

/// Keeps a code that the platform did not read, until it expires. Any other failure is final, because a code may be used once.
async fn not_exchanged(
    app: &App,
    flow: &Flow,
    presented: PlatformCode,
    failed: NotExchanged,
    ends_at: Duration,
) -> Result<ConsentOutcome, Error> {
    let NotExchanged { failure, said } = failed;
    tracing::warn!(flow = flow.id.label(), ?failure, %said, "a code was not exchanged");
    if let TokenFailure::Unreadable { answer, .. } = &failure {
        keep_answer(app, AnswerOf::Flow(flow.id.clone()), 0, flow.platform, answer, ends_at).await;
    }
    let is_unread = matches!(failure, TokenFailure::NotSent | TokenFailure::Throttled { .. } | TokenFailure::Overloaded { .. });
    let PlatformCode { code, claim, region, until } = presented;
    if !is_unread || until <= app.now() {
        return end_saying(app, flow, exchange_failure(&failure), &said).await;
    }
    let code = app.sealer.seal(flow.id.as_str(), CODE, &code).await?;
    app.flows.keep_code(&flow.id, &KeptCode { code, claim, region, until }).await?;
    Ok(ConsentOutcome::Postponed)
}

/// Sends a kept code again. Of any number of tries at once one sends it; the others return its outcome.
pub(crate) async fn exchange_again(app: Arc<App>, flow: Flow, ends_at: Duration) -> Result<ConsentOutcome, Error> {
    let Stage::Postponed(kept) = &flow.stage else {
        return Err(Error::Internal("only a kept code can be presented again".to_owned()));
    };
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let code = app.sealer.open(flow.id.as_str(), CODE, &kept.code).await?;
    if !app.flows.take_code(&flow.id, &app.new_id("attempt_"), app.now()).await? {
        return wait_for_outcome(&app, &flow.id).await;
    }
    let KeptCode { claim, region, until, .. } = kept.clone();
    let flow = Flow { stage: Stage::Consumed { at: app.now() }, ..flow };
    exchange(&app, &flow, PlatformCode { code, claim, region, until }, platform.as_ref(), ends_at).await
}

/// The purpose that a kept code is sealed for.
const CODE: &str = "code";

/// Stores the sealed grant in the flow. The code is spent, so only this process has the grant. `None` if the flow has ended.
async fn keep(
    app: &App,
    flow: &Flow,
    grant: Grant,
    claim: Option<String>,
    platform: &dyn Platform,
    ends_at: Duration,
) -> Result<Option<Flow>, Error> {
    let grant = seal_grant(app, flow.id.as_str(), grant, platform.scopes(), None).await?;
    let expires_at = later(app.now(), app.settings.flow_life);
    let kept = KeptGrant {
        id: app.new_id("grant_"),
        flow: flow.id.clone(),
        grant: grant.clone(),
        claim: claim.clone(),
        holds: held_until_confirmed(flow, claim.as_deref(), platform),
        expires_at,
    };
    Ok(match store_or_keep(app, UnstoredGrant::Exchanged(Box::new(kept)), ends_at).await? {
        Written::Stored => Some(Flow { stage: Stage::Exchanged { grant, claim }, expires_at, ..flow.clone() }),
        Written::Overtaken => None,
    })
}

fn exchange_failure(failure: &TokenFailure) -> FlowFailure {
    match failure {
        TokenFailure::Refused => FlowFailure::ExchangeRefused,
        TokenFailure::ClientRefused => FlowFailure::ClientRefused,
        TokenFailure::Throttled { .. }
        | TokenFailure::Overloaded { .. }
        | TokenFailure::Broken { .. }
        | TokenFailure::Unreadable { .. }
        | TokenFailure::NoAnswer
        | TokenFailure::NotSent => FlowFailure::ExchangeFailed,
    }
}
