//! The resource that names the company of a grant, and the API's error answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use super::FreeAgent;
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::bearer_token;
use crate::oauth::{API, StandIn};

/// The id of the only company. It is made up.
pub const COMPANY_ID: u32 = 412_706;
/// Its name.
pub const COMPANY_NAME: &str = "Thistle & Rowe Bindery";

pub(super) async fn answer(State(stand_in): State<Arc<StandIn<FreeAgent>>>, headers: HeaderMap) -> Response {
    let call = Call::new(API, Place::Api);
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let now = acting.desk.clock.now();
        let ledger = acting.ledger();
        if bearer_token(&headers).and_then(|token| ledger.consent_of(token, now)).is_none() {
            failure(Place::Api, StatusCode::UNAUTHORIZED, now)
        } else if ledger.settings.company_info_denied {
            failure(Place::Api, StatusCode::FORBIDDEN, now)
        } else {
            let company = json!({
                "url": "https://api.freeagent.com/v2/company",
                "id": COMPANY_ID,
                "name": COMPANY_NAME,
                "subdomain": "thistleandrowe",
                "type": "UkLimitedCompany",
                "currency": "GBP",
            });
            Json(json!({ "company": company })).into_response()
        }
    };
    stand_in.desk.attend(call, act).await
}

/// The API's answer for a status.
pub(super) fn failure(_: Place, status: StatusCode, _: Timestamp) -> Response {
    let message = match status {
        StatusCode::UNAUTHORIZED => "Access token not recognised",
        StatusCode::FORBIDDEN => "You do not have permission to do that",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        _ => "Something went wrong",
    };
    (status, Json(json!({ "errors": { "error": { "message": message } } }))).into_response()
}
