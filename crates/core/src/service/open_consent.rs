//! Opens a flow in a browser: the browser gets its cookie and goes on to the platform. A flow that a server began waits for this
//! at an address of ours, which is good once and for ten minutes (O-6).

use std::sync::Arc;

use crate::model::flow::{BrowserIds, Flow, FlowId, Stage};
use crate::model::name::CompanyKey;
use crate::model::partner::Partner;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::platform::Authorize;
use crate::port::store::Written;
use crate::{App, Error};

use super::check_ready::no_base_url;
use super::start_consent::{Started, VERIFIER};

/// The path of the address that a server's start is answered with, before its token.
pub const PATH: &str = "/oauth/continue/";

/// A flow that waits to be opened, and its partner.
pub struct Offer {
    /// The flow.
    pub flow: Flow,
    /// Whose it is.
    pub partner: Partner,
}

/// The flow that waits at that address; looking at it spends nothing.
///
/// # Errors
/// `NotFound` where the address is unknown, was opened already, or is older than ten minutes: the three are not told apart.
pub async fn offered(app: &App, token: &Secret) -> Result<Offer, Error> {
    let found = app.flows.flow(&FlowId::of(token)).await?;
    let flow = found.filter(|flow| flow.stage == Stage::Offered && flow.expires_at > app.now()).ok_or(NO_OFFER)?;
    let partner = app.directory.partner(&flow.partner).await?.ok_or(NO_OFFER)?;
    Ok(Offer { flow, partner })
}

/// Opens the flow that waits at that address, for the browser that asks. Of any number of attempts one succeeds.
///
/// # Errors
/// As [`offered`]; `Misconfigured` where the platform's credentials are missing.
pub async fn open_consent(app: &Arc<App>, token: &Secret, browser: &BrowserIds) -> Result<Started, Error> {
    let Offer { flow: offer, .. } = offered(app, token).await?;
    let (flow, started) = in_browser(app, offer.clone(), browser).await?;
    match app.flows.open(&offer.id, &flow, app.now()).await? {
        Written::Stored => Ok(started),
        Written::Overtaken => Err(NO_OFFER),
    }
}

const NO_OFFER: Error =
    Error::NotFound("This address is unknown, was opened already, or is older than ten minutes. Start the consent again.");

/// The address that offers a flow to the browser that opens it.
pub(super) fn address(app: &App, token: &Secret) -> Result<String, Error> {
    let base = app.public_base_url.as_ref().ok_or_else(no_base_url)?;
    Ok(format!("{base}{PATH}{}", token.expose()))
}

/// The flow as that browser begins it, with a state of its own: whoever knew the address that offered it does not know the state.
pub(super) async fn in_browser(app: &App, flow: Flow, browser: &BrowserIds) -> Result<(Flow, Started), Error> {
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let state = state(app, flow.company_key.as_ref());
    let id = FlowId::of(&state);
    let verifier = platform.uses_pkce().then(|| app.new_secret());
    let challenge = verifier.as_ref().map(Secret::s256);
    let authorize = Authorize { redirect_uri: &flow.redirect_uri, state: &state, challenge: challenge.as_deref() };
    let location = platform.authorize_url(authorize);
    let verifier = match &verifier {
        Some(verifier) => Some(app.sealer.seal(id.as_str(), VERIFIER, verifier).await?),
        None => None,
    };
    let browser = browser.first().cloned().unwrap_or_else(|| app.new_secret());
    let flow = Flow {
        id,
        verifier,
        browser: Some(browser.fingerprint()),
        expires_at: later(app.now(), app.settings.flow_life),
        stage: Stage::Pending,
        ..flow
    };
    Ok((flow, Started { location, browser: Some(browser) }))
}

/// A state that begins with the connection's name, where it has one (seed 001).
fn state(app: &App, company_key: Option<&CompanyKey>) -> Secret {
    let random = app.new_secret();
    company_key.map_or_else(|| random.clone(), |key| Secret::new(format!("{key}:{}", random.expose())))
}
