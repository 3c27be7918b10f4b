//! Reads the lists of a run, one after the other, page by page.

use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Page, PageRequest, ReadFailure};
use jiff::Timestamp;
use jiff::tz::Offset;
use reqwest::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

use super::dated::{Dated, Item, PAGE};
use super::{bill, fault, invoice, vendor_payment};
use crate::books::entry::entry;
use crate::books::{Answer, UNREADABLE, address, client, cursor, get, wrong};
use crate::object::Object;
use crate::parts::Parts;
use crate::zoho::api::{TRACE, known_api};

/// The position of a run.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    /// The index of the list.
    of: usize,
    at: Dated,
}

impl Place {
    pub(super) const FIRST: Self = Self { of: 0, at: Dated::FIRST };
}

pub(super) const fn entity_types(kind: SyncKind) -> &'static [EntityType] {
    match kind {
        SyncKind::Sync => &[EntityType::VendorPayment],
        SyncKind::ImportInvoices => &[EntityType::Invoice, EntityType::Bill],
    }
}

/// The name of a list and of the ids in it.
const fn names(of: EntityType) -> (&'static str, &'static str) {
    match of {
        EntityType::VendorPayment => ("vendorpayments", "payment_id"),
        EntityType::Bill => ("bills", "bill_id"),
        _ => ("invoices", "invoice_id"),
    }
}

/// The page at a position.
pub(super) async fn page(parts: &Parts, page_request: PageRequest<'_>, place: Place) -> Result<Page, ReadFailure> {
    let types = entity_types(page_request.options.kind);
    let of = *types.get(place.of).ok_or_else(|| wrong("cursor"))?;
    let (list, id) = names(of);
    let answer = ask_for(parts, page_request, list, &place.at).await?;
    let body = answer.object()?;
    let records = body.list(list).ok_or(UNREADABLE)?;
    let items: Vec<_> = records.iter().map(|json| item(json, id)).collect();
    let context = body.object("page_context");
    // A full page is never the last one, whatever the field says.
    let has_more = context.flag("has_more_page").unwrap_or_default() || items.len() >= PAGE;
    let step = place.at.advance(&items, has_more, page_request.options.since.is_some())?;
    let next = match step.next {
        Some(at) => Some(Place { of: place.of, at }),
        None => (place.of + 1 < types.len()).then_some(Place { of: place.of + 1, at: Dated::FIRST }),
    };
    let read = match of {
        EntityType::VendorPayment => vendor_payment::read,
        EntityType::Bill => bill::read,
        _ => invoice::read,
    };
    let counted = records.into_iter().filter(|_| step.counts);
    Ok(Page {
        entries: counted.filter_map(|json| entry(page_request.options, of, id, json, read)).collect(),
        next: next.as_ref().map(cursor),
        as_of: answer.date(),
        left: fault::left(&answer),
        ..Page::default()
    })
}

fn item(json: &str, id: &str) -> Item {
    let object = Object::parse(json).unwrap_or_default();
    Item { id: object.id(id), date: object.date("date") }
}

async fn ask_for(parts: &Parts, page_request: PageRequest<'_>, list: &str, at: &Dated) -> Result<Answer, ReadFailure> {
    let api = known_api(parts, &page_request.company.api_base_url);
    let api = api.ok_or_else(|| wrong("data_center"))?;
    let mut address = address(&api, &[list])?;
    address
        .query_pairs_mut()
        .append_pair("organization_id", &page_request.company.company_id)
        .append_pair("page", &at.page.to_string())
        .append_pair("per_page", &PAGE.to_string())
        .append_pair("sort_column", "date")
        .append_pair("sort_order", "A")
        .extend_pairs(at.from.map(|from| ("date_start", from.to_string())))
        .extend_pairs(page_request.options.since.map(|since| ("last_modified_time", written(since))));
    let client = client(parts)?;
    let authorization = format!("Zoho-oauthtoken {}", page_request.access_token.expose());
    let request = client.get(address).header(AUTHORIZATION, authorization);
    fault::checked(get(request, TRACE, page_request).await?)
}

/// A time in Zoho's form: an offset without a colon.
fn written(time: Timestamp) -> String {
    format!("{}+0000", Offset::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S"))
}
