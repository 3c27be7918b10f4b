//! The lists of the accounting API: see [`Resource`]. Their parameters are `where` and `order` (see [`filter`]), `page` from 1 and `pageSize`
//! of at most 1,000; changes since a time are requested by `If-Modified-Since`. A list of more than 100,000 records is a 400. A deleted record
//! stays in its list with the status `DELETED`. Every list has the order of its ids.

mod accounts;
mod filter;
mod records;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{HeaderMap, HeaderValue, IF_MODIFIED_SINCE};
use axum::response::{IntoResponse, Response};
use axum::{Json, routing::get};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::WEBHOOK_KEY;
use super::identity::Xero;
use super::organisation::{Organisation, bare_xml, envelope, reached, tenant_id};
use super::problem::{invalid, limited};
use crate::bookkeeping::Bookkeeper;
use crate::bookkeeping::notify::Notification;
use crate::bookkeeping::visit::{BooksRequest, Reading};
use crate::books::entry::Entry;
use crate::books::list::{Order, Wanted};
use crate::books::mangle::Fields;
use crate::books::traffic::{Breach, Left, Limit};
use crate::books::{Entity, Profile};
use crate::headers::accepts_json;
use crate::oauth::StandIn;
use crate::params::Params;
use filter::Filter;

const DEFAULT_PAGE_SIZE: usize = 100;
const MAX_PAGE_SIZE: usize = 1_000;
/// The longest list that is answered.
const MAX_RECORDS: usize = 100_000;

impl Bookkeeper for Xero {
    fn profile(company: &str) -> Option<Profile> {
        let organisation = Organisation::of(company)?;
        let sizes = &[(Entity::Purchases, 160), (Entity::Payments, 90), (Entity::Bills, 125), (Entity::Invoices, 110)];
        Some(Profile { currencies: organisation.currencies, sizes, changed_long_ago: organisation.is_demo })
    }

    fn has_drafts(entity: Entity) -> bool {
        matches!(entity, Entity::Bills | Entity::Invoices)
    }

    fn record_id(entry: &Entry<'_>) -> String {
        records::id(entry)
    }

    /// Xero sends none of payments and bank transactions.
    fn notification(company: &str, entity: Entity, now: Timestamp) -> Option<Notification> {
        let tenant_id = Organisation::of(company)?.tenant_id;
        matches!(entity, Entity::Bills | Entity::Invoices).then_some(())?;
        let event = json!({
            "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/changed", "resourceId": "changed",
            "eventDateUtc": now.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string(), "eventType": "UPDATE", "eventCategory": "INVOICE",
            "tenantId": tenant_id, "tenantType": "ORGANISATION",
        });
        let body = json!({ "events": [event], "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "STANDINENTROPY" });
        Some(Notification { header: "x-xero-signature", key: WEBHOOK_KEY, body })
    }

    fn limited(breach: &Breach, _: Timestamp) -> Response {
        match breach.limit {
            Limit::Day => limited("day", Some(breach.retry_after)),
            Limit::Concurrent => limited("concurrent", None),
            Limit::App => limited("appminute", None),
            Limit::Minute | Limit::Second => limited("minute", Some(breach.retry_after)),
        }
    }

    fn fault_in_success(now: Timestamp) -> Response {
        let mut body = envelope("Elements", &[], now);
        body["Status"] = json!("ERROR");
        Json(body).into_response()
    }

    fn tell_limits(headers: &mut HeaderMap, left: &Left) {
        let told =
            [("x-daylimit-remaining", left.day), ("x-minlimit-remaining", left.minute), ("x-appminlimit-remaining", left.app)];
        for (name, left) in told {
            if let Some(left) = left {
                headers.insert(name, left.into());
            }
        }
    }
}

/// A list of the API.
struct Resource {
    /// The name of one item.
    name: &'static str,
    /// The path of the list.
    list: &'static str,
    scope: &'static str,
    entities: &'static [Entity],
    fields: Fields,
    /// The properties that it can be filtered by.
    filters: &'static [&'static str],
}

static RESOURCES: [Resource; 3] = [
    Resource {
        name: "BankTransaction",
        list: "BankTransactions",
        scope: "accounting.banktransactions",
        entities: &[Entity::Purchases],
        fields: Fields { id: "/BankTransactionID", amount: "/Total", date: "/DateString" },
        filters: &["Type", "Status", "Date"],
    },
    Resource {
        name: "Payment",
        list: "Payments",
        scope: "accounting.payments",
        entities: &[Entity::Payments],
        fields: Fields { id: "/PaymentID", amount: "/BankAmount", date: "/Date" },
        filters: &["PaymentType", "Status", "Date"],
    },
    Resource {
        name: "Invoice",
        list: "Invoices",
        scope: "accounting.invoices",
        entities: &[Entity::Bills, Entity::Invoices],
        fields: Fields { id: "/InvoiceID", amount: "/Total", date: "/DateString" },
        filters: &["Type", "Status", "Date"],
    },
];

pub(super) fn routes() -> Router<Arc<StandIn<Xero>>> {
    let accounts = get(|State(stand_in), RawQuery(query), headers| accounts::answer(stand_in, query, headers));
    let add = |routes: Router<Arc<StandIn<Xero>>>, resource: &'static Resource| {
        let answer = move |State(stand_in), RawQuery(query), headers| answer(resource, stand_in, query, headers);
        routes.route(&format!("/{}", resource.list), get(answer))
    };
    RESOURCES.iter().fold(Router::new().route("/Accounts", accounts), add)
}

