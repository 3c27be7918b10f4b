//! Opens a flow in a browser: the browser gets its cookie and goes on to the platform. A flow that a server began waits for this
//! at an address of ours, which is good for ten minutes and for the one browser that opens it (O-6).

use std::sync::Arc;

use crate::model::flow::{BrowserIds, Flow, FlowId, Stage};
use crate::model::partner::Partner;
use crate::model::secret::Secret;
use crate::port::store::Written;
use crate::service::consent::in_browser::{Onward, Started, VERIFIER, id_for, in_browser, platforms_page, state};
use crate::{App, Error};

/// A flow that waits to be opened, or that this browser has opened, and its partner.
pub struct Offer {
    /// The flow.
    pub flow: Flow,
    /// Whose it is.
    pub partner: Partner,
}

/// The flow that waits at that address, or the one that this browser has opened there; looking at it spends nothing.
///
/// # Errors
/// `NotFound` where the address is unknown, was opened in another browser, or is older than ten minutes: the three are not told
/// apart.
pub async fn offered(app: &App, token: &Secret, browser: &BrowserIds) -> Result<Offer, Error> {
    let offer = app.flows.flow(&FlowId::of(token)).await?.ok_or(NO_OFFER)?;
    let flow = if waits(app, &offer) { offer } else { opened_by(app, token, &offer, browser).await?.flow };
    let partner = app.partners.partner(&flow.partner).await?.ok_or(NO_OFFER)?;
    Ok(Offer { flow, partner })
}

/// Opens the flow that waits at that address, for the browser that asks. Of any number of browsers one succeeds. That one may
/// come again, by a second click or by going back: it is sent on with the same flow.
///
/// # Errors
/// As [`offered`]; `Misconfigured` where the platform's credentials are missing.
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

/// A flow that a browser has opened, and what of it is not in the table.
struct Opened {
    flow: Flow,
    state: Secret,
    browser: Secret,
}

/// The flow that this browser has opened at that address, while it lasts.
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

/// Sends a browser on once more: to the platform while that may still bring a code, else to the page that says how it went.
async fn again(app: &App, opened: Opened) -> Result<Started, Error> {
    let Opened { flow, state, browser } = opened;
    if !flow.awaits_consent() {
        return Ok(Started { onward: Onward::ResultPage(flow.id), browser: Some(browser) });
    }
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let verifier = match &flow.verifier {
        Some(sealed) => Some(app.sealer.open(flow.id.as_str(), VERIFIER, sealed).await?),
        None => None,
    };
    let page = platforms_page(platform.as_ref(), &flow.redirect_uri, &state, verifier.as_ref());
    Ok(Started { onward: Onward::PlatformsPage(page), browser: Some(browser) })
}

/// What is random in the state of an offered flow. Only the browser that opened it can name it again: whoever knows the token
/// does not know the browser's id.
fn random_for(token: &Secret, browser: &Secret) -> Secret {
    Secret::new(Secret::new(format!("{} {}", token.expose(), browser.expose())).s256())
}
