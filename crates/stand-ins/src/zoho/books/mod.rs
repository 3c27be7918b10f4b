//! The lists of Zoho Books: vendor payments, bills and invoices, by `page` and `per_page` of at most 200. A deleted record leaves its list.
//! No list has a total.
//!
//! | Parameter | |
//! |---|---|
//! | `organization_id` | required |
//! | `sort_column`, `sort_order` | `date`, or `last_modified_time`; `A` or `D` |
//! | `date`, `date_start`, `date_end`, `date_after`, `date_before` | the last two exclude that date |
//! | `last_modified_time` | only records that changed then or later |
//! | `filter_by`, `payment_mode` | of vendor payments: `PaymentMode.Check`, or the mode |

mod records;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::accounts::Zoho;
use super::data_center::{DATA_CENTERS, DataCenter};
use super::organizations::{Refused, admit};
use crate::bookkeeping::Bookkeeper;
use crate::bookkeeping::visit::{BooksRequest, Reading};
use crate::books::entry::Entry;
use crate::books::list::{Order, Wanted};
use crate::books::mangle::Fields;
use crate::books::traffic::{Breach, Left, Limit};
use crate::books::{Entity, Profile};
use crate::oauth::StandIn;
use crate::params::Params;
use records::Writing;

/// The default and the largest page size.
const PER_PAGE: usize = 200;

impl Bookkeeper for Zoho {
    fn profile(company: &str) -> Option<Profile> {
        let organization = DATA_CENTERS.iter().find_map(|site| site.organization(company))?;
        let sizes = &[(Entity::Payments, 210), (Entity::Bills, 250), (Entity::Invoices, 140)];
        Some(Profile { currencies: organization.currencies, sizes, changed_long_ago: false })
    }

    fn has_drafts(_: Entity) -> bool {
        true
    }

    fn record_id(entry: &Entry<'_>) -> String {
        records::id(entry)
    }

    /// The answer beyond a limit. There is no `Retry-After`; for the day's limit the headers say when it resets.
    fn limited(breach: &Breach, _: Timestamp) -> Response {
        let (code, message) = match breach.limit {
            Limit::Day => (45, "You have exceeded the number of API requests of a day"),
            Limit::Concurrent => (1070, "You have exceeded the number of API requests at once"),
            Limit::Minute | Limit::Second | Limit::App => (44, "You have exceeded the number of API requests of a minute"),
        };
        let mut answer = Refused::new(StatusCode::TOO_MANY_REQUESTS, code, message).into_response();
        if breach.limit == Limit::Day {
            answer.headers_mut().insert("x-rate-limit-remaining", 0.into());
            answer.headers_mut().insert("x-rate-limit-reset", breach.retry_after.into());
        }
        answer
    }

    fn fault_in_success(_: Timestamp) -> Response {
        Refused::new(StatusCode::OK, 1000, "Something failed within").into_response()
    }

    fn tell_limits(headers: &mut HeaderMap, left: &Left) {
        if let (Some(per_day), Some(day)) = (left.per_day, left.day) {
            headers.insert("x-rate-limit-limit", per_day.into());
            headers.insert("x-rate-limit-remaining", day.into());
            headers.insert("x-rate-limit-reset", left.day_resets_in.into());
        }
    }
}

/// A list of the API.
struct Resource {
    list: &'static str,
    report: &'static str,
    scope: &'static str,
    entity: Entity,
    fields: Fields,
}

static RESOURCES: [Resource; 3] = [
    Resource {
        list: "vendorpayments",
        report: "Payments Made",
        scope: "ZohoBooks.vendorpayments.READ",
        entity: Entity::Payments,
        fields: Fields { id: "/payment_id", amount: "/amount", date: "/date" },
    },
    Resource {
        list: "bills",
        report: "Bills",
        scope: "ZohoBooks.bills.READ",
        entity: Entity::Bills,
        fields: Fields { id: "/bill_id", amount: "/balance", date: "/date" },
    },
    Resource {
        list: "invoices",
        report: "Invoices",
        scope: "ZohoBooks.invoices.READ",
        entity: Entity::Invoices,
        fields: Fields { id: "/invoice_id", amount: "/total", date: "/date" },
    },
];

/// The lists of one data centre.
pub(super) fn routes(site: &'static DataCenter) -> Router<Arc<StandIn<Zoho>>> {
    let add = |routes: Router<Arc<StandIn<Zoho>>>, resource: &'static Resource| {
        let answer = move |State(stand_in), RawQuery(query), headers| answer(site, resource, stand_in, query, headers);
        routes.route(&format!("/{}", resource.list), get(answer))
    };
    RESOURCES.iter().fold(Router::new(), add)
}

