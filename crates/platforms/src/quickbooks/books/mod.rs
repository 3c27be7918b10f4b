//! The books of a QuickBooks Online company. Facts and their sources: Intuit's query documents, its reference pages Purchase,
//! `BillPayment` and `ChangeDataCapture`, and its page "API call limits and throttles".
//!
//! - Checks are two entities: a `Purchase` whose `PaymentType` is `Check`, and a `BillPayment` whose `PayType` is. Neither property is
//!   documented as one to filter by. So every purchase and bill payment is read, and others than checks are left out here.
//! - There is no status. Voiding keeps the record, sets its amounts to zero, and puts `Voided` before the note.
//! - Changes come from change data capture: one request, whose answer names deleted records. It looks back 30 days and gives 1,000 objects.
//!   If that is not enough, queries by `LastUpdatedTime` follow, and only a full run finds deleted records.

mod bill;
mod bill_payment;
mod cdc;
mod check;
mod fault;
mod invoice;
mod purchase;
mod query;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Entry, Limits, Page, PageRequest, ReadFailure};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::api::{TRACE, api};
use crate::books::entry::entry;
use crate::books::position::Position;
use crate::books::{Answer, Books, address, client, cursor, get, place};
use crate::object::Object;
use crate::parts::Parts;

pub(crate) struct QuickbooksBooks;

/// The position of a run.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum At {
    /// Change data capture is next.
    Changes,
    /// A list is next: its index, and the position in it.
    List { of: usize, position: Position },
}

impl At {
    /// The beginning of a list; `None` after the last list.
    fn list(kind: SyncKind, of: usize) -> Option<Self> {
        (of < entity_types(kind).len()).then_some(Self::List { of, position: Position::FIRST })
    }
}

const fn entity_types(kind: SyncKind) -> &'static [EntityType] {
    match kind {
        SyncKind::Sync => &[EntityType::Purchase, EntityType::BillPayment],
        SyncKind::ImportInvoices => &[EntityType::Invoice, EntityType::Bill],
    }
}

#[async_trait]
impl Books for QuickbooksBooks {
    /// For a company 500 requests a minute, ten a second, and ten at once. After a refusal, which has no `Retry-After`, the run pauses
    /// for a minute.
    fn limits(&self) -> Limits {
        Limits {
            company_per_minute: 500,
            company_per_day: None,
            app_per_minute: None,
            company_per_second: Some(10),
            company_at_once: Some(10),
        }
    }

    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        entity_types(kind)
    }

    fn first(&self, options: &ReadOptions) -> Cursor {
        cursor(&match options.since {
            Some(_) => At::Changes,
            None => At::List { of: 0, position: Position::FIRST },
        })
    }

    async fn page(&self, parts: &Parts, page_request: PageRequest<'_>) -> Result<Page, ReadFailure> {
        match place(page_request.cursor)? {
            At::Changes => cdc::page(parts, page_request).await,
            At::List { of, position } => query::page(parts, page_request, of, position).await,
        }
    }
}

const PAUSE: Duration = Duration::from_secs(60);

/// Sends a request to the company's API.
async fn request(
    parts: &Parts,
    page_request: PageRequest<'_>,
    path: &str,
    query: &[(&str, &str)],
) -> Result<Answer, ReadFailure> {
    let address = address(api(parts), &["v3", "company", &page_request.company.company_id, path])?;
    let client = client(parts)?;
    let request =
        client.get(address).bearer_auth(page_request.access_token.expose()).query(query).query(&[("minorversion", "75")]);
    fault::checked(get(request, TRACE, page_request).await?)
}

/// The entries for the records of a type.
fn entries<'a>(options: &ReadOptions, of: EntityType, records: impl IntoIterator<Item = &'a str>) -> Vec<Entry> {
    let read = match of {
        EntityType::Purchase => purchase::read,
        EntityType::BillPayment => bill_payment::read,
        EntityType::Bill => bill::read,
        _ => invoice::read,
    };
    let read = |object: &Object<'_>| if is_deleted(object) { Ok(None) } else { read(object) };
    records.into_iter().filter_map(|json| entry(options, of, "Id", json, read)).collect()
}

/// Whether change data capture names the record as deleted.
fn is_deleted(object: &Object<'_>) -> bool {
    object.text("status").is_some_and(|status| status.eq_ignore_ascii_case("Deleted"))
}

/// Whether a record is void: it has no amount, and its note begins with `Voided`.
fn is_void(object: &Object<'_>) -> bool {
    let is_zero = object.amount("TotalAmt").is_some_and(|total| total.is_zero());
    is_zero && object.text("PrivateNote").is_some_and(|note| note.trim_start().to_lowercase().starts_with("voided"))
}

/// The times at which a record was created and last changed.
fn times(object: &Object<'_>) -> [Option<Timestamp>; 2] {
    let times = object.object("MetaData");
    ["CreateTime", "LastUpdatedTime"].map(|name| times.time(name))
}

/// A time in the form of Intuit's samples, in whole seconds.
fn written(time: Timestamp) -> String {
    format!("{:.0}", time.display_with_offset(Offset::constant(-7)))
}

/// The time of the answer, by Intuit's clock.
fn as_of(answer: &Answer, object: &Object<'_>) -> Option<Timestamp> {
    object.time("time").or_else(|| answer.date())
}

#[cfg(test)]
mod tests;
