//! `/v1/checks` and `/v1/invoices`: imported records. The function `records` serves them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::{RecordId, StoredRecord};
use counterfoil_core::port::store::records::Dated;
use counterfoil_core::service::records::{Filter, RecordStatus, by_date, changed};
use counterfoil_core::{App, Error};
use jiff::Timestamp;

use crate::extract::accept::accepts;
use crate::extract::cursor;
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::partner::envelope::{Envelope, Page};
use crate::surface::partner::record_answer::{RecordAnswer, answer};
use crate::surface::partner::record_csv;
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;

pub(crate) async fn checks(
    app: State<Arc<App>>,
    caller: PartnerCaller,
    asked: (Paging, Query, HeaderMap, Uri),
) -> Result<Response, Problem> {
    list(app, caller, RecordKind::Check, asked).await
}

pub(crate) async fn invoices(
    app: State<Arc<App>>,
    caller: PartnerCaller,
    asked: (Paging, Query, HeaderMap, Uri),
) -> Result<Response, Problem> {
    list(app, caller, RecordKind::Invoice, asked).await
}

pub(crate) async fn check(app: State<Arc<App>>, caller: PartnerCaller, id: InPath<RecordId>, query: Query) -> One {
    one(app, caller, RecordKind::Check, id, &query).await
}

pub(crate) async fn invoice(app: State<Arc<App>>, caller: PartnerCaller, id: InPath<RecordId>, query: Query) -> One {
    one(app, caller, RecordKind::Invoice, id, &query).await
}

/// How many records a page has at most with their sources, so that the longest fit into an answer of 6 MB, escaped.
const SOURCES_MOST: u32 = 50;

type One = Result<Json<Envelope<RecordAnswer>>, Problem>;

async fn one(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    kind: RecordKind,
    InPath(id): InPath<RecordId>,
    query: &Query,
) -> One {
    let id = Some(id).filter(|id| id.kind() == kind).ok_or(Error::NO_RECORD)?;
    let stored = app.records.record(&key.partner, &id).await?.ok_or(Error::NO_RECORD)?;
    Ok(Json(Envelope::of(answer(stored, includes_source(query)?))))
}

async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    kind: RecordKind,
    (mut paging, query, headers, uri): (Paging, Query, HeaderMap, Uri),
) -> Result<Response, Problem> {
    let company_key = query.filled("companyKey", CompanyKey::LONGEST)?.map(CompanyKey::parse).transpose()?;
    let wanted = Wanted {
        filter: filter(&query, kind)?,
        connection: company_key.map(|company_key| ConnectionId { partner: key.partner.clone(), company_key }),
        since: query.time("updatedSince")?,
    };
    let source = includes_source(&query)?;
    if source {
        paging.limit = paging.limit.min(SOURCES_MOST);
    }
    let (records, next) = wanted.page(&app, &key.partner, &paging).await?;
    if accepts(&headers, "text/csv") {
        return Ok(record_csv::page(kind, &records, &uri, next.as_deref())?.into_response());
    }
    let records = records.into_iter().map(|stored| answer(stored, source)).collect();
    Ok(Json(Page::of(records, next)).into_response())
}

struct Wanted {
    filter: Filter,
    connection: Option<ConnectionId>,
    since: Option<Timestamp>,
}

impl Wanted {
    /// A page of records, and the cursor of the next page.
    async fn page(&self, app: &App, partner: &PartnerId, paging: &Paging) -> Result<(Vec<StoredRecord>, Option<String>), Error> {
        let (list, limit) = (self.list(), paging.limit as usize);
        let next = |place: String| cursor::write(&list, partner, &place);
        let Self { filter, connection, since } = self;
        if let Some(since) = since {
            let missing = || Error::invalid("missing_parameter", "updatedSince needs companyKey.");
            let connection = connection.as_ref().ok_or_else(missing)?;
            let after = paging.after(&list, partner, read_change)?;
            let from = after.unwrap_or(changed::Place { at: *since, offset: 0 });
            let page = changed::changed(app, connection, filter, from, limit).await?;
            return Ok((page.records, page.next.map(|place| next(write_change(place)))));
        }
        let page = match (connection, paging.after(&list, partner, read_place)?) {
            (None, after) => by_date::of_partner(app, partner, filter, after, limit).await?,
            (Some(connection), None) => by_date::of_connection(app, connection, filter, None, limit).await?,
            (Some(connection), Some(by_date::Place::Behind(_, dated))) => {
                by_date::of_connection(app, connection, filter, Some(dated), limit).await?
            }
            (Some(_), Some(by_date::Place::After(_))) => return Err(cursor::damaged()),
        };
        Ok((page.records, page.next.map(|place| next(write_place(&place)))))
    }

    /// The list that a cursor belongs to: a cursor of another list or filter is refused.
    fn list(&self) -> String {
        let kind: &str = self.filter.kind.into();
        let order = if self.since.is_some() { "changes" } else { "dates" };
        let of = self.connection.as_ref().map_or("", |connection| connection.company_key.as_str());
        let Filter { from, to, platform, status, .. } = self.filter;
        // A list without these filters has the name that it had before they were part of it.
        let platform = platform.map(|platform| format!(" {platform}")).unwrap_or_default();
        let status = status.map(|status| format!(" {status:?}")).unwrap_or_default();
        format!("{kind} {order} {of} {from:?} {to:?}{platform}{status}")
    }
}

fn write_change(place: changed::Place) -> String {
    format!("{} {}", place.at.as_millisecond(), place.offset)
}

fn read_change(text: &str) -> Option<changed::Place> {
    let (at, offset) = text.split_once(' ')?;
    Some(changed::Place { at: Timestamp::from_millisecond(at.parse().ok()?).ok()?, offset: offset.parse().ok()? })
}

fn write_place(place: &by_date::Place) -> String {
    match place {
        by_date::Place::Behind(company_key, Dated { date, id }) => format!("{company_key} {date} {id}"),
        by_date::Place::After(company_key) => company_key.to_string(),
    }
}

fn read_place(text: &str) -> Option<by_date::Place> {
    let parts: Vec<_> = text.split(' ').collect();
    match parts[..] {
        [company_key] => Some(by_date::Place::After(CompanyKey::parse(company_key).ok()?)),
        [company_key, date, id] => {
            let dated = Dated { date: date.parse().ok()?, id: RecordId::parse(id)? };
            Some(by_date::Place::Behind(CompanyKey::parse(company_key).ok()?, dated))
        }
        _ => None,
    }
}

fn filter(query: &Query, kind: RecordKind) -> Result<Filter, Error> {
    let status = match kind {
        RecordKind::Check => query.word("status", "issued, to_be_issued, closed, void, deleted")?.map(RecordStatus::Check),
        RecordKind::Invoice => query.word("status", "open, paid, void, deleted")?.map(RecordStatus::Invoice),
    };
    let platform = query.word::<PlatformName>("platform", &PlatformName::names())?;
    let (from, to) = (query.date("dateFrom")?, query.date("dateTo")?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Error::invalid("invalid_parameter", "dateFrom is after dateTo."));
    }
    Ok(Filter { kind, platform, status, from, to })
}

fn includes_source(query: &Query) -> Result<bool, Error> {
    match query.filled("include", 64)? {
        None => Ok(false),
        Some("source") => Ok(true),
        Some(_) => Err(Error::invalid("invalid_parameter", "The parameter include must be: source.")),
    }
}
