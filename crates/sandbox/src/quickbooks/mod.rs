//! Intuit: the consent page, the token and revocation endpoints, and `CompanyInfo` on both API hosts.
//! The rules and their sources are those of Intuit's OAuth pages and SDKs; each is named where it is applied.
//!
//! | Path under `/quickbooks` | At Intuit |
//! |---|---|
//! | `/connect/oauth2` | `https://appcenter.intuit.com/connect/oauth2` |
//! | `/oauth2/v1/tokens/bearer` | `https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer` |
//! | `/v2/oauth2/tokens/revoke` | `https://developer.api.intuit.com/v2/oauth2/tokens/revoke` |
//! | `/api` | `https://quickbooks.api.intuit.com` |
//! | `/sandbox-api` | `https://sandbox-quickbooks.api.intuit.com` |

mod api;
mod authorize;
mod code;
mod company;
mod control;
mod endpoints;
mod environment;
mod gateway;
mod grant;
mod in_flight;
mod ledger;
mod oauth;
mod page;
mod redirect_uri;
mod revoke;
mod settings;
mod temper;
mod token;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::control::StandIn;
use crate::desk::Desk;
use crate::kept_file::{KeptFile, KeptFileError};
use crate::random;

pub use company::Company;
pub use endpoints::Endpoints;
pub use environment::Environment;
pub use redirect_uri::{InvalidRedirectUri, RedirectUris};
pub use settings::Settings;
pub use temper::Temper;

use in_flight::InFlight;
use ledger::Ledger;

/// The name of our part of the file.
const PART: &str = "quickbooks";

/// What the journal counts.
const ENDPOINTS: [&str; 6] = [
    authorize::ENDPOINT,
    token::ENDPOINT_CODE,
    token::ENDPOINT_REFRESH,
    token::ENDPOINT_INVALID,
    revoke::ENDPOINT,
    api::ENDPOINT,
];

/// The stand-in for Intuit.
pub(crate) struct QuickBooks {
    desk: Desk,
    ledger: Mutex<Ledger>,
    in_flight: Arc<InFlight>,
    redirect_uris_at_start: RedirectUris,
    file: Option<Arc<KeptFile>>,
}

/// Our part of the file.
#[derive(Serialize, Deserialize)]
struct Kept<L> {
    clock_ahead: SignedDuration,
    ledger: L,
}

impl QuickBooks {
    pub(crate) fn new(redirect_uris: RedirectUris) -> Self {
        Self {
            desk: Desk::new(&ENDPOINTS, gateway::failure),
            ledger: Mutex::new(Ledger::new(redirect_uris.clone())),
            in_flight: Arc::default(),
            redirect_uris_at_start: redirect_uris,
            file: None,
        }
    }

    /// Goes on from what the file holds, and keeps what changes in it.
    pub(crate) fn kept_in(file: Arc<KeptFile>, redirect_uris: RedirectUris) -> Result<Self, KeptFileError> {
        let mut quickbooks = Self::new(redirect_uris.clone());
        if let Some(Kept { clock_ahead, mut ledger }) = file.part::<Kept<Ledger>>(PART)? {
            quickbooks.desk.clock.put_ahead(clock_ahead).map_err(|_| file.damaged())?;
            ledger.settings.check().map_err(|_| file.damaged())?;
            ledger.redirect_uris = redirect_uris;
            *quickbooks.ledger() = ledger;
        }
        quickbooks.file = Some(file);
        Ok(quickbooks)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no holder panics")
    }

    fn reset(&self) {
        self.desk.reset();
        self.in_flight.forget_most();
        *self.ledger() = Ledger::new(self.redirect_uris_at_start.clone());
    }
}

impl StandIn for QuickBooks {
    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn keep(&self) -> Result<(), KeptFileError> {
        let Some(file) = &self.file else { return Ok(()) };
        // Held while it is stored, lest an older state be put over a newer one.
        let ledger = self.ledger();
        file.put(PART, &Kept { clock_ahead: self.desk.clock.ahead(), ledger: &*ledger })
    }
}

/// All of Intuit's hosts, each a path, and the control routes.
pub(crate) fn routes(quickbooks: Arc<QuickBooks>) -> Router {
    Router::new()
        .route("/connect/oauth2", get(authorize::show).post(authorize::decide))
        .route("/oauth2/v1/tokens/bearer", post(token::answer))
        .route("/v2/oauth2/tokens/revoke", post(revoke::answer))
        .nest("/api", api::routes(Environment::Production))
        .nest("/sandbox-api", api::routes(Environment::Sandbox))
        .layer(middleware::from_fn(add_transaction_id))
        .nest("/__control", control::routes())
        .with_state(quickbooks)
}

/// Every answer of Intuit's carries the header `intuit_tid`, to be quoted to support.
async fn add_transaction_id(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let id = format!("1-{}-{}", random::hex(8), random::hex(24));
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits and dashes");
    answer.headers_mut().insert("intuit_tid", value);
    answer
}
