//! The books of a `FreshBooks` account. Facts and their sources: its API documents, its SDK for Node, and recorded answers.
//!
//! - A check is a bill payment whose type is `Check`. It has no number, no payee, no bank account, and no time of its last change. So every
//!   run reads all of them, and the bills of each page for the vendors.
//! - A deleted record leaves the list, or has `vis_state` 1 where it is still shown. A full run finds it.
//! - Lists say how many records they have. Sorting may not work: a recorded list ignored it and had the order of the ids. While records
//!   are added and deleted, only overlapping pages show that none was skipped: see [`position`](crate::books::position).

mod bill;
mod bill_payment;
mod eastern;
mod fault;
mod invoice;
mod list;
mod vendors;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Limits, Page, PageRequest, ReadFailure};

use super::api::TRACE;
use crate::books::{Answer, Books, address, client, cursor, get, place};
use crate::object::Object;
use crate::parts::Parts;

pub(crate) struct FreshbooksBooks;

#[async_trait]
impl Books for FreshbooksBooks {
    /// No limits are published. Counterfoil makes at most one request a second.
    fn limits(&self) -> Limits {
        Limits {
            company_per_minute: 60,
            company_per_day: None,
            app_per_minute: None,
            company_per_second: None,
            company_at_once: None,
        }
    }

    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        list::entity_types(kind)
    }

    fn first(&self, _: &ReadOptions) -> Cursor {
        cursor(&list::Place::FIRST)
    }

    async fn page(&self, parts: &Parts, page_request: PageRequest<'_>) -> Result<Page, ReadFailure> {
        list::page(parts, page_request, place(page_request.cursor)?).await
    }
}

const MINUTE: Duration = Duration::from_secs(60);

/// Requests a list from the account's API.
async fn request(
    parts: &Parts,
    page_request: PageRequest<'_>,
    list: &str,
    query: &[(&str, String)],
) -> Result<Answer, ReadFailure> {
    let address = address(&parts.configured.api, &["accounting", "account", &page_request.company.company_id, list, list])?;
    let client = client(parts)?;
    let request = client.get(address).bearer_auth(page_request.access_token.expose()).query(query);
    fault::checked(get(request, TRACE, page_request).await?)
}

/// The result object of an answer.
fn result<'a>(body: &Object<'a>) -> Object<'a> {
    body.object("response").object("result")
}

/// Whether a record is deleted. `vis_state`: 0 active, 1 deleted, 2 archived.
fn is_deleted(object: &Object<'_>) -> bool {
    object.text("vis_state").is_some_and(|state| state == "1")
}

#[cfg(test)]
mod tests;