/// A parsed request for a list.
struct ListRequest {
    filter: Filter,
    order: Order,
    descending: bool,
    /// The page's number and size; `None` for the whole list.
    page: Option<(usize, usize)>,
    changed_since: Option<i64>,
}

async fn answer(
    resource: &'static Resource,
    stand_in: Arc<StandIn<Xero>>,
    query: Option<String>,
    headers: HeaderMap,
) -> Response {
    let company = tenant_id(&headers).unwrap_or_default().to_owned();
    let since = headers.get(IF_MODIFIED_SINCE).cloned();
    let answer = move |reading: &Reading<'_>| {
        let request = ListRequest::read(resource, query.as_deref().unwrap_or_default(), since.as_ref());
        request.and_then(|request| request.list(resource, reading)).map_err(|reason| invalid(&reason).into())
    };
    let admit = move |stand_in: &StandIn<Xero>, now| admit(resource.scope, &headers, stand_in, now);
    BooksRequest { stand_in, company, counted_as: resource.list }.attend(admit, answer).await
}

/// Refuses a caller without access to such records of the organisation.
fn admit(scope: &str, headers: &HeaderMap, stand_in: &StandIn<Xero>, now: Timestamp) -> Result<(), Box<Response>> {
    reached(stand_in, scope, headers, now).map_err(IntoResponse::into_response)?;
    // Without this header Xero answers XML, so a client that forgets it must notice.
    if accepts_json(headers) { Ok(()) } else { Err(bare_xml().into()) }
}

impl ListRequest {
    fn read(resource: &Resource, query: &str, since: Option<&HeaderValue>) -> Result<Self, String> {
        let params = Params::parse(query.as_bytes()).map_err(|bad| bad.to_string())?;
        params.only(&["where", "order", "page", "pageSize"]).map_err(|bad| bad.to_string())?;
        let number =
            |name: &str| params.get(name).map(|text| text.parse().map_err(|_| format!("{name} is no number"))).transpose();
        let size = number("pageSize")?.unwrap_or(DEFAULT_PAGE_SIZE);
        let page = number("page")?.map(|page| (page, size));
        if page.is_some_and(|(page, size)| page == 0 || !(1..=MAX_PAGE_SIZE).contains(&size)) {
            return Err("page is from 1, pageSize from 1 to 1000".to_owned());
        }
        let (order, descending) = order(resource, params.get("order").unwrap_or_default())?;
        let filter = Filter::read(params.get("where").unwrap_or_default(), resource.filters)?;
        let changed_since = since.map(|since| time(since).ok_or("If-Modified-Since is no time of UTC")).transpose()?;
        Ok(Self { filter, order, descending, page, changed_since })
    }

    fn list(&self, resource: &Resource, reading: &Reading<'_>) -> Result<Value, String> {
        let matches = |entry: &Entry<'_>| self.filter.holds(|name| records::value(entry, name));
        let Self { order, descending, changed_since, .. } = *self;
        let matches = (!self.filter.is_empty()).then_some(&matches as &dyn Fn(&Entry<'_>) -> bool);
        let wanted = Wanted { changed_since, matches, with_deleted: true, order, descending, ..Wanted::all(resource.entities) };
        let count = reading.books.walk(&wanted).take(MAX_RECORDS + 1).count();
        if count > MAX_RECORDS {
            return Err(format!("the list has more than {MAX_RECORDS} records"));
        }
        let (number, size) = self.page.unwrap_or((1, MAX_RECORDS));
        // Only lists with pages have lines.
        let render = |entry: &Entry<'_>| records::as_json(entry, self.page.is_some());
        let offset = (number - 1).saturating_mul(size);
        let records = reading.page(&wanted, (offset, size), resource.fields, render);
        let mut body = envelope(resource.list, &records, reading.now);
        if self.page.is_some() {
            body["pagination"] =
                json!({ "page": number, "pageSize": size, "pageCount": count.div_ceil(size), "itemCount": count });
        }
        Ok(body)
    }
}

/// The order of a list, and whether it is reversed. The default is the order of the ids.
fn order(resource: &Resource, text: &str) -> Result<(Order, bool), String> {
    let (name, direction) = text.split_once(' ').unwrap_or((text, "ASC"));
    let order = match name {
        "" => Order::Scattered,
        "Date" => Order::Date,
        "UpdatedDateUTC" => Order::Changed,
        _ if name.strip_suffix("ID") == Some(resource.name) => Order::Scattered,
        _ => return Err(format!("there is no order by {name}")),
    };
    match direction {
        "ASC" => Ok((order, false)),
        "DESC" => Ok((order, true)),
        _ => Err("an order is ASC or DESC".to_owned()),
    }
}

/// A time in UTC without an offset, to the second, in Unix seconds [xero-oas].
fn time(header: &HeaderValue) -> Option<i64> {
    let local: DateTime = header.to_str().ok()?.parse().ok()?;
    Offset::UTC.to_timestamp(local).ok().map(Timestamp::as_second)
}
