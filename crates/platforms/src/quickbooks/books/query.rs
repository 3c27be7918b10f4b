//! Lists of records by Intuit's query language: all records of a type, or those that changed since a time, in the order of the ids.

use counterfoil_core::port::accounting::{Page, PageRequest, ReadFailure};

use super::{At, as_of, entity_types, entries, request, written};
use crate::books::position::{Position, Shown};
use crate::books::{UNREADABLE, cursor, wrong};
use crate::object::Object;
use crate::parts::Parts;

/// The page size: Intuit's largest.
const PAGE: usize = 1_000;

/// The page at a position of the list with the index `of`.
pub(super) async fn page(
    parts: &Parts,
    page_request: PageRequest<'_>,
    of: usize,
    position: Position,
) -> Result<Page, ReadFailure> {
    let kind = page_request.options.kind;
    let entity = *entity_types(kind).get(of).ok_or_else(|| wrong("cursor"))?;
    let name: &str = entity.into();
    let since = page_request.options.since.map(|since| format!(" where MetaData.LastUpdatedTime >= '{}'", written(since)));
    let since = since.unwrap_or_default();
    let select = format!("select * from {name}{since} orderby Id startposition {} maxresults {PAGE}", position.start);
    let answer = request(parts, page_request, "query", &[("query", &select)]).await?;
    let object = answer.object()?;
    let response = object.json("QueryResponse").and_then(Object::parse).ok_or(UNREADABLE)?;
    let records = records(&response, name).ok_or(UNREADABLE)?;
    let ids: Vec<_> = records.iter().map(|json| Object::parse(json).and_then(|record| record.id("Id"))).collect();
    let before = position.known_before(response.number("startPosition"), &ids);
    let step = position.advance(Shown { ids: &ids[before..], size: PAGE, is_full: ids.len() >= PAGE, total: None })?;
    let next = match step.next {
        Some(position) => Some(At::List { of, position }),
        None => At::list(kind, of + 1),
    };
    Ok(Page {
        entries: entries(page_request.options, entity, records.into_iter().skip(before + step.known)),
        next: next.as_ref().map(cursor),
        as_of: as_of(&answer, &object),
        ..Page::default()
    })
}

/// The records of an answer. An empty list is missing in the answer; any other value that is not a list is unreadable.
fn records<'a>(response: &Object<'a>, name: &str) -> Option<Vec<&'a str>> {
    match response.json(name) {
        Some(_) => response.list(name),
        None => Some(Vec::new()),
    }
}