async fn answer(
    site: &'static DataCenter,
    resource: &'static Resource,
    stand_in: Arc<StandIn<Zoho>>,
    query: Option<String>,
    headers: HeaderMap,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes()).map_err(|bad| bad.to_string());
    let company = params.as_ref().ok().and_then(|params| params.get("organization_id")).unwrap_or_default().to_owned();
    let organization = site.organization(&company);
    let admit = move |stand_in: &StandIn<Zoho>, _| {
        admit(site, resource.scope, stand_in, &headers).map_err(IntoResponse::into_response)?;
        let not_of_the_user = || Refused::new(StatusCode::UNAUTHORIZED, 6041, "This user is not associated with the CompanyID");
        organization.map(|_| ()).ok_or_else(|| not_of_the_user().into_response().into())
    };
    let answer = move |reading: &Reading<'_>| {
        let bad = |reason: String| Refused::new(StatusCode::BAD_REQUEST, 15, reason).into_response();
        let request = params.and_then(|params| ListRequest::read(resource, &params, reading)).map_err(bad)?;
        let organization = organization.expect("admitted with one");
        Ok(request.list(resource, reading, &Writing::of(organization, reading.now)))
    };
    BooksRequest { stand_in, company, counted_as: resource.list }.attend(admit, answer).await
}

/// A parsed request for a list.
struct ListRequest {
    page: usize,
    per_page: usize,
    /// The order, with its name.
    order: (Order, String),
    descending: bool,
    dates: Vec<(Comparison, Date)>,
    changed_since: Option<i64>,
    filter: String,
    /// The mode of a payment, and whether a renamed mode is found by its original name too.
    mode: Option<(String, bool)>,
}

type Comparison = fn(&Date, &Date) -> bool;

/// How a record's date must compare with the one in the parameter.
const DATES: [(&str, Comparison); 5] =
    [("date", Date::eq), ("date_start", Date::ge), ("date_end", Date::le), ("date_after", Date::gt), ("date_before", Date::lt)];

impl ListRequest {
    fn read(resource: &Resource, params: &Params, reading: &Reading<'_>) -> Result<Self, String> {
        let of_payments: &[_] = if resource.entity == Entity::Payments { &["filter_by", "payment_mode"] } else { &[] };
        let general = ["organization_id", "page", "per_page", "sort_column", "sort_order", "last_modified_time"];
        let known: Vec<_> = general.iter().chain(of_payments).copied().chain(DATES.map(|(name, _)| name)).collect();
        params.only(&known).map_err(|bad| bad.to_string())?;
        let number = |name: &str, default: usize| match params.get(name) {
            Some(text) => {
                text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("Invalid value passed for {name}"))
            }
            None => Ok(default),
        };
        let date = |(name, holds): (&str, Comparison)| {
            let text = params.get(name)?;
            Some(
                Date::strptime("%Y-%m-%d", text)
                    .map(|date| (holds, date))
                    .map_err(|_| format!("Invalid value passed for {name}")),
            )
        };
        let modes_follow = reading.settings.unconfirmed_filters;
        let column = params.get("sort_column").unwrap_or("date");
        let order = match column {
            "date" => Order::Date,
            "last_modified_time" if modes_follow || resource.entity != Entity::Payments => Order::Changed,
            other => return Err(format!("Invalid value passed for sort_column: {other}")),
        };
        let filter = params.get("filter_by").unwrap_or("PaymentMode.All");
        let by_filter = filter.strip_prefix("PaymentMode.").ok_or("Invalid value passed for filter_by")?;
        let by_mode = params.get("payment_mode").map(|mode| (mode.to_owned(), false));
        Ok(Self {
            page: number("page", 1)?,
            per_page: number("per_page", PER_PAGE)?.min(PER_PAGE),
            order: (order, column.to_owned()),
            descending: params.get("sort_order").unwrap_or("D") == "D",
            dates: DATES.into_iter().filter_map(date).collect::<Result<_, _>>()?,
            changed_since: params.get("last_modified_time").map(time).transpose()?,
            filter: filter.to_owned(),
            mode: by_mode.or_else(|| (by_filter != "All").then(|| (by_filter.to_owned(), modes_follow))),
        })
    }

    fn list(&self, resource: &Resource, reading: &Reading<'_>, writing: &Writing) -> Value {
        let entities = [resource.entity];
        let matches = |entry: &Entry<'_>| {
            self.dates.iter().all(|(holds, date)| holds(&entry.date(), date))
                && self.mode.as_ref().is_none_or(|(mode, follows)| writing.is_of_mode(entry, mode, *follows))
        };
        let (order, ref column) = self.order;
        let Self { descending, changed_since, page, per_page, .. } = *self;
        let wanted = Wanted { changed_since, matches: Some(&matches), order, descending, ..Wanted::all(&entities) };
        let offset = (page - 1).saturating_mul(per_page);
        let has_more_page = reading.books.walk(&wanted).nth(offset.saturating_add(per_page)).is_some();
        let records = reading.page(&wanted, (offset, per_page), resource.fields, |entry| writing.as_json(entry));
        json!({
            "code": 0,
            "message": "success",
            resource.list: records,
            "page_context": {
                "page": page,
                "per_page": per_page,
                "has_more_page": has_more_page,
                "report_name": resource.report,
                "applied_filter": self.filter,
                "sort_column": column,
                "sort_order": if descending { "D" } else { "A" },
            },
        })
    }
}

/// A time, in Unix seconds. An unencoded `+` has become a blank.
fn time(text: &str) -> Result<i64, String> {
    let time: Result<Timestamp, _> = text.parse();
    time.map(Timestamp::as_second).map_err(|_| "Invalid value passed for last_modified_time".to_owned())
}
