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
}

const fn sizes() -> Sizes {
    Sizes::up_to(PAGE)
}

impl Place {
    pub(super) const FIRST: Self = Self { of: 0, at: Position::FIRST, is_plain: false, sizes: sizes() };
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
            return Ok(Page { next, requests: 1, ..Page::default() });
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
    let (vendors, requests) = match of {
        EntityType::BillPayment if !bills.is_empty() => (
            vendors(parts, PageRequest { time: page_request.time.saturating_sub(clock.elapsed()), ..page_request }, &bills)
                .await?,
            2,
        ),
        _ => (Vendors::default(), 1),
    };
    let read = |object: &Object<'_>| match of {
        EntityType::BillPayment => bill_payment::read(object, &vendors),
        EntityType::Bill => bill::read(object),
        _ => invoice::read(object),
    };
    let next = match step.next {
        Some(at) => Some(Place { at, sizes, ..place }),
        None => (place.of + 1 < types.len()).then_some(Place { of: place.of + 1, ..Place::FIRST }),
    };
    Ok(Page {
        entries: counted.into_iter().filter_map(|json| entry(page_request.options, of, "id", json, read)).collect(),
        next: next.as_ref().map(cursor),
        requests,
        total: None,
        as_of: answer.date(),
        left: None,
    })
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
