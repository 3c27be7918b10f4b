//! Stand-ins for the platforms' servers, for the laptop and the tests; never deployed. They check requests strictly, answer as the
//! platform does, and apply faults on request. Each platform is a module under `/{platform}`: [`quickbooks`], [`xero`], [`zoho`],
//! [`freshbooks`], [`freeagent`]. QuickBooks Desktop is another world, without a server: [`company_file`] is the program with its company file,
//! and [`web_connector`] the client beside it. The other modules are shared.
//!
//! # Consent without a browser
//!
//! `GET` of an authorize URL always answers a page. A test posts the page's form itself, to the same path, as
//! `application/x-www-form-urlencoded`: the parameters of the authorize URL as they are, and
//!
//! - `decision=connect` with the choice: 303 to `{redirect_uri}?code=…&state=…` with the platform's own parameters
//! - `decision=cancel`: 303 to `{redirect_uri}?error=access_denied&state=…`
//!
//! | Platform | Choice | Parameters in the callback |
//! |---|---|---|
//! | `quickbooks` | `realm`: one company | `realmId` |
//! | `xero` | `tenant_id`: organisations, repeated for several, missing for none | `scope`, `session_state` |
//! | `zoho` | `account`: the user of a data centre, by `location` | `location`, `accounts-server` |
//! | `freshbooks` | none: the user gives all businesses | |
//! | `freeagent` | none: the user has one company | |
//!
//! In the page, the choices are radio buttons or checkboxes of that name (ids `{name}-{value}`), the buttons are `#connect` and
//! `#cancel`, and the reason of a refusal is in `#error`.
//!
//! # Control
//!
//! The control routes are under `/{platform}/__control/`, in JSON, without authentication: `counterfoil dev` checks the run's access
//! key before them ([`is_control`]). An unknown field is a 400 that names it.
//!
//! | Route | What it does |
//! |---|---|
//! | `GET clock`, `POST clock` | `{"now": unix seconds}` or `{"advance_seconds": n}`; the clock continues from there |
//! | `GET faults`, `POST faults`, `DELETE faults` | `{"at", "kind", "status", "delay_ms", "times"}`: see [`fault`] |
//! | `GET settings`, `POST settings` | any of the fields that `GET` shows, or a `rotation`: see [`Settings`] |
//! | `GET redirect-uris`, `POST redirect-uris` | `{"uri"}`; at `quickbooks` for one `"client"` alone: `production`, `sandbox` |
//! | `POST revoke` | the customer disconnects the app at the platform: see below |
//! | `GET state` | counts of `requests`, the `grants`, and in `log` the last 200 requests with their outcome |
//! | `POST reset` | forgets everything, and sets the clock to the real time |
//!
//! For platforms with books, also:
//!
//! | Route | What it does |
//! |---|---|
//! | `GET books/{company}` | the sums of the company's books, per entity: `count`, `void`, `draft`, `deleted`, and in `counted` what an import counts |
//! | `POST books/{company}` | replaces the books: `{"sizes": {"purchases": n, "payments": n, "bills": n, "invoices": n}}`, and optionally `seed`, `until` (Unix seconds: the end of the two years over which records are spread), `checks_only` (every purchase and payment is a check, and nothing is void), `changed_long_ago` |
//! | `POST books/{company}/add` | `{"entity", "count"}`: records that were made now; answers their `ids` |
//! | `POST books/{company}/edit` | `{"entity", "indexes": [0, 5]}` or `{"entity", "first", "count"}`, with `set` (`cents`, `currency`, `date`, `memo`, `method`, `number`, `paid`, `payee`, `state`: `standing`, `draft`, `void`, `deleted`), `raw` (a merge patch over the platform's JSON: `null` takes a field away), `quiet` (the records do not show that they changed); answers the `ids` |
//! | `POST books/{company}/notify` | `{"entity", "url"}`: the platform sends its webhook to this `http` address, signed with the key in [`variables`]; answers the receiver's `status`. `quickbooks` and `xero` only |
//! | `GET traffic`, `DELETE traffic` | the requests for records, by company and by kind |
//!
//! `company` is a realm, a tenant id, an `organization_id`, an `account_id`. Entities and records: the module `books`. The settings
//! hold the limits (`requests_per_second`, `requests_per_minute`, `requests_per_day`, `concurrent_requests`,
//! `app_requests_per_minute`) and `unconfirmed_filters`.
//!
//! | `POST revoke` at | body | result |
//! |---|---|---|
//! | `quickbooks` | `{"realm"}` | that company's grants end |
//! | `xero` | `{"tenant_id"}` | the organisation is disconnected; tokens stay valid and get 403 there |
//! | `xero` | `{}` | all organisations are disconnected, and the user's grants end |
//! | `zoho` | `{"location"}` | the grants of that data centre's user end |
//! | `freshbooks`, `freeagent` | `{}` | the user's grants end |

mod bookkeeping;
mod books;
mod clock;
pub mod company_file;
mod desk;
pub mod fault;
pub mod freeagent;
pub mod freshbooks;
mod headers;
mod journal;
mod kept_file;
mod oauth;
mod params;
pub mod quickbooks;
mod random;
mod sample;
pub mod web_connector;
pub mod xero;
mod xml;
pub mod zoho;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;

