//! The lists of the accounting API: bill payments, bills and invoices, by `page` and `per_page`. A page has 15 records by default and 100 at
//! most; the rest is cut off without an error. Every list has the order of the ids, whatever `sort` says. There is no void state: a void or
//! deleted record leaves its list.
//!
//! | Parameter | |
//! |---|---|
//! | `search[updated_min]` | a day of US Eastern time; bill payments do not support it |
//! | `search[ids][]` | repeated; for bill payments only if `unconfirmed_filters` is set |
//! | `include[]` | for bills: `vendor` |

mod records;

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::doorkeeper::FreshBooks;
use super::me::failure;
use super::membership::Membership;
use crate::bookkeeping::Bookkeeper;
use crate::bookkeeping::visit::{BooksRequest, Reading};
use crate::books::entry::Entry;
use crate::books::list::Wanted;
use crate::books::mangle::Fields;
use crate::books::traffic::Breach;
use crate::books::{Entity, Profile, State as RecordState};
use crate::fault::Place;
use crate::headers::bearer_token;
use crate::oauth::StandIn;
use crate::params::Params;

const DEFAULT_PER_PAGE: usize = 15;
const MAX_PER_PAGE: usize = 100;
const IDS: &str = "search[ids][]";
const UPDATED_MIN: &str = "search[updated_min]";

impl Bookkeeper for FreshBooks {
    fn profile(company: &str) -> Option<Profile> {
        let membership = Membership::of(company)?;
        let sizes: &[_] = if membership.has_bills {
            &[(Entity::Payments, 190), (Entity::Bills, 240), (Entity::Invoices, 140)]
        } else {
            // Whether such a plan also refuses the lists is not known. Here they are empty.
            &[(Entity::Payments, 0), (Entity::Bills, 0), (Entity::Invoices, 95)]
        };
        Some(Profile { currencies: membership.currencies, sizes, changed_long_ago: false })
    }

    fn has_drafts(entity: Entity) -> bool {
        entity == Entity::Invoices
    }

    fn record_id(entry: &Entry<'_>) -> String {
        records::id(entry).to_string()
    }

    fn limited(_: &Breach, now: Timestamp) -> Response {
        failure(Place::Api, StatusCode::TOO_MANY_REQUESTS, now)
    }

    /// [fb-node: `Error.test.ts`]
    fn fault_in_success(_: Timestamp) -> Response {
        refusal(StatusCode::OK, 1012, "Client not found.")
    }
}

/// A list of the API.
struct Resource {
    list: &'static str,
    scope: &'static str,
    entity: Entity,
    fields: Fields,
    /// Its parameters besides those of pages.
    parameters: &'static [&'static str],
}

static RESOURCES: [Resource; 3] = [
    Resource {
        list: "bill_payments",
        scope: "user:bill_payments:read",
        entity: Entity::Payments,
        fields: Fields { id: "/id", amount: "/amount/amount", date: "/paid_date" },
        parameters: &[IDS],
    },
    Resource {
        list: "bills",
        scope: "user:bills:read",
        entity: Entity::Bills,
        fields: Fields { id: "/id", amount: "/outstanding/amount", date: "/issue_date" },
        parameters: &[IDS, UPDATED_MIN, "include[]"],
    },
    Resource {
        list: "invoices",
        scope: "user:invoices:read",
        entity: Entity::Invoices,
        fields: Fields { id: "/id", amount: "/amount/amount", date: "/create_date" },
        parameters: &[IDS, UPDATED_MIN],
    },
];

/// The lists of an account.
pub(super) fn routes() -> Router<Arc<StandIn<FreshBooks>>> {
    let add = |routes: Router<Arc<StandIn<FreshBooks>>>, resource: &'static Resource| {
        let answer =
            move |State(stand_in), Path(account), RawQuery(query), headers| answer(resource, stand_in, account, query, headers);
        routes.route(&format!("/{0}/{0}", resource.list), get(answer))
    };
    RESOURCES.iter().fold(Router::new(), add)
}

