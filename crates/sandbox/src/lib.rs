//! Stand-ins for the platforms' servers, for the laptop and the tests; never deployed. They are strict about what
//! they take, answer as the platform does, and misbehave when told to. One module per platform, each under
//! `/{platform}`: [`quickbooks`], [`xero`], [`zoho`], [`freshbooks`]. What all of them share lies beside those modules.
//!
//! # Consent without a browser
//!
//! `GET` of an authorize URL always answers a page. A test posts the page's form itself, to the same path, as
//! `application/x-www-form-urlencoded`: the parameters of the authorize URL as they are, and
//!
//! - `decision=connect` with what is chosen: 303 to `{redirect_uri}?code=…&state=…`, and what the platform adds
//! - `decision=cancel`: 303 to `{redirect_uri}?error=access_denied&state=…`
//!
//! | Platform | What is chosen | What the callback adds |
//! |---|---|---|
//! | `quickbooks` | `realm`: one company | `realmId` |
//! | `xero` | `tenant_id`: organisations, repeated for several, absent for none | `scope`, `session_state` |
//! | `zoho` | `account`: the user of a data centre, by `location` | `location`, `accounts-server` |
//! | `freshbooks` | nothing: the user gives all businesses | |
//!
//! In the page, what can be chosen are radio buttons or checkboxes of that name (ids `{name}-{value}`), the buttons are
//! `#connect` and `#cancel`, and a refusal says why in `#error`.
//!
//! # Control
//!
//! Under `/{platform}/__control/`, in JSON, without authentication: `counterfoil dev` asks for the run's access key before them
//! ([`is_control`]). An unknown field is a 400 that says so.
//!
//! | Route | What it does |
//! |---|---|
//! | `GET clock`, `POST clock` | `{"now": unix seconds}` or `{"advance_seconds": n}`; the clock runs on from there |
//! | `GET faults`, `POST faults`, `DELETE faults` | `{"at", "kind", "status", "delay_ms", "times"}`: see [`fault`] |
//! | `GET settings`, `POST settings` | any of the fields that `GET` shows, or a `temper`: see [`Settings`] |
//! | `GET redirect-uris`, `POST redirect-uris` | `{"uri"}`; at `quickbooks` for one `"client"` alone: `production`, `sandbox` |
//! | `POST revoke` | the customer disconnects the app at the platform: see below |
//! | `GET state` | counts of `requests`, the `grants`, and in `log` the last 200 requests with their outcome |
//! | `POST reset` | nothing has happened yet, and the clock shows the real time |
//!
//! | `POST revoke` at | takes | and then |
//! |---|---|---|
//! | `quickbooks` | `{"realm"}` | that company's grants have ended |
//! | `xero` | `{"tenant_id"}` | the organisation is not connected; tokens stay healthy and get 403 there |
//! | `xero` | `{}` | nothing is connected, and the user's grants have ended |
//! | `zoho` | `{"location"}` | the grants of that data centre's user have ended |
//! | `freshbooks` | `{}` | the user's grants have ended |

mod clock;
mod desk;
pub mod fault;
pub mod freshbooks;
mod headers;
mod journal;
mod kept_file;
mod oauth;
mod params;
pub mod quickbooks;
mod random;
pub mod xero;
pub mod zoho;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;

pub use kept_file::KeptFileError;
pub use oauth::Temper;
pub use oauth::redirect_uri::{InvalidRedirectUri, RedirectUris};
pub use oauth::settings::Settings;

use freshbooks::FreshBooks;
use kept_file::KeptFile;
use oauth::StandIn;
use quickbooks::Intuit;
use xero::Xero;
use zoho::Zoho;

/// Whether a path is one of the control routes, at whichever platform.
pub fn is_control(path: &str) -> bool {
    path.split('/').any(|segment| segment == "__control")
}

/// The largest request body, in bytes, that a stand-in reads; a larger one is a 413.
const MAX_REQUEST_BODY: usize = 64 * 1024;

/// What is registered with the platforms before the first request.
#[derive(Clone, Debug, Default)]
pub struct Registrations {
    /// The redirect URIs registered with Intuit.
    pub quickbooks: quickbooks::RedirectUris,
    /// The redirect URIs registered with Xero.
    pub xero: RedirectUris,
    /// The redirect URIs registered with Zoho, in every data centre.
    pub zoho: RedirectUris,
    /// The redirect URIs registered with `FreshBooks`.
    pub freshbooks: RedirectUris,
}

/// All stand-ins, each with a clock and a memory of its own. The memory ends with the process, or is kept in a file.
pub struct Sandbox {
    quickbooks: Arc<StandIn<Intuit>>,
    xero: Arc<StandIn<Xero>>,
    zoho: Arc<StandIn<Zoho>>,
    freshbooks: Arc<StandIn<FreshBooks>>,
}

impl Sandbox {
    /// Stand-ins that have seen no request yet; their clocks show the real time.
    pub fn new(registrations: Registrations) -> Self {
        Self {
            quickbooks: Arc::new(StandIn::new(registrations.quickbooks)),
            xero: Arc::new(StandIn::new(registrations.xero)),
            zoho: Arc::new(StandIn::new(registrations.zoho)),
            freshbooks: Arc::new(StandIn::new(registrations.freshbooks)),
        }
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
        Ok(Self {
            quickbooks: Arc::new(StandIn::kept_in(Arc::clone(&file), registrations.quickbooks)?),
            xero: Arc::new(StandIn::kept_in(Arc::clone(&file), registrations.xero)?),
            zoho: Arc::new(StandIn::kept_in(Arc::clone(&file), registrations.zoho)?),
            freshbooks: Arc::new(StandIn::kept_in(file, registrations.freshbooks)?),
        })
    }

    /// The routes of every platform; each router made here shows the same stand-ins.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/quickbooks", quickbooks::routes(Arc::clone(&self.quickbooks)))
            .nest("/xero", xero::routes(Arc::clone(&self.xero)))
            .nest("/zoho", zoho::routes(Arc::clone(&self.zoho)))
            .nest("/freshbooks", freshbooks::routes(Arc::clone(&self.freshbooks)))
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
