//! `/api/audit` and `/api/connections/{company_key}/audit`: who did what, and by which request. Function: `connections`, which has the
//! rights that this needs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::model::audit::{Action, AuditEntry};
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::audit::{AuditPage, AuditQuery, Order};
use counterfoil_core::service::audit::history;
use counterfoil_core::{App, Error};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::accept::accepts;
use crate::extract::caller::{Caller, Named};
use crate::extract::cursor;
use crate::extract::paging::Paging;
use crate::extract::query::Query;
use crate::surface::next_page;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The content type of JSON Lines.
const JSON_LINES: &str = "application/x-ndjson";
/// The largest number of rows of an answer in JSON Lines.
const LINES_MOST: u32 = 5_000;
/// The largest size of such an answer, in bytes. Lambda takes 6 MB.
const BYTES_MOST: usize = 4_000_000;

/// A row. Times are seconds since 1970.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRow)]
pub(crate) struct EntryAnswer {
    id: String,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    at: Timestamp,
    #[schema(schema_with = words::action)]
    action: String,
    actor: String,
    company_key: Option<String>,
    detail: std::collections::BTreeMap<String, String>,
    request_id: Option<String>,
    source_ip: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuditRows)]
pub(crate) struct List {
    audit: Vec<EntryAnswer>,
    next_cursor: Option<String>,
}

/// The parameters of a request, checked before anything is read from the table.
pub(crate) struct Asked {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    action: Option<Action>,
    paging: Paging,
    as_lines: bool,
    uri: Uri,
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::of(parts);
        Ok(Self {
            since: query.time("since")?,
            until: query.time("until")?,
            action: query.word("action", &Action::words())?,
            paging: Paging::from_request_parts(parts, state).await?,
            as_lines: accepts(&parts.headers, JSON_LINES),
            uri: parts.uri.clone(),
        })
    }
}

impl Asked {
    /// The name of the list in its cursors: a cursor of another list, order or filter is refused.
    fn list(&self, of: &str) -> String {
        let Self { since, until, action, as_lines, .. } = self;
        format!("audit {of} {since:?} {until:?} {action:?} {as_lines}")
    }

    fn query(&self, list: &str, partner: &PartnerId) -> Result<AuditQuery, Error> {
        Ok(AuditQuery {
            since: self.since,
            until: self.until,
            action: self.action,
            order: if self.as_lines { Order::OldestFirst } else { Order::NewestFirst },
            after: self.paging.after(list, partner, |place| Some(place.to_owned()))?,
            most: if self.as_lines { LINES_MOST } else { self.paging.limit },
        })
    }
}

pub(crate) async fn of_connection(
    State(app): State<Arc<App>>,
    asked: Asked,
    Named(_, connection): Named,
) -> Result<Response, Problem> {
    let ConnectionId { partner, company_key } = &connection.id;
    let list = asked.list(company_key.as_str());
    let page = app.audit_log.of_connection(&connection.id, &asked.query(&list, partner)?).await?;
    Ok(answer(page, &asked, &list, partner))
}

pub(crate) async fn of_partner(State(app): State<Arc<App>>, asked: Asked, Caller(caller): Caller) -> Result<Response, Problem> {
    let list = asked.list("");
    let page = history::of_partner(&app, &caller.partner, &asked.query(&list, &caller.partner)?).await?;
    Ok(answer(page, &asked, &list, &caller.partner))
}

fn answer(page: AuditPage, asked: &Asked, list: &str, partner: &PartnerId) -> Response {
    let write = |place: &str| cursor::write(list, partner, place);
    if asked.as_lines {
        let (lines, next) = lines(page);
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(JSON_LINES))]);
        next_page::link(&mut headers, &asked.uri, next.as_deref().map(write).as_deref());
        return (headers, lines).into_response();
    }
    let next_cursor = page.next.as_deref().map(write);
    Json(List { audit: page.entries.into_iter().map(entry).collect(), next_cursor }).into_response()
}

/// A line for each row, as many as fit, and the place behind which the next page begins.
fn lines(page: AuditPage) -> (String, Option<String>) {
    let (mut text, mut last) = (String::new(), None);
    for one in page.entries {
        let place = one.place.clone();
        let line = serde_json::to_string(&entry(one)).unwrap_or_default();
        if text.len() + line.len() >= BYTES_MOST {
            return (text, last);
        }
        text.push_str(&line);
        text.push('\n');
        last = Some(place);
    }
    (text, page.next)
}

fn entry(entry: AuditEntry) -> EntryAnswer {
    EntryAnswer {
        id: entry.id,
        at: entry.at,
        action: entry.action,
        actor: entry.actor,
        company_key: entry.company_key.map(|key| key.to_string()),
        detail: entry.detail,
        request_id: entry.request_id,
        source_ip: entry.source_ip,
    }
}
