//! Counterfoil's own addresses in answers.

use counterfoil_core::model::connection::Connection;
use counterfoil_core::model::flow::{FlowId, StartParams};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::consent::outcome::NoFlow;
use counterfoil_core::{App, Error};

/// The result page of a flow.
pub(crate) fn result_path(id: &FlowId) -> String {
    format!("/oauth/result/{}", id.as_str())
}

/// Why a browser may not see a flow, as a word in the address of the page that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Hidden {
    /// The flow is unknown or older than ten minutes.
    InvalidState,
    /// Another browser started it.
    WrongBrowser,
    /// It could not be read at the moment.
    StorageUnavailable,
    /// The callback names no flow, or cannot be read.
    InvalidCallback,
}

impl From<&NoFlow> for Hidden {
    fn from(why: &NoFlow) -> Self {
        match why {
            NoFlow::Unknown => Self::InvalidState,
            NoFlow::OtherBrowser => Self::WrongBrowser,
            NoFlow::Fault(error) if error.is_temporary() => Self::StorageUnavailable,
            NoFlow::NoState | NoFlow::Fault(_) => Self::InvalidCallback,
        }
    }
}

/// The page for a browser that may not see a flow.
pub(crate) fn hidden_path(why: Hidden) -> String {
    format!("/oauth/result/{}", <&str>::from(why))
}

/// Redirects to the partner's page. A form may not be redirected there, because `form-action 'self'` applies to every redirect of a
/// submission in Chromium. So the page after the form navigates by itself.
pub(crate) fn continue_path(id: &FlowId) -> String {
    format!("{}/continue", result_path(id))
}

/// Receives the form that asks a platform again.
pub(crate) fn retry_path(id: &FlowId) -> String {
    format!("{}/retry", result_path(id))
}

/// Receives the form with the chosen company.
pub(crate) fn choose_path(id: &FlowId) -> String {
    format!("{}/choose", result_path(id))
}

/// The start of a consent without a key, for a partner.
pub(crate) fn authorize_path(platform: PlatformName, partner: &PartnerId) -> String {
    format!("/v1/oauth/authorize?platform={platform}&partnerId={partner}")
}

/// The start of a consent with these parameters.
pub(crate) fn start_path(restart: &StartParams) -> String {
    let StartParams { company_key, platform, environment } = restart;
    let is_implied = Environment::of(*platform, company_key.as_str(), None) == *environment;
    let sandbox = if *environment == Environment::Sandbox && !is_implied { "&environment=sandbox" } else { "" };
    format!("/oauth/start/{company_key}?platform={platform}{sandbox}")
}

/// The start of a renewal of an existing connection.
pub(crate) fn reconnect_path(connection: &Connection) -> String {
    start_path(&renewal_of(connection))
}

/// The parameters of a renewal.
pub(crate) fn renewal_of(connection: &Connection) -> StartParams {
    let (company, company_key) = (&connection.company, connection.id.company_key.clone());
    StartParams { company_key, platform: company.platform, environment: company.environment }
}

/// The address that a server forwards to its customer after it started a consent.
pub(crate) fn continue_url(app: &App, token: &Secret) -> Result<String, Error> {
    Ok(format!("{}/oauth/continue/{}", app.base_url()?, token.expose()))
}

/// The address of a connect link.
pub(crate) fn link_url(base_url: &str, token: &Secret) -> String {
    format!("{base_url}/connect/{}", token.expose())
}

/// The path of the page that sets up a Web Connector, or of what belongs to it.
pub(crate) fn setup_path(client_secret: &Secret, rest: &str, publishable_key: &str) -> String {
    format!("/qbd/{}{rest}?key={publishable_key}", client_secret.expose())
}

/// The address of that page.
pub(crate) fn setup_url(app: &App, client_secret: &Secret, publishable_key: &str) -> Result<String, Error> {
    Ok(format!("{}{}", app.base_url()?, setup_path(client_secret, "", publishable_key)))
}
