//! The data API: queries, changes since a time, and records by their id.
//!
//! | Under `/v3/company/{realm}` | |
//! |---|---|
//! | `GET`, `POST query` | a select: see [`select`] |
//! | `GET cdc?entities=…&changedSince=…` | what changed, deleted records too: see [`cdc`] |
//! | `GET {entity}/{id}` | one record |

mod cdc;
mod condition;
mod records;
mod select;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{authorize, bare_xml, check_minor_version};
use super::environment::Environment;
use super::gateway::{failure, pacific_time, validation_fault};
use super::intuit::Intuit;
use crate::bookkeeping::Bookkeeper;
use crate::bookkeeping::notify::Notification;
use crate::bookkeeping::visit::{BooksRequest, Reading, edited};
use crate::books::entry::Entry;
use crate::books::traffic::Breach;
use crate::books::{Entity, Profile, State as RecordState};
use crate::fault::Place;
use crate::headers::{accepts_json, has_content_type};
use crate::oauth::StandIn;
use crate::params::Params;
use crate::random;
use select::Select;

/// The id of the first record. As at Intuit, ids are unique only within an entity.
const FIRST_ID: u64 = 101;

impl Bookkeeper for Intuit {
    fn profile(company: &str) -> Option<Profile> {
        let is_known = |environment: &Environment| environment.company(company).is_some();
        Environment::ALL.iter().find(|environment| is_known(environment))?;
        // One company has several currencies.
        let currencies: &[&str] = if company == "9130357849067890" { &["USD", "CAD", "EUR"] } else { &["USD"] };
        let sizes = &[(Entity::Purchases, 180), (Entity::Payments, 90), (Entity::Bills, 130), (Entity::Invoices, 120)];
        Some(Profile { currencies, sizes, changed_long_ago: false })
    }

    fn has_drafts(_: Entity) -> bool {
        false
    }

    fn record_id(entry: &Entry<'_>) -> String {
        (FIRST_ID + entry.index).to_string()
    }

    /// A `CloudEvent` [Intuit, "Webhooks"].
    fn notification(company: &str, entity: Entity, now: Timestamp) -> Option<Notification> {
        let environment = Environment::ALL.into_iter().find(|environment| environment.company(company).is_some())?;
        let name = match entity {
            Entity::Purchases => "purchase",
            Entity::Payments => "billpayment",
            Entity::Bills => "bill",
            Entity::Invoices => "invoice",
        };
        let body = json!([{
            "specversion": "1.0", "id": random::alphanumeric(36), "source": "intuit.stand-in", "type": format!("qbo.{name}.updated.v1"),
            "datacontenttype": "application/json", "time": now.to_string(), "intuitentityid": FIRST_ID.to_string(),
            "intuitaccountid": company, "data": {},
        }]);
        Some(Notification { header: "intuit-signature", key: environment.webhook_verifier(), body })
    }

    /// The same answer for every limit, without `Retry-After` [Intuit, "API call limits and throttles"].
    fn limited(_: &Breach, now: Timestamp) -> Response {
        failure(Place::Api, StatusCode::TOO_MANY_REQUESTS, now)
    }

    fn fault_in_success(now: Timestamp) -> Response {
        let mut answer = validation_fault("10000", "An application error has occurred", "Something failed within", now);
        *answer.status_mut() = StatusCode::OK;
        answer
    }
}

/// The routes of one of the two API hosts.
pub(super) fn routes(host: Environment) -> Router<Arc<StandIn<Intuit>>> {
    let query = move |State(stand_in), path, parameters, headers, body| query(host, stand_in, path, parameters, headers, body);
    let changes = move |State(stand_in), path, parameters, headers| cdc::answer(host, stand_in, path, parameters, headers);
    let record = move |State(stand_in), path, parameters, headers| record(host, stand_in, path, parameters, headers);
    Router::new()
        .route("/v3/company/{realm}/query", get(query).post(query))
        .route("/v3/company/{realm}/cdc", get(changes))
        .route("/v3/company/{realm}/{entity}/{id}", get(record))
}

/// Refuses a caller without access to the company's books.
fn admit(
    host: Environment,
    realm: &str,
    headers: &HeaderMap,
    stand_in: &StandIn<Intuit>,
    now: Timestamp,
) -> Result<(), Box<Response>> {
    authorize(stand_in, host, realm, headers, now).map_err(|status| failure(Place::Api, status, now))?;
    // Without this header Intuit answers XML, so a client that forgets it must notice.
    if accepts_json(headers) { Ok(()) } else { Err(bare_xml(now).into()) }
}

