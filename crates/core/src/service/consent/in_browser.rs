//! Binds a flow to the browser that finishes it: the browser gets its cookie and is sent to the platform.

use crate::model::flow::{BrowserIds, Flow, FlowId, Stage};
use crate::model::name::CompanyKey;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::platform::{Authorize, Platform};
use crate::{App, Error};

/// A flow that has started.
pub struct Started {
    /// Where to send the browser.
    pub next_step: NextStep,
    /// The browser id to store in a cookie; `None` if a server started the flow.
    pub browser: Option<Secret>,
}

/// The next step of a consent.
pub enum NextStep {
    /// The platform's consent page, at this address.
    PlatformsPage(String),
    /// A server started the flow. The browser that has this token opens it ([`open_consent`](super::open::open_consent)).
    Offer(Secret),
    /// The flow has ended: the page with its result.
    ResultPage(FlowId),
}

/// The purpose a PKCE verifier is sealed for.
pub(crate) const VERIFIER: &str = "verifier";

/// Binds the flow to a browser, with a state made from `random`.
pub(crate) async fn in_browser(app: &App, flow: Flow, browser: Secret, random: Secret) -> Result<(Flow, Started), Error> {
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let state = state(flow.company_key.as_ref(), &random);
    let id = FlowId::of(&state);
    let verifier = platform.uses_pkce().then(|| app.new_secret());
    let page = platforms_page(platform.as_ref(), &flow.redirect_uri, &state, verifier.as_ref());
    let verifier = match &verifier {
        Some(verifier) => Some(app.sealer.seal(id.as_str(), VERIFIER, verifier).await?),
        None => None,
    };
    let flow = Flow {
        id,
        verifier,
        browser: Some(browser.fingerprint()),
        expires_at: later(app.now(), app.settings.flow_life),
        stage: Stage::Pending,
        ..flow
    };
    Ok((flow, Started { next_step: NextStep::PlatformsPage(page), browser: Some(browser) }))
}

/// A state that begins with the connection's name, if it has one.
pub(crate) fn state(company_key: Option<&CompanyKey>, random: &Secret) -> Secret {
    company_key.map_or_else(|| random.clone(), |key| Secret::new(format!("{key}:{}", random.expose())))
}

/// The browser id that a flow is bound to: the one in the cookies, or a new one.
pub(crate) fn id_for(app: &App, browser: &BrowserIds) -> Secret {
    browser.first().cloned().unwrap_or_else(|| app.new_secret())
}

pub(crate) fn platforms_page(platform: &dyn Platform, redirect_uri: &str, state: &Secret, verifier: Option<&Secret>) -> String {
    let challenge = verifier.map(Secret::s256);
    platform.authorize_url(Authorize { redirect_uri, state, challenge: challenge.as_deref() })
}
