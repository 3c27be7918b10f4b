//! What the OAuth part and the books both need of Zoho's API.

use crate::parts::Parts;

/// The path of the Books API at a data centre.
pub(super) const BOOKS: &str = "/books/v3";

/// The API of a company, if it is one of the configured ones. The token is sent nowhere else.
pub(super) fn known_api(parts: &Parts, api: &str) -> Option<String> {
    let centers = parts.configured.data_centers.iter().map(|center| format!("{}{BOOKS}", center.api));
    centers.chain([parts.configured.api.clone()]).find(|known| known == api)
}

/// The header of an answer that names it to the platform's support.
pub(super) const TRACE: &str = "x-request-id";
