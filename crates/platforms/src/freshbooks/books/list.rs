//! Reads the lists of a run, one after the other, page by page.

use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Page, PageRequest, ReadFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use serde::{Deserialize, Serialize};

use super::vendors::{Vendors, vendors};
use super::{bill, bill_payment, eastern, invoice, request, result};
use crate::books::entry::entry;
use crate::books::position::Position;
use crate::books::window::{Said, Sizes};
use crate::books::{Answer, UNREADABLE, cursor, wrong};
use crate::object::Object;
use crate::parts::Parts;

/// The largest page size. `FreshBooks` cuts a larger page off without an error.
pub(super) const PAGE: usize = 100;

/// The position of a run.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Place {
    /// The index of the list.
    of: usize,
    at: Position,
    /// Whether the list is requested without parameters that the account may not support.
    is_plain: bool,
    /// The page sizes of this list.
    #[serde(default = "sizes")]
    sizes: Sizes,
    /// The number of records in the lists before, if it is known.
    #[serde(default)]
    before: Option<u64>,
}

const fn sizes() -> Sizes {
    Sizes::up_to(PAGE)
}

impl Place {
    pub(super) const FIRST: Self = Self { of: 0, at: Position::FIRST, is_plain: false, sizes: sizes(), before: Some(0) };

    fn begins_bills(&self, of: EntityType) -> bool {
        of == EntityType::Bill && self.at == Position::FIRST
    }
}

pub(super) const fn entity_types(kind: SyncKind) -> &'static [EntityType] {
    match kind {
        SyncKind::Sync => &[EntityType::BillPayment],
        SyncKind::ImportInvoices => &[EntityType::Invoice, EntityType::Bill],
    }
}

const fn name(of: EntityType) -> &'static str {
    match of {
        EntityType::BillPayment => "bill_payments",
        EntityType::Bill => "bills",
        _ => "invoices",
    }
}

/// The page at a position.
pub(super) async fn page(parts: &Parts, page_request: PageRequest<'_>, place: Place) -> Result<Page, ReadFailure> {
    let clock = SystemClock::start();
    let types = entity_types(page_request.options.kind);
    let of = *types.get(place.of).ok_or_else(|| wrong("cursor"))?;
    let answer = match ask_for(parts, page_request, of, &place).await {
        // The filter or the included fields may have been refused.
        Err(ReadFailure::Rejected { .. }) if !place.is_plain && place.at == Position::FIRST => {
            let next = Some(cursor(&Place { is_plain: true, ..place }));
            return Ok(Page { next, ..Page::default() });
        }
        // The plan has no bills, or the grant lacks their scope. The invoices before them were read.
        Err(failure @ (ReadFailure::AccessDenied | ReadFailure::Unauthorized)) if place.begins_bills(of) => {
            let time = page_request.time.saturating_sub(clock.elapsed());
            return left_out(parts, PageRequest { time, ..page_request }, of, failure).await;
        }
        asked => asked?,
    };
    let body = answer.object()?;
    let result = result(&body);
    let records = result.list(name(of)).ok_or(UNREADABLE)?;
    let ids: Vec<_> = records.iter().map(|json| Object::parse(json).and_then(|record| record.id("id"))).collect();
    let said = Said::of(&result, "page", "per_page", "total");
    let (step, sizes) = place.sizes.advance(&place.at, &ids, &said)?;
    let counted: Vec<_> = records.into_iter().skip(step.known).collect();
    let bills = bill_payment::bills(&counted);
    let vendors = match of {
        EntityType::BillPayment if !bills.is_empty() => {
            let time = page_request.time.saturating_sub(clock.elapsed());
            vendors(parts, PageRequest { time, ..page_request }, &bills).await?
        }
        _ => Vendors::default(),
    };
    let read = |object: &Object<'_>| match of {
        EntityType::BillPayment => bill_payment::read(object, &vendors),
        EntityType::Bill => bill::read(object),
        _ => invoice::read(object),
    };
    let is_last = place.of + 1 == types.len();
    let progress = said.progress(place.before, step.next.as_ref()).filter(|_| is_last);
    let next = match step.next {
        Some(at) => Some(Place { at, sizes, ..place }),
        None if is_last => None,
        None => Some(Place { of: place.of + 1, before: said.total(place.before), ..Place::FIRST }),
    };
    Ok(Page {
        entries: counted.into_iter().filter_map(|json| entry(page_request.options, of, "id", json, read)).collect(),
        next: next.as_ref().map(cursor),
        progress,
        as_of: answer.date(),
        ..Page::default()
    })
}

/// The end of a run without the records of a type, which is its last. FreshBooks may refuse a grant without the scope with 401, as it
/// refuses an invalid token. So the reader asks for an invoice with the same token.
async fn left_out(
    parts: &Parts,
    page_request: PageRequest<'_>,
    of: EntityType,
    failure: ReadFailure,
) -> Result<Page, ReadFailure> {
    if failure == ReadFailure::Unauthorized {
        request(parts, page_request, name(EntityType::Invoice), &[("per_page", "1".to_owned())]).await?;
    }
    tracing::warn!(entity_type = <&str>::from(of), "a type of records may not be read: the run leaves it out");
    Ok(Page { left_out: Some(of), ..Page::default() })
}

async fn ask_for(parts: &Parts, page_request: PageRequest<'_>, of: EntityType, place: &Place) -> Result<Answer, ReadFailure> {
    let window = place.sizes.window(&place.at);
    let mut query = vec![("page", window.page.to_string()), ("per_page", window.size.to_string())];
    if !place.is_plain && of == EntityType::Bill {
        query.push(("include[]", "vendor".to_owned()));
    }
    // A bill payment has no time of its last change.
    if let Some(since) = page_request.options.since.filter(|_| !place.is_plain && of != EntityType::BillPayment) {
        query.push(("search[updated_min]", eastern::day_before(since).to_string()));
    }
    request(parts, page_request, name(of), &query).await
}
