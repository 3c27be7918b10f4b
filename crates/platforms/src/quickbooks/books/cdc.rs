//! Change data capture: one request for the changes of all types since a time, including deletions.

use std::time::Duration;

use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::time::until;
use counterfoil_core::port::accounting::{Page, PageRequest, ReadFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock};

use super::{At, as_of, entity_types, entries, fault, request, written};
use crate::books::{Answer, UNREADABLE, cursor};
use crate::object::Object;
use crate::parts::Parts;
use crate::rules::days;

/// How far back Counterfoil asks: a day less than Intuit's limit of thirty.
const LOOKS_BACK: Duration = days(29);
/// An answer with this number of objects may be incomplete.
const OBJECTS_MOST: usize = 1_000;

/// The changed records. If they may be incomplete, the run continues with lists of changed records.
pub(super) async fn page(parts: &Parts, page_request: PageRequest<'_>) -> Result<Page, ReadFailure> {
    let lists = At::list(page_request.options.kind, 0).as_ref().map(cursor);
    let now = SystemClock::start().now();
    let Some(since) = page_request.options.since.filter(|since| until(*since, now) < LOOKS_BACK) else {
        return Ok(Page { next: lists, ..Page::default() });
    };
    let types = entity_types(page_request.options.kind);
    let names = types.iter().map(Into::into).collect::<Vec<&str>>().join(",");
    let asked = request(parts, page_request, "cdc", &[("entities", &names), ("changedSince", &written(since))]).await;
    match asked.and_then(|answer| read(&answer, page_request, types)) {
        // Change data capture does not look back that far, by Intuit's clock.
        Err(ReadFailure::Rejected { .. }) => Ok(Page { next: lists, ..Page::default() }),
        Ok((page, objects)) => Ok(Page { next: lists.filter(|_| objects >= OBJECTS_MOST), ..page }),
        Err(failure) => Err(failure),
    }
}

/// The page of an answer, and the number of its objects.
fn read(answer: &Answer, page_request: PageRequest<'_>, types: &[EntityType]) -> Result<(Page, usize), ReadFailure> {
    let body = answer.object()?;
    let changed = changed(answer, &body, types)?;
    let objects: usize = changed.iter().map(|(_, records)| records.len()).sum();
    let entries = changed.into_iter().flat_map(|(of, records)| entries(page_request.options, of, records)).collect();
    Ok((Page { entries, as_of: as_of(answer, &body), ..Page::default() }, objects))
}

/// The records of an answer, by type. A type without changes may be missing, and a type may have a fault of its own. An answer without
/// the outer object is unreadable.
fn changed<'a>(answer: &Answer, body: &Object<'a>, types: &[EntityType]) -> Result<Vec<(EntityType, Vec<&'a str>)>, ReadFailure> {
    let mut changed = Vec::new();
    for response in body.list("CDCResponse").ok_or(UNREADABLE)? {
        let lists = Object::parse(response).and_then(|response| response.list("QueryResponse")).ok_or(UNREADABLE)?;
        for list in lists {
            fault::none_in(list, answer)?;
            let list = Object::parse(list).ok_or(UNREADABLE)?;
            for of in types.iter().filter(|of| list.json((**of).into()).is_some()) {
                changed.push((*of, list.list((*of).into()).ok_or(UNREADABLE)?));
            }
        }
    }
    Ok(changed)
}
