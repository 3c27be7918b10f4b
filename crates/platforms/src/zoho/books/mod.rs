//! The books of a Zoho Books organisation. Facts and their sources: the introduction and the pages of the Zoho Books API, and recorded
//! answers.
//!
//! - A check is a vendor payment whose mode is `Check` or `Cheque`, or that was printed as a check. Users can rename modes, so all payments
//!   are read, and others than checks are left out here. Expenses and bank transactions have no mode.
//! - A deleted record leaves no trace: only a full run finds it.
//! - A list has no total, and a deletion moves the records behind it: see [`dated`].

mod bill;
mod dated;
mod fault;
mod invoice;
mod list;
mod vendor_payment;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Limits, Page, PageRequest, ReadFailure};
use jiff::Timestamp;

use crate::books::{Books, cursor, place};
use crate::object::Object;
use crate::parts::Parts;

pub(crate) struct ZohoBooks;

#[async_trait]
impl Books for ZohoBooks {
    /// For an organisation 100 requests a minute, and five at once (ten on paid plans). The limit of a day depends on its plan (1,000 to
    /// 10,000) and is in each answer's headers.
    fn limits(&self) -> Limits {
        Limits {
            company_per_minute: 100,
            company_per_day: None,
            app_per_minute: None,
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

/// The status of a record in lower case and without blanks, because the documents and the screens write it differently.
fn status(object: &Object<'_>) -> String {
    object.text("status").unwrap_or_default().trim().to_lowercase().replace(' ', "_")
}

fn is_void(status: &str) -> bool {
    matches!(status, "void" | "voided")
}

/// Whether a payment still waits for approval.
fn is_pending(status: &str) -> bool {
    matches!(status, "draft" | "pending_approval" | "approval_rejected" | "rejected")
}

/// The times at which a record was created and last changed.
fn times(object: &Object<'_>) -> [Option<Timestamp>; 2] {
    ["created_time", "last_modified_time"].map(|name| object.time(name))
}

#[cfg(test)]
mod tests;
