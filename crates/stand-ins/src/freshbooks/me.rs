//! The resource that names the user and the businesses that the token reaches, and the gateway's error answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::doorkeeper::{FreshBooks, PROFILE_SCOPE, USER};
use super::membership::{MEMBERSHIPS, Membership};
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::bearer_token;
use crate::oauth::{API, StandIn};

pub(super) async fn answer(
    State(stand_in): State<Arc<StandIn<FreshBooks>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let call = Call::new(API, Place::Api);
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let now = acting.desk.clock.now();
        let ledger = acting.ledger();
        let Some(consent) = bearer_token(&headers).and_then(|token| ledger.consent_of(token, now)) else {
            return failure(Place::Api, StatusCode::UNAUTHORIZED, now);
        };
        if ledger.settings.company_info_denied || !consent.grants(PROFILE_SCOPE) {
            failure(Place::Api, StatusCode::FORBIDDEN, now)
        } else if query.is_some() {
            failure(Place::Api, StatusCode::BAD_REQUEST, now)
        } else {
            Json(me()).into_response()
        }
    };
    stand_in.desk.attend(call, act).await
}

/// The JSON of the user. It lacks the layer `result` that the accounting resources have.
fn me() -> Value {
    let with_books = || MEMBERSHIPS.iter().filter_map(|membership| Some((membership.account_id?, membership)));
    let roles: Vec<Value> = with_books().map(|(account_id, membership)| role(account_id, membership)).collect();
    let permissions: Map<String, Value> = with_books()
        .map(|(account_id, membership)| (account_id.to_owned(), json!({ "accounts_payable.access": membership.has_bills })))
        .collect();
    json!({
        "response": {
            "id": USER,
            "identity_id": USER,
            "identity_uuid": "5d9d0c0e-3e2f-4a1b-8c7d-6e5f4a3b2c1d",
            "first_name": "Dana",
            "last_name": "Okafor",
            "email": "dana@okafor-studio.example",
            "business_memberships": MEMBERSHIPS.iter().map(business_membership).collect::<Vec<_>>(),
            "roles": roles,
            "permissions": permissions,
        },
    })
}

fn business_membership(membership: &Membership) -> Value {
    json!({
        "id": membership.id,
        "role": membership.role,
        "unacknowledged_change": false,
        "business": {
            "id": membership.business_id,
            "business_uuid": membership.business_uuid,
            "name": membership.name,
            "account_id": membership.account_id,
            "date_format": "mm/dd/yyyy",
            "address": {},
            "business_clients": [],
        },
    })
}

fn role(account_id: &str, membership: &Membership) -> Value {
    json!({ "id": membership.id, "role": "admin", "systemid": membership.business_id, "userid": 1, "accountid": account_id })
}

/// The gateway's answer for a status. Its limits are not published, so the answer for 429 is a guess.
pub(super) fn failure(_: Place, status: StatusCode, _: Timestamp) -> Response {
    let (error, description) = match status {
        StatusCode::UNAUTHORIZED => ("unauthenticated", "This action requires authentication to continue."),
        StatusCode::FORBIDDEN => ("forbidden", "The token does not allow this action."),
        StatusCode::TOO_MANY_REQUESTS => ("rate_limited", "Rate limit exceeded."),
        StatusCode::BAD_REQUEST => ("bad_request", "No parameter is known here."),
        _ => ("internal_error", "Something failed within."),
    };
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}