async fn answer(
    resource: &'static Resource,
    stand_in: Arc<StandIn<FreshBooks>>,
    account: String,
    query: Option<String>,
    headers: HeaderMap,
) -> Response {
    let company = account.clone();
    let admit = move |stand_in: &StandIn<FreshBooks>, now| admit(resource, &account, stand_in, &headers, now);
    let answer = move |reading: &Reading<'_>| {
        let request = ListRequest::read(resource, query.as_deref().unwrap_or_default(), reading);
        let request = request.map_err(|reason| refusal(StatusCode::UNPROCESSABLE_ENTITY, 1001, &reason))?;
        Ok(request.list(resource, reading))
    };
    BooksRequest { stand_in, company, counted_as: resource.list }.attend(admit, answer).await
}

/// Checks access. The gateway refuses an invalid token, the accounting API one that does not reach these records.
fn admit(
    resource: &Resource,
    account: &str,
    stand_in: &StandIn<FreshBooks>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(), Box<Response>> {
    let ledger = stand_in.ledger();
    let consent = bearer_token(headers).and_then(|token| ledger.consent_of(token, now));
    let consent = consent.ok_or_else(|| failure(Place::Api, StatusCode::UNAUTHORIZED, now))?;
    let reaches = consent.grants(resource.scope) && Membership::of(account).is_some();
    if reaches && !ledger.settings.company_info_denied {
        return Ok(());
    }
    let message = "The server could not verify that you are authorized to access the URL requested.";
    Err(refusal(StatusCode::UNAUTHORIZED, 1003, message).into())
}

/// An error answer of the accounting API, in its older form.
fn refusal(status: StatusCode, errno: u32, message: &str) -> Response {
    (status, Json(json!({ "response": { "errors": [{ "errno": errno, "message": message }] } }))).into_response()
}

/// A parsed request for a list.
struct ListRequest {
    page: usize,
    per_page: usize,
    /// In Unix seconds.
    changed_since: Option<i64>,
    ids: Option<Vec<u64>>,
    with_vendor: bool,
}

impl ListRequest {
    fn read(resource: &Resource, query: &str, reading: &Reading<'_>) -> Result<Self, String> {
        let params = Params::parse_with_list(query.as_bytes(), IDS).map_err(|bad| bad.to_string())?;
        let is_confirmed = resource.entity != Entity::Payments || reading.settings.unconfirmed_filters;
        let known = resource.parameters.iter().copied().filter(|_| is_confirmed).chain(["page", "per_page", "sort"]);
        params.only(&known.collect::<Vec<_>>()).map_err(|bad| bad.to_string())?;
        let number = |name: &str, default: usize| match params.get(name).map(str::parse) {
            Some(Ok(number)) if number > 0 => Ok(number),
            Some(_) => Err(format!("{name} is no number from 1")),
            None => Ok(default),
        };
        let day = |text: &str| Date::strptime("%Y-%m-%d", text).map_err(|_| format!("{UPDATED_MIN} is no day"));
        let ids = |text: &str| text.split(' ').map(str::parse).collect::<Result<_, _>>().map_err(|_| format!("{IDS} are no ids"));
        if params.get("include[]").is_some_and(|what| what != "vendor") {
            return Err("include[] is vendor".to_owned());
        }
        Ok(Self {
            page: number("page", 1)?,
            per_page: number("per_page", DEFAULT_PER_PAGE)?.min(MAX_PER_PAGE),
            changed_since: params.get(UPDATED_MIN).map(day).transpose()?.map(records::begin),
            ids: params.get(IDS).map(ids).transpose()?,
            with_vendor: params.get("include[]").is_some(),
        })
    }

    fn list(&self, resource: &Resource, reading: &Reading<'_>) -> Value {
        let entities = [resource.entity];
        let matches = |entry: &Entry<'_>| {
            entry.state() != RecordState::Void && self.ids.as_ref().is_none_or(|ids| ids.contains(&records::id(entry)))
        };
        let wanted = Wanted { changed_since: self.changed_since, matches: Some(&matches), ..Wanted::all(&entities) };
        let &Self { page, per_page, .. } = self;
        let total = reading.books.walk(&wanted).count();
        let offset = (page - 1).saturating_mul(per_page);
        let today = records::day(reading.now);
        let render = |entry: &Entry<'_>| records::as_json(entry, today, self.with_vendor);
        let records = reading.page(&wanted, (offset, per_page), resource.fields, render);
        let pages = total.div_ceil(per_page);
        let result = json!({
            resource.list: records,
            "page": page,
            "pages": pages,
            "per_page": per_page,
            "total": total,
        });
        json!({ "response": { "result": result } })
    }
}
