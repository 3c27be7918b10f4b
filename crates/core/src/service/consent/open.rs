//! Opens a flow that a server started: the browser gets its cookie and is redirected to the platform. The flow waits at an address that
//! is valid for ten minutes and for the first browser that opens it (O-6).

use std::sync::Arc;

use crate::model::flow::{BrowserIds, Flow, FlowId, Stage};
use crate::model::partner::Partner;
use crate::model::secret::Secret;
use crate::port::store::Written;
use crate::service::consent::in_browser::{NextStep, Started, VERIFIER, id_for, in_browser, platforms_page, state};
use crate::{App, Error};

/// A flow that waits to be opened, or that this browser has opened, and its partner.
pub struct OfferedConsent {
    /// The flow.
    pub flow: Flow,
    /// The partner.
    pub partner: Partner,
}

/// The flow that waits at that address, or that this browser has opened there. Reading it changes nothing.
///
/// # Errors
/// `NotFound` if the address is unknown, was opened in another browser, or is older than ten minutes. All three get the same answer.
pub async fn offered(app: &App, token: &Secret, browser: &BrowserIds) -> Result<OfferedConsent, Error> {
    let offer = app.flows.flow(&FlowId::of(token)).await?.ok_or(NO_OFFER)?;
    let flow = if waits(app, &offer) { offer } else { opened_by(app, token, &offer, browser).await?.flow };
    let partner = app.partners.partner(&flow.partner).await?.ok_or(NO_OFFER)?;
    Ok(OfferedConsent { flow, partner })
}

/// Opens the flow that waits at that address. Of any number of browsers one succeeds. That browser may open the address again, and
/// continues with the same flow.
///
/// # Errors
/// As [`offered`]; `Misconfigured` if the platform's credentials are missing.
pub async fn open_consent(app: &Arc<App>, token: &Secret, browser: &BrowserIds) -> Result<Started, Error> {
    let offer = app.flows.flow(&FlowId::of(token)).await?.ok_or(NO_OFFER)?;
    if waits(app, &offer) {
        let id = id_for(app, browser);
        let random = random_for(token, &id);
        let (flow, started) = in_browser(app, offer.clone(), id, random).await?;
        if app.flows.open(&offer.id, &flow, app.now()).await? == Written::Stored {
            return Ok(started);
        }
    }
    again(app, opened_by(app, token, &offer, browser).await?).await
}

const NO_OFFER: Error = Error::NotFound(
    "This address is unknown, was opened in another browser, or is older than ten minutes. Start the consent again.",
);

fn waits(app: &App, offer: &Flow) -> bool {
    offer.stage == Stage::Offered && offer.expires_at > app.now()
}

/// A flow that a browser has opened, with its state, which the table does not have.
struct Opened {
    flow: Flow,
    state: Secret,
    browser: Secret,
}

/// The flow that this browser has opened at that address, until it expires.
async fn opened_by(app: &App, token: &Secret, offer: &Flow, browser: &BrowserIds) -> Result<Opened, Error> {
    for id in browser.iter() {
        let state = state(offer.company_key.as_ref(), &random_for(token, id));
        let found = app.flows.flow(&FlowId::of(&state)).await?;
        if let Some(flow) = found.filter(|flow| flow.expires_at > app.now()) {
            return Ok(Opened { flow, state, browser: id.clone() });
        }
    }
    Err(NO_OFFER)
}

/// Where the browser goes if it opens the address again: to the platform while the flow accepts a code, else to the result page.
async fn again(app: &App, opened: Opened) -> Result<Started, Error> {
    let Opened { flow, state, browser } = opened;
    if !flow.awaits_consent() {
        return Ok(Started { next_step: NextStep::ResultPage(flow.id), browser: Some(browser) });
    }
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let verifier = match &flow.verifier {
        Some(sealed) => Some(app.sealer.open(flow.id.as_str(), VERIFIER, sealed).await?),
        None => None,
    };
    let page = platforms_page(platform.as_ref(), &flow.redirect_uri, &state, verifier.as_ref());
    Ok(Started { next_step: NextStep::PlatformsPage(page), browser: Some(browser) })
}

/// The random part of the state of an offered flow. It is computed from the token and the browser's id, so that only the browser that
/// opened the flow can compute it again.
fn random_for(token: &Secret, browser: &Secret) -> Secret {
    Secret::new(Secret::new(format!("{} {}", token.expose(), browser.expose())).s256())
}