pub use kept_file::KeptFileError;
pub use oauth::RotationPolicy;
pub use oauth::redirect_uri::{InvalidRedirectUri, RedirectUris};
pub use oauth::settings::Settings;
pub use sample::{Rotation, Sample};

use kept_file::KeptFile;
use oauth::{Served, StandIn};

/// Whether a path is a control route of any platform.
pub fn is_control(path: &str) -> bool {
    path.split('/').any(|segment| segment == "__control")
}

/// The largest request body that a stand-in reads, in bytes. A larger one is a 413.
const MAX_REQUEST_BODY: usize = 64 * 1024;

/// A stand-in in the table of stand-ins.
struct Listed {
    name: &'static str,
    sample: Sample,
    variables: fn(&str) -> Vec<(&'static str, String)>,
    open: fn(Option<Arc<KeptFile>>, RedirectUris) -> Result<Router, KeptFileError>,
}

const fn listed<P: Served>() -> Listed {
    Listed { name: P::NAME, sample: P::SAMPLE, variables: P::variables, open: open::<P> }
}

fn open<P: Served>(file: Option<Arc<KeptFile>>, redirect_uris: RedirectUris) -> Result<Router, KeptFileError> {
    let stand_in = match file {
        Some(file) => StandIn::<P>::kept_in(file, redirect_uris.into())?,
        None => StandIn::new(redirect_uris.into()),
    };
    Ok(P::routes(Arc::new(stand_in)))
}

/// All stand-ins.
const STAND_INS: [Listed; 5] = [
    listed::<quickbooks::Intuit>(),
    listed::<xero::Xero>(),
    listed::<zoho::Zoho>(),
    listed::<freshbooks::FreshBooks>(),
    listed::<freeagent::FreeAgent>(),
];

/// The names of all stand-ins.
pub fn names() -> impl Iterator<Item = &'static str> {
    STAND_INS.iter().map(|stand_in| stand_in.name)
}

/// A sample consent at each stand-in, by the platform's name.
pub fn samples() -> impl Iterator<Item = (&'static str, Sample)> {
    STAND_INS.iter().map(|stand_in| (stand_in.name, stand_in.sample))
}

/// The settings that make the product use a platform's stand-in that is served at `base_url`: addresses and credentials, by the
/// endings of their variables, such as `TOKEN_URL`. Empty if there is no such stand-in.
pub fn variables(platform: &str, base_url: &str) -> Vec<(&'static str, String)> {
    let stand_in = STAND_INS.iter().find(|stand_in| stand_in.name == platform);
    stand_in.map(|stand_in| (stand_in.variables)(base_url.trim_end_matches('/'))).unwrap_or_default()
}

/// The redirect URIs that are registered with the platforms before the first request.
#[derive(Clone, Debug, Default)]
pub struct Registrations(BTreeMap<String, RedirectUris>);

impl Registrations {
    /// Registers `uri` for all OAuth clients of a platform. A repeated registration is not an error.
    ///
    /// # Errors
    /// If a browser cannot be redirected to `uri`, or the list is full.
    pub fn register(&mut self, platform: &str, uri: &str) -> Result<(), InvalidRedirectUri> {
        self.0.entry(platform.to_owned()).or_default().register(uri)
    }

    /// Registers `uri` with every platform.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub fn everywhere(uri: &str) -> Result<Self, InvalidRedirectUri> {
        let mut registrations = Self::default();
        names().try_for_each(|platform| registrations.register(platform, uri))?;
        Ok(registrations)
    }
}

/// All stand-ins, each with its own clock and state. The state is in memory, or also in a file.
pub struct StandIns(Vec<(&'static str, Router)>);

impl StandIns {
    /// Stand-ins that have had no request yet. Their clocks show the real time.
    pub fn new(registrations: Registrations) -> Self {
        Self::open(None, registrations).expect("only a file can be unreadable")
    }

    /// Stand-ins with the state in the file `path`: their grants, settings and clocks. If the file does not exist, they start without
    /// state. Each change is in the file before it is answered, so that an answer stays true if the process is killed. Codes that
    /// were not exchanged, faults and the journal are not stored. Only one process at a time may use a file.
    ///
    /// # Errors
    /// `Unreadable` or `Damaged` if the file exists and cannot be used.
    pub fn kept_in(path: &Path, registrations: Registrations) -> Result<Self, KeptFileError> {
        Self::open(Some(&Arc::new(KeptFile::open(path)?)), registrations)
    }

    fn open(file: Option<&Arc<KeptFile>>, mut registrations: Registrations) -> Result<Self, KeptFileError> {
        let mut open = |Listed { name, open, .. }: &Listed| {
            let redirect_uris = registrations.0.remove(*name).unwrap_or_default();
            Ok((*name, open(file.cloned(), redirect_uris)?))
        };
        STAND_INS.iter().map(&mut open).collect::<Result<_, _>>().map(Self)
    }

    /// The routes of every platform. All routers made here share the same state.
    pub fn router(&self) -> Router {
        let nested = |router: Router, (name, routes): &(&str, Router)| router.nest(&format!("/{name}"), routes.clone());
        self.0.iter().fold(Router::new(), nested).layer(DefaultBodyLimit::max(MAX_REQUEST_BODY))
    }

    /// Serves the routes on `listener` until the future is dropped.
    ///
    /// # Errors
    /// As `axum::serve`, which is not known to return one.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }
}
