//! The API of one data centre: its user's organisations, and Zoho Books' error answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::accounts::Zoho;
use super::data_center::{DataCenter, Organization};
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::authorization;
use crate::oauth::{API, StandIn};
use crate::params::{BadParams, Params};

/// The scope for the list of organisations [Zoho Books, API introduction].
const SCOPE: &str = "ZohoBooks.settings.READ";
/// The scope for everything.
const FULL_SCOPE: &str = "ZohoBooks.fullaccess.all";

/// An error answer of Zoho Books.
pub(super) struct Refused {
    status: StatusCode,
    code: u32,
    message: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The error for an invalid token, a missing scope and a missing right of the user: Zoho does not distinguish them.
    fn not_authorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 57, "You are not authorized to perform this operation")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "code": self.code, "message": self.message }))).into_response()
    }
}

pub(super) fn route(site: &'static DataCenter) -> MethodRouter<Arc<StandIn<Zoho>>> {
    get(move |State(stand_in), RawQuery(query), headers| answer(site, stand_in, query, headers))
}

async fn answer(site: &'static DataCenter, stand_in: Arc<StandIn<Zoho>>, query: Option<String>, headers: HeaderMap) -> Response {
    let call = Call::new(API, Place::Api);
    let acting = Arc::clone(&stand_in);
    let act = move |_| match check(site, &acting, query.as_deref().unwrap_or_default(), &headers) {
        Ok(()) => list(site),
        Err(refused) => refused.into_response(),
    };
    stand_in.desk.attend(call, act).await
}

fn check(site: &DataCenter, stand_in: &StandIn<Zoho>, query: &str, headers: &HeaderMap) -> Result<(), Refused> {
    admit(site, SCOPE, stand_in, headers)?;
    // The only resource that does not need organization_id. It is allowed.
    let only_the_organization = |params: Params| params.only(&["organization_id"]);
    Params::parse(query.as_bytes())
        .and_then(only_the_organization)
        .map_err(|bad: BadParams| Refused::new(StatusCode::BAD_REQUEST, 15, bad.to_string()))
}

/// Refuses a token that is not valid at this data centre, or does not have the scope.
pub(super) fn admit(site: &DataCenter, scope: &str, stand_in: &StandIn<Zoho>, headers: &HeaderMap) -> Result<(), Refused> {
    let token = token(headers)
        .ok_or_else(|| Refused::new(StatusCode::UNAUTHORIZED, 14, "The value in the Authorization header is invalid"))?;
    let ledger = stand_in.ledger();
    let may = ledger
        .consent_of(token, stand_in.desk.clock.now())
        .is_some_and(|consent| consent.keys == site.location && [scope, FULL_SCOPE].iter().any(|scope| consent.grants(scope)));
    if may && !ledger.settings.company_info_denied { Ok(()) } else { Err(Refused::not_authorized()) }
}

/// The token, in Zoho's own scheme or in the one that its token answer names.
fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = authorization(headers)?;
    ["zoho-oauthtoken", "bearer"].contains(&scheme.to_ascii_lowercase().as_str()).then_some(token)
}

fn list(site: &DataCenter) -> Response {
    let organizations: Vec<Value> =
        site.organizations.iter().enumerate().map(|(position, one)| as_json(site, one, position == 0)).collect();
    Json(json!({ "code": 0, "message": "success", "organizations": organizations })).into_response()
}

fn as_json(site: &DataCenter, organization: &Organization, is_default: bool) -> Value {
    json!({
        "organization_id": organization.id,
        "name": organization.name,
        "contact_name": site.name,
        "email": site.email,
        "is_default_org": is_default,
        "time_zone": organization.time_zone,
        "currency_id": format!("{}0000000000097", &organization.id[..2]),
        "currency_code": organization.currencies[0],
        "price_precision": 2,
        "country_code": organization.country,
        "plan_name": "PROFESSIONAL",
        "fiscal_year_start_month": 0,
        "org_settings": { "is_org_active": true },
    })
}

/// The answer for a status that no endpoint made. A throttled token endpoint answers 400, which can be repeated; the API answers 429 with
/// code 44.
pub(super) fn failure(place: Place, status: StatusCode, _: Timestamp) -> Response {
    match (place, status) {
        (Place::Api, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Refused::not_authorized().into_response(),
        (Place::Api, StatusCode::TOO_MANY_REQUESTS) => {
            Refused::new(status, 44, "Too many requests in this minute").into_response()
        }
        (Place::Api, _) => Refused::new(status, 1000, "Something failed within").into_response(),
        (_, StatusCode::TOO_MANY_REQUESTS) => (StatusCode::BAD_REQUEST, Json(access_denied())).into_response(),
        _ => (status, Json(json!({ "error": "general_error" }))).into_response(),
    }
}

/// The accounts server's answer to too many requests. It does not end the grant.
pub(super) fn access_denied() -> Value {
    json!({
        "error_description": "You have made too many requests continuously. Please try again after some time.",
        "error": "Access Denied",
        "status": "failure",
    })
}
