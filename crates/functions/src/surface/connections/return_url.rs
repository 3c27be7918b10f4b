//! The address of the partner's page, with the result of a consent or a code of ours.

use counterfoil_core::Error;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::redirect_uris::Added;
use url::Url;

/// The address with the connection and the result; `None` if it is not a valid address.
pub(crate) fn with_result(return_url: &str, company_key: &str, error: Option<&Error>) -> Option<String> {
    let mut url = Url::parse(return_url).ok()?;
    let status = if error.is_some() { "failed" } else { "connected" };
    url.query_pairs_mut().append_pair(Added::CompanyKey.as_str(), company_key).append_pair(Added::Status.as_str(), status);
    if let Some(error) = error {
        url.query_pairs_mut().append_pair(Added::Error.as_str(), error.code());
    }
    Some(url.into())
}

/// The address with our code and the partner's state; `None` if it is not a valid address.
pub(crate) fn with_code(redirect_uri: &str, code: &Secret, state: &str) -> Option<String> {
    with_parameters(redirect_uri, [(Added::Code, code.expose()), (Added::State, state)])
}

/// The address with the error and the partner's state, and nothing else; `None` if it is not a valid address.
pub(crate) fn with_error(redirect_uri: &str, error: &Error, state: &str) -> Option<String> {
    with_parameters(redirect_uri, [(Added::Error, error.code()), (Added::State, state)])
}

fn with_parameters(address: &str, parameters: [(Added, &str); 2]) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.query_pairs_mut().extend_pairs(parameters.map(|(name, value)| (name.as_str(), value)));
    Some(url.into())
}
