//! Asking a platform's API for companies. What comes back is untrusted: bounded, checked, and taken only as far as it is
//! needed.

use counterfoil_core::model::connection::ConfirmedCompany;
use counterfoil_core::port::platform::ConfirmFailure;
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use serde::de::DeserializeOwned;

use crate::http::send;

/// The longest id and name that are kept, in characters.
const ID_LONGEST: usize = 64;
const NAME_LONGEST: usize = 200;

/// Sends a question and reads its answer.
pub(crate) async fn ask<T: DeserializeOwned>(request: RequestBuilder, trace: &str) -> Result<T, ConfirmFailure> {
    let request = request.header(ACCEPT, "application/json");
    let answer = send(request, trace).await.map_err(|_| ConfirmFailure::Unavailable)?;
    tracing::info!(status = answer.status.as_u16(), bytes = answer.body.len(), trace = answer.trace, "company answer");
    match answer.status.as_u16() {
        200 => serde_json::from_slice(&answer.body).map_err(|_| ConfirmFailure::Unavailable),
        401 | 403 => Err(ConfirmFailure::Unauthorized),
        400 | 404 => Err(ConfirmFailure::Denied),
        _ => Err(ConfirmFailure::Unavailable),
    }
}

/// A company as it is kept; `None` where the id cannot be one. An id is opaque, within bounds: it becomes part of addresses
/// and keys.
pub(crate) fn company(id: &str, name: &str, api_base_url: &str) -> Option<ConfirmedCompany> {
    is_id(id).then(|| ConfirmedCompany {
        company_id: id.to_owned(),
        name: name.chars().filter(|c| !c.is_control()).take(NAME_LONGEST).collect(),
        api_base_url: api_base_url.to_owned(),
    })
}

/// Whether a text can be a company's id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=ID_LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().any(|b| b != b'.')
}
