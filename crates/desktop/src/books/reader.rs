//! Reads the books of a company file, page by page.
//!
//! QuickBooks gives a list by an iterator, which lives as long as the session of the Web Connector. If it is lost, the list is begun again.
//! A page that was answered and not stored is lost too, because the iterator is behind it: then fewer objects remain than should.

use std::time::Duration;

use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::model::time::earlier;
use counterfoil_core::port::accounting::{Page, ReadFailure};
use counterfoil_core::port::company_file::{CompanyFileBooks, PageAnswer, PageDocument};

use super::entry::{absent, entry};
use super::place::{IteratorPlace, List, Place, resources};
use super::{Deleted, deleted_query, request};
use crate::failure::hresult_number;
use crate::qbxml::{Element, Response, Version, document};
use crate::resource::{Page as QueryPage, Step};

/// How far before the time of the last run QuickBooks is asked for changes. The times of changes are those of the computer with QuickBooks,
/// whose clock or time zone may be wrong.
const CLOCK_ERROR: Duration = Duration::from_secs(86_400);
/// The statuses of a request without a permission: of the user, and of the application.
const NOT_PERMITTED: [u32; 2] = [3_260, 3_261];
/// The statuses of objects that are in use.
const IN_USE: [u32; 4] = [3_170, 3_175, 3_176, 3_180];
/// The first status of an error in the request, after the errors of QuickBooks itself.
const REQUEST_ERRORS: u32 = 3_000;
/// The HRESULTs of a QuickBooks that permits no access: never given, not given, withdrawn.
const NO_ACCESS: [u32; 3] = [0x8004_0418, 0x8004_041A, 0x8004_0420];

const UNAVAILABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };

/// The books in company files.
#[derive(Debug, Clone, Copy)]
pub struct Books;

impl CompanyFileBooks for Books {
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        match kind {
            SyncKind::Sync => &[EntityType::Check, EntityType::BillPaymentCheck],
            SyncKind::ImportInvoices => &[EntityType::Invoice, EntityType::Bill],
        }
    }

    fn first(&self, options: &ReadOptions) -> Cursor {
        Place::first(options).cursor()
    }

    fn request(&self, options: &ReadOptions, cursor: &Cursor) -> Result<PageDocument, ReadFailure> {
        let place = Place::of(cursor)?;
        let query = query(options, &place).ok_or_else(|| rejected("list"))?;
        let document = document(Version::OWN, vec![("1".to_owned(), query)]).map_err(|error| rejected(&error.to_string()))?;
        let session = place.iterator.map(|iterator| Fingerprint::stored(iterator.session));
        Ok(PageDocument { document: Secret::new(document), session })
    }

    fn page(&self, options: &ReadOptions, cursor: &Cursor, answer: PageAnswer<'_>) -> Result<Page, ReadFailure> {
        let place = Place::of(cursor)?;
        let responses = Response::parse(answer.document.expose()).map_err(|_| UNAVAILABLE)?;
        let response = responses.into_iter().next().ok_or(UNAVAILABLE)?;
        if response.is_page_lost(place.iterator.as_ref().map_or(0, |before| before.remaining)) {
            return begin_again(&place);
        }
        failure_of(&response).map_or(Ok(()), Err)?;
        let list = place.list(options).ok_or_else(|| rejected("list"))?;
        let next = next(&place, &response, answer.session)?.or_else(|| place.next_list(options));
        let entries = match list {
            List::Of(resource) => {
                let objects = response.returned.iter().filter(|object| object.name == resource.object());
                objects.filter_map(|object| entry(resource, object, options.keeps_source)).collect()
            }
            List::Deleted => response.returned.iter().filter_map(Deleted::read).filter_map(absent).collect(),
        };
        Ok(Page { entries, next: next.as_ref().map(Place::cursor), ..Page::default() })
    }

    fn begin_again(&self, cursor: &Cursor) -> Result<Page, ReadFailure> {
        begin_again(&Place::of(cursor)?)
    }

    fn meaning(&self, failure: &JobFailure) -> ReadFailure {
        match failure {
            JobFailure::QuickBooks { hresult, .. } if hresult_number(hresult).is_some_and(|code| NO_ACCESS.contains(&code)) => {
                ReadFailure::AccessDenied
            }
            JobFailure::TooOld => rejected("version"),
            JobFailure::QuickBooks { .. }
            | JobFailure::WrongCompanyFile(_)
            | JobFailure::OutcomeUnknown
            | JobFailure::AnswerLost
            | JobFailure::IteratorLost => UNAVAILABLE,
        }
    }
}

fn query(options: &ReadOptions, place: &Place) -> Option<Element> {
    let since = options.since.map(|since| earlier(since, CLOCK_ERROR));
    match place.list(options)? {
        List::Of(resource) => {
            let step = place.iterator.as_ref().map_or(Step::Start, |iterator| Step::Continue(&iterator.id));
            Some(request(resource, since).query(QueryPage { most: Some(place.most), step: Some(step) }))
        }
        List::Deleted => Some(deleted_query(&resources(options.kind), since)),
    }
}

/// The next page of the list; `None` after its last one.
fn next(place: &Place, response: &Response, session: &Fingerprint) -> Result<Option<Place>, ReadFailure> {
    let remaining = response.iterator_remaining.unwrap_or(0);
    if remaining == 0 {
        return Ok(None);
    }
    let id = response.iterator_id.clone().filter(|_| !response.returned.is_empty()).ok_or(UNAVAILABLE)?;
    let iterator = IteratorPlace { id, session: session.as_str().to_owned(), remaining };
    Ok(Some(Place { iterator: Some(iterator), ..place.clone() }))
}

fn begin_again(place: &Place) -> Result<Page, ReadFailure> {
    let again = place.again().ok_or(UNAVAILABLE)?;
    tracing::info!(list = again.list, again = again.again, "a list of a company file is begun again");
    Ok(Page { next: Some(again.cursor()), ..Page::default() })
}

/// What a failed request means; `None` if it succeeded.
fn failure_of(response: &Response) -> Option<ReadFailure> {
    let code = response.status_code;
    match code {
        _ if !response.is_failed() => None,
        _ if NOT_PERMITTED.contains(&code) => Some(ReadFailure::AccessDenied),
        REQUEST_ERRORS.. if !IN_USE.contains(&code) => Some(rejected(&code.to_string())),
        _ => Some(UNAVAILABLE),
    }
}

fn rejected(code: &str) -> ReadFailure {
    ReadFailure::Rejected { code: code.to_owned() }
}
