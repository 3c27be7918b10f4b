//! The address of the partner's page, with the result of a consent or a code of ours.

use counterfoil_core::Error;
use counterfoil_core::model::secret::Secret;
use url::Url;

/// The address with the connection and the result; `None` if it is not a valid address.
pub(crate) fn with_result(return_url: &str, company_key: &str, error: Option<&Error>) -> Option<String> {
    let mut url = Url::parse(return_url).ok()?;
    let status = if error.is_some() { "failed" } else { "connected" };
    url.query_pairs_mut().append_pair("company_key", company_key).append_pair("status", status);
    if let Some(error) = error {
        url.query_pairs_mut().append_pair("error", error.code());
    }
    Some(url.into())
}

/// The address with our code and the partner's state; `None` if it is not a valid address.
pub(crate) fn with_code(redirect_uri: &str, code: &Secret, state: &str) -> Option<String> {
    with_parameters(redirect_uri, [("code", code.expose()), ("state", state)])
}

/// The address with the error and the partner's state, and nothing else; `None` if it is not a valid address.
pub(crate) fn with_error(redirect_uri: &str, error: &Error, state: &str) -> Option<String> {
    with_parameters(redirect_uri, [("error", error.code()), ("state", state)])
}

fn with_parameters(address: &str, parameters: [(&str, &str); 2]) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    url.query_pairs_mut().extend_pairs(parameters);
    Some(url.into())
}
