//! Stand-ins for the platforms' servers, for the laptop and the tests; never deployed. They are strict about what
//! they take, answer as the platform does, and misbehave when told to. One module per platform, each under
//! `/{platform}`; what all of them share (clock, faults, journal, control routes) lies beside those modules.
//!
//! # Consent without a browser
//!
//! `GET` of an authorize URL always answers a page. A test posts the page's form itself, to the same path, as
//! `application/x-www-form-urlencoded`: the five parameters of the authorize URL as they are, and
//!
//! - `decision=connect` with `realm={company}`: 303 to `{redirect_uri}?code=…&state=…&realmId=…`
//! - `decision=cancel`: 303 to `{redirect_uri}?error=access_denied&state=…`
//!
//! In the page, the companies are radio buttons named `realm` (ids `realm-{company}`), the buttons are `#connect` and
//! `#cancel`, and a refusal says why in `#error`.
//!
//! # Control
//!
//! Under `/{platform}/__control/`, in JSON, without authentication. An unknown field is a 400 that says so.
//!
//! | Route | What it does |
//! |---|---|
//! | `GET clock`, `POST clock` | `{"now": unix seconds}` or `{"advance_seconds": n}`; the clock runs on from there |
//! | `GET faults`, `POST faults`, `DELETE faults` | `{"at", "kind", "status", "delay_ms", "times"}`: see [`fault`] |
//! | `GET settings`, `POST settings` | any of the fields that `GET` shows, or a `temper`: see [`Settings`] |
//! | `GET redirect-uris`, `POST redirect-uris` | `{"uri", "client": "production" or "sandbox", absent: both}` |
//! | `POST revoke` | `{"realm"}`: that company's user disconnects the app at the platform |
//! | `GET state` | counts of requests, grants, the last 200 requests with their outcome |
//! | `POST reset` | nothing has happened yet, and the clock shows the real time |

mod clock;
mod desk;
pub mod fault;
mod headers;
mod journal;
mod kept_file;
mod oauth;
mod params;
pub mod quickbooks;
mod random;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;

pub use kept_file::KeptFileError;
pub use oauth::Temper;
pub use oauth::redirect_uri::{InvalidRedirectUri, RedirectUris};
pub use oauth::settings::Settings;

use kept_file::KeptFile;
use oauth::StandIn;
use quickbooks::Intuit;

/// The largest request body, in bytes, that a stand-in reads; a larger one is a 413.
const MAX_REQUEST_BODY: usize = 64 * 1024;

/// What is registered with the platforms before the first request.
#[derive(Clone, Debug, Default)]
pub struct Registrations {
    /// The redirect URIs registered with Intuit.
    pub quickbooks: quickbooks::RedirectUris,
}

/// All stand-ins, each with a clock and a memory of its own. The memory ends with the process, or is kept in a file.
pub struct Sandbox {
    quickbooks: Arc<StandIn<Intuit>>,
}

impl Sandbox {
    /// Stand-ins that have seen no request yet; their clocks show the real time.
    pub fn new(registrations: Registrations) -> Self {
        Self { quickbooks: Arc::new(StandIn::new(registrations.quickbooks)) }
    }

    /// Stand-ins that go on where those that last used the file `path` ended, with their grants, settings and clocks; as
    /// new where there is no such file. Each change is in the file before it is answered, so that an answer holds however
    /// the process ends. Codes that were not exchanged, faults and the journal are not kept. One process at a time may
    /// use a file.
    ///
    /// # Errors
    /// `Unreadable` or `Damaged` where the file is there and of no use.
    pub fn kept_in(path: &Path, registrations: Registrations) -> Result<Self, KeptFileError> {
        let file = Arc::new(KeptFile::open(path)?);
        Ok(Self { quickbooks: Arc::new(StandIn::kept_in(file, registrations.quickbooks)?) })
    }

    /// The routes of every platform; each router made here shows the same stand-ins.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/quickbooks", quickbooks::routes(Arc::clone(&self.quickbooks)))
            .layer(DefaultBodyLimit::max(MAX_REQUEST_BODY))
    }

    /// Serves the routes on `listener` until the future is dropped.
    ///
    /// # Errors
    /// As `axum::serve`: none, as far as is known.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }
}
