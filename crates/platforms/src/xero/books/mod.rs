//! The books of a Xero organisation. Facts and their sources: its `OpenAPI` document (`xero_accounting.yaml`), its help page "Record
//! cheque numbers", its FAQ "Limits", and recorded answers of its Demo Company.
//!
//! - It has no type for checks. A check is a payment whose reference the connection's rule accepts (`check_rule`).
//! - A deleted record stays in the list with the status `DELETED`, so an incremental run sees it.
//! - Lists are requested in the order of the ids, which no edit changes. New records are inserted between others: see
//!   [`position`](crate::books::position).
//! - The Demo Company's records say that they changed in 2008, so a first run does not filter by the time of change.

mod accounts;
mod bank_transaction;
mod fault;
mod invoice;
mod list;
mod payment;
mod value;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Limits, Page, PageRequest, ReadFailure};
use reqwest::header::IF_MODIFIED_SINCE;

use super::api::TRACE;
use crate::books::check_number::check_number;
use crate::books::{Answer, Books, address, client, cursor, get, place};
use crate::object::Object;
use crate::parts::Parts;

pub(crate) struct XeroBooks;

#[async_trait]
impl Books for XeroBooks {
    /// For an organisation 60 requests a minute, 5,000 a day (1,000 on the Starter tier), and five at once; 10,000 a minute for the app.
    fn limits(&self) -> Limits {
        Limits {
            company_per_minute: 60,
            company_per_day: Some(5_000),
            app_per_minute: Some(10_000),
            company_per_second: None,
            company_at_once: Some(5),
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

/// Sends a request to the organisation's API; `None` if nothing has changed since the time in it.
async fn request(
    parts: &Parts,
    page_request: PageRequest<'_>,
    path: &str,
    query: &[(&str, &str)],
    modified_since: Option<String>,
) -> Result<Option<Answer>, ReadFailure> {
    let address = address(&parts.configured.api, &[path])?;
    let client = client(parts)?;
    let request = client.get(address).bearer_auth(page_request.access_token.expose()).query(query);
    let request = request.header("xero-tenant-id", &page_request.company.company_id);
    let request = match modified_since {
        Some(since) => request.header(IF_MODIFIED_SINCE, since),
        None => request,
    };
    fault::checked(get(request, TRACE, page_request).await?)
}

/// A payment that counts as a check.
struct Taken {
    number: Option<String>,
    is_void: bool,
}

/// The check of a payment; `None` if it is deleted, or not a check by the rule.
fn taken(object: &Object<'_>, options: &ReadOptions) -> Option<Taken> {
    let status = object.text("Status").unwrap_or_default();
    let reference = object.text("Reference").unwrap_or_default();
    let reference = reference.trim();
    let number = match &options.check_rule {
        CheckRule::NumberLike => Some(check_number(reference)?),
        CheckRule::AllSpend => check_number(reference),
        CheckRule::Prefix(prefix) => {
            let rest = reference.strip_prefix(prefix.as_str())?;
            check_number(rest).or_else(|| check_number(reference))
        }
    };
    (status != "DELETED").then(|| Taken { number: number.map(str::to_owned), is_void: status == "VOIDED" })
}

#[cfg(test)]
mod tests;