async fn query(
    host: Environment,
    stand_in: Arc<StandIn<Intuit>>,
    Path(realm): Path<String>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let select = select_of(parameters.as_deref().unwrap_or_default(), &headers, &body);
    let counted_as = select.as_ref().map_or("query", Select::asked);
    let company = realm.clone();
    let admit = move |stand_in: &StandIn<Intuit>, now| admit(host, &realm, &headers, stand_in, now);
    let answer = move |reading: &Reading<'_>| {
        let select = select.map_err(|bad| bad.answer(reading.now))?;
        select.check(reading.settings).map_err(|bad| bad.answer(reading.now))?;
        let mut body = json!({ "QueryResponse": select.run(reading) });
        body["time"] = json!(pacific_time(reading.now));
        Ok(body)
    };
    BooksRequest { stand_in, company, counted_as }.attend(admit, answer).await
}

/// The select: in the query or, as `application/text`, in the body. Some clients post it in the query.
fn select_of(parameters: &str, headers: &HeaderMap, body: &Bytes) -> Result<Select, BadRequest> {
    let params = parameters_of(parameters, &["query"])?;
    let text = match params.get("query") {
        Some(query) => query,
        None if has_content_type(headers, "application/text") => {
            std::str::from_utf8(body).map_err(|_| BadRequest::query("the select is no text"))?
        }
        None => return Err(BadRequest::query("there is no select")),
    };
    Select::parse(text)
}

async fn record(
    host: Environment,
    stand_in: Arc<StandIn<Intuit>>,
    Path((realm, entity, id)): Path<(String, String, String)>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Response {
    let company = realm.clone();
    let admit = move |stand_in: &StandIn<Intuit>, now| admit(host, &realm, &headers, stand_in, now);
    let answer = move |reading: &Reading<'_>| {
        let now = reading.now;
        parameters_of(parameters.as_deref().unwrap_or_default(), &[]).map_err(|bad| bad.answer(now))?;
        let found = records::entity_of(&entity).and_then(|(entity, name)| {
            let index = id.parse::<u64>().ok()?.checked_sub(FIRST_ID)?;
            let entry = reading.books.entry(entity, index)?;
            (entry.state() != RecordState::Deleted).then(|| (name, edited(&entry, records::as_json(&entry))))
        });
        let (name, record) = found
            .ok_or_else(|| validation_fault("610", "Object Not Found", "Something you're trying to use is not there", now))?;
        let mut body = json!({ name: record });
        body["time"] = json!(pacific_time(now));
        Ok(body)
    };
    BooksRequest { stand_in, company, counted_as: "record" }.attend(admit, answer).await
}

/// The parameters of a request for records: those of every request, and `further`.
fn parameters_of(text: &str, further: &[&str]) -> Result<Params, BadRequest> {
    let params = Params::parse(text.as_bytes()).map_err(|bad| BadRequest::parameter(bad.to_string()))?;
    let known: Vec<&str> = further.iter().copied().chain(["minorversion", "requestid"]).collect();
    params.only(&known).map_err(|bad| BadRequest::parameter(bad.to_string()))?;
    check_minor_version(&params).map_err(BadRequest::parameter)?;
    Ok(params)
}

/// A 400 with Intuit's code and text.
#[derive(Debug)]
struct BadRequest {
    code: &'static str,
    message: &'static str,
    detail: String,
}

impl BadRequest {
    fn parameter(detail: String) -> Self {
        Self { code: "2010", message: "Request has invalid or unsupported property", detail }
    }

    /// The select cannot be read.
    fn query(detail: impl Into<String>) -> Self {
        Self { code: "4000", message: "Error parsing query", detail: format!("QueryParserError: {}", detail.into()) }
    }

    /// The select uses an unknown property.
    fn property(detail: impl Into<String>) -> Self {
        Self { code: "4001", message: "Invalid query", detail: format!("QueryValidationError: {}", detail.into()) }
    }

    fn answer(&self, now: Timestamp) -> Response {
        validation_fault(self.code, self.message, &self.detail, now).into_response()
    }
}

/// The object around the records of one entity; an empty one if there are no records.
fn response_of(name: &str, records: &[Value], start: usize) -> Value {
    if records.is_empty() {
        return json!({});
    }
    json!({ name: records, "startPosition": start, "maxResults": records.len() })
}
