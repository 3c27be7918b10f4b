//! The partner's own page, told what came of a consent.

use counterfoil_core::Error;
use url::Url;

/// The address with the connection and how it went; `None` where it is no address.
pub(crate) fn told(return_url: &str, company_key: &str, error: Option<&Error>) -> Option<String> {
    let mut url = Url::parse(return_url).ok()?;
    let status = if error.is_some() { "failed" } else { "connected" };
    url.query_pairs_mut().append_pair("company_key", company_key).append_pair("status", status);
    if let Some(error) = error {
        url.query_pairs_mut().append_pair("error", error.code());
    }
    Some(url.into())
}
