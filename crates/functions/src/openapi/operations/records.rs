//! Imports, their runs and the records.

use counterfoil_core::model::record::{CheckStatus, InvoiceStatus};
use counterfoil_core::model::sync::{SyncKind, SyncStatus};
use serde_json::{Value, json};
use strum::VariantNames as _;

use crate::openapi::text::{Text, company_key, date, platform, text, time, word};
use crate::signature::{AnswerBody, Schemas};
use crate::surface::partner::envelope::{Envelope, Page};
use crate::surface::partner::import_answer::ImportAnswer;
use crate::surface::partner::record_answer::RecordAnswer;
use crate::surface::partner::sync_answer::SyncAnswer;

const CSV: &str = "text/csv";

/// The errors of a request to import.
const IMPORT: &[&str] = &[
    "invalid_company_key",
    "import_not_supported",
    "too_many_connections",
    "reauthorization_required",
    "sync_in_progress",
    "credentials_missing",
    "credentials_unusable",
    "other_client",
];

pub(crate) fn of(handler: &str) -> Option<Text> {
    Some(match handler {
        "imports::sync" => Text::new("Import checks").detail(IMPORTING).statuses(&[200, 202]).codes(IMPORT),
        "imports::import_invoices" => {
            Text::new("Import invoices and open payables").detail(IMPORTING).statuses(&[200, 202]).codes(IMPORT)
        }
        "syncs::list" => Text::new("List imports")
            .detail("The newest comes first.")
            .query([
                company_key("Only imports of this connection."),
                platform("Only imports from this platform."),
                word("kind", SyncKind::VARIANTS, "Only imports of this kind."),
                word("status", SyncStatus::VARIANTS, "Only imports with this status."),
                time("since", "The earliest start."),
                text("parentId", 80, "Only the parts of this import of several connections."),
            ])
            .codes(&["not_found"]),
        "syncs::read" => Text::new("Read an import")
            .detail("An import of one connection, or with the `syncId` of several, the whole.")
            .answers::<Envelope<OneOrWhole>>(),
        "syncs::reconciliation" => Text::new("Read the reconciliation of an import")
            .detail("For each bank account, month and currency: what the platform has, and what is stored.")
            .codes(&["not_reconciled"]),
        "syncs::cancel" => Text::new("Cancel an import").detail("What it has stored stays.").codes(&["changed_meanwhile"]),
        "records::checks" => list("List checks", CheckStatus::VARIANTS),
        "records::check" => one("Read a check"),
        "records::invoices" => list("List invoices", InvoiceStatus::VARIANTS),
        "records::invoice" => one("Read an invoice"),
        _ => return None,
    })
}

const IMPORTING: &str = "200 if all runs have ended, 202 if one goes on: then ask `GET /v1/syncs/{syncId}`. Without `companyKey` every active \
                         connection of the platform is imported. A run that fails is a 200 with `status` \"failed\".";

/// The run of one connection, or an import of several.
struct OneOrWhole;

impl AnswerBody for OneOrWhole {
    fn schema(schemas: &mut Schemas) -> Value {
        json!({ "anyOf": [<SyncAnswer as AnswerBody>::schema(schemas), <ImportAnswer as AnswerBody>::schema(schemas)] })
    }
}

fn source() -> Value {
    word("include", &["source"], "Adds the platform's own record as `source`, if the connection keeps it.")
}

fn list(summary: &'static str, status: &[&str]) -> Text {
    Text::new(summary)
        .detail(
            "The newest date comes first within a connection. With `updatedSince` the oldest change comes first. As CSV the header `Link` \
             has the next page.",
        )
        .query([
            company_key("Only records of this connection. `updatedSince` needs it."),
            platform("Only records of this platform."),
            word("status", status, "Only records with this status."),
            date("dateFrom", "The earliest date."),
            date("dateTo", "The latest date."),
            time("updatedSince", "The earliest change."),
            source(),
        ])
        .codes(&["missing_parameter"])
        .also(&[CSV])
        .answers::<Page<RecordAnswer>>()
}

fn one(summary: &'static str) -> Text {
    Text::new(summary).query([source()])
}
