//! `CompanyInfo`, on the production and on the sandbox host.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use maud::{PreEscaped, html};
use serde_json::{Value, json};

use super::company::Company;
use super::environment::Environment;
use super::gateway::{failure, pacific_time, validation_fault};
use super::intuit::{ACCOUNTING_SCOPE, Intuit};
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::{accepts_json, bearer_token};
use crate::oauth::{API, StandIn};
use crate::params::Params;

/// The only supported minor version: 1 to 74 ended in August 2025 [Intuit's notice].
const MINOR_VERSION: &str = "75";

/// The route of `CompanyInfo` on one of the two API hosts.
pub(super) fn routes(host: Environment) -> Router<Arc<StandIn<Intuit>>> {
    let company_info = move |State(stand_in), path, query, headers| company_info(host, stand_in, path, query, headers);
    Router::new().route("/v3/company/{realm}/companyinfo/{id}", get(company_info))
}

async fn company_info(
    host: Environment,
    stand_in: Arc<StandIn<Intuit>>,
    Path((realm, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let call = Call::new(API, Place::Api);
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let now = acting.desk.clock.now();
        let company = match authorize(&acting, host, &realm, &headers, now) {
            Ok(company) => company,
            Err(status) => return failure(Place::Api, status, now),
        };
        if id != realm {
            return validation_fault("610", "Object Not Found", "The id must be the company's own", now);
        }
        if let Err(detail) = check_query(query.as_deref().unwrap_or_default()) {
            return validation_fault("2010", "Request has invalid or unsupported property", &detail, now);
        }
        // Without this header Intuit answers XML, so a client that forgets it must notice.
        if accepts_json(&headers) { Json(as_json(company, now)).into_response() } else { as_xml(company, now) }
    };
    stand_in.desk.attend(call, act).await
}

/// The company, if the bearer token reaches it at this host.
pub(super) fn authorize(
    stand_in: &StandIn<Intuit>,
    host: Environment,
    realm: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<&'static Company, StatusCode> {
    let ledger = stand_in.ledger();
    let consent = bearer_token(headers).and_then(|token| ledger.consent_of(token, now)).ok_or(StatusCode::UNAUTHORIZED)?;
    let reaches = consent.keys == host.client_id() && consent.holder == realm && consent.grants(ACCOUNTING_SCOPE);
    if !reaches || ledger.settings.company_info_denied {
        return Err(StatusCode::FORBIDDEN);
    }
    host.company(realm).ok_or(StatusCode::FORBIDDEN)
}

fn check_query(query: &str) -> Result<(), String> {
    let params = Params::parse(query.as_bytes()).map_err(|bad| bad.to_string())?;
    params.only(&["minorversion"]).map_err(|bad| bad.to_string())?;
    check_minor_version(&params)
}

pub(super) fn check_minor_version(params: &Params) -> Result<(), String> {
    match params.get("minorversion") {
        None | Some(MINOR_VERSION) => Ok(()),
        Some(_) => Err(format!("minorversion must be {MINOR_VERSION}")),
    }
}

/// The JSON of a company. `Id` is `"1"` and not the realm, as usual at Intuit.
fn as_json(company: &Company, now: Timestamp) -> Value {
    let address = json!({
        "Id": "1",
        "Line1": company.street,
        "City": company.city,
        "CountrySubDivisionCode": company.state,
        "PostalCode": company.postal_code,
    });
    json!({
        "CompanyInfo": {
            "CompanyName": company.name,
            "LegalName": company.name,
            "CompanyAddr": address,
            "CompanyStartDate": company.since,
            "FiscalYearStartMonth": "January",
            "Country": "US",
            "Email": { "Address": company.email },
            "SupportedLanguages": "en",
            "domain": "QBO",
            "sparse": false,
            "Id": "1",
            "SyncToken": "4",
            "MetaData": {
                "CreateTime": format!("{}T09:00:00-07:00", company.since),
                "LastUpdatedTime": format!("{}T09:00:00-07:00", company.since),
            },
        },
        "time": pacific_time(now),
    })
}

/// The answer to a client that did not request JSON.
pub(super) fn bare_xml(now: Timestamp) -> Response {
    let body = html! {
        (PreEscaped(r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#))
        IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time=(pacific_time(now)) {}
    };
    ([(CONTENT_TYPE, "application/xml")], body.into_string()).into_response()
}

fn as_xml(company: &Company, now: Timestamp) -> Response {
    let body = html! {
        (PreEscaped(r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#))
        IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time=(pacific_time(now)) {
            CompanyInfo domain="QBO" sparse="false" {
                Id { "1" }
                CompanyName { (company.name) }
                Country { "US" }
            }
        }
    };
    ([(CONTENT_TYPE, "application/xml")], body.into_string()).into_response()
}
