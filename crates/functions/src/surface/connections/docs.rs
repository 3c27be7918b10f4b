//! `/openapi.json` and `/docs`: the description of all routes, for programs and for people. The function `health` serves them, because it
//! needs no right and no other function then has the document.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::{App, Error};

use crate::page::{self, OwnStyle};
use crate::surface::problem::Problem;

/// The document that `openapi::document` makes. A test compares the two.
const DOCUMENT: &str = include_str!("../../openapi/openapi.json");

pub(crate) async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}

pub(crate) async fn page(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    if !app.show_docs {
        return Err(Error::NotFound("There is nothing at this address.").into());
    }
    let document = serde_json::from_str(DOCUMENT).map_err(|error| Error::Internal(format!("the document is broken: {error}")))?;
    let mut response = page::docs::docs(&document).into_response();
    response.extensions_mut().insert(OwnStyle(page::docs::STYLE));
    Ok(response)
}
