//! The answer to a request for an import: the totals, and a part for each connection.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::{SyncFailure, SyncKind, SyncRun, SyncStatus};
use counterfoil_core::service::sync::import::{Imported, NAMED_MOST};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::partner::envelope::to_the_second;
use crate::surface::partner::sync_answer::word;
use crate::surface::words;

/// The answer for all connections of the request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Import)]
pub(crate) struct ImportAnswer {
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    sync_id: String,
    #[schema(schema_with = words::sync_kind)]
    kind: &'static str,
    #[schema(schema_with = words::sync_status)]
    status: &'static str,
    #[serde(skip)]
    is_over: bool,
    dry_run: bool,
    #[serde(flatten)]
    numbers: Numbers,
    resumes_at: Option<Timestamp>,
    connections: Vec<Part>,
    connections_total: usize,
    skipped: Vec<Skipped>,
}

/// The run of one connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportPart)]
pub(crate) struct Part {
    company_key: String,
    company_id: String,
    company_name: String,
    sync_id: String,
    #[schema(schema_with = words::sync_status)]
    status: &'static str,
    #[serde(flatten)]
    numbers: Numbers,
    #[schema(schema_with = words::sync_failure_or_null)]
    reason: Option<&'static str>,
    message: Option<&'static str>,
    resumes_at: Option<Timestamp>,
}

/// The counts of one run, or of all runs.
#[derive(Serialize, Default, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportNumbers)]
struct Numbers {
    checks_imported: u64,
    checks_updated: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invoices_imported: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invoices_updated: Option<u64>,
    errors: u64,
}

/// A connection that was left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Skipped {
    company_key: String,
    reason: String,
}

impl ImportAnswer {
    /// The answer for these runs. `total` is the number of connections of the request, including those whose runs have not begun.
    pub(crate) fn of(platform: PlatformName, kind: SyncKind, total: usize, imported: Imported) -> Self {
        let Imported { id, mut runs, skipped } = imported;
        runs.sort_by(|one, other| one.connection.company_key.as_str().cmp(other.connection.company_key.as_str()));
        let has_all = runs.len() >= total;
        Self {
            platform: platform.as_str(),
            sync_id: id.as_str().to_owned(),
            kind: kind.into(),
            status: word(if has_all { status_of(&runs) } else { SyncStatus::Running }),
            is_over: has_all && runs.iter().all(|run| run.status.is_over()),
            dry_run: runs.first().is_some_and(|run| run.is_dry),
            numbers: Numbers::of(kind, &runs),
            resumes_at: runs.iter().filter_map(|run| run.resumes_at).min().map(to_the_second),
            connections: runs.into_iter().take(NAMED_MOST).map(part).collect(),
            connections_total: total,
            skipped: skipped
                .into_iter()
                .map(|skipped| Skipped { company_key: skipped.company_key.to_string(), reason: skipped.reason })
                .collect(),
        }
    }

    /// Whether all runs have ended.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }
}

/// The status of all runs: that of the only run; with several, `running` while any goes on, else `failed` if any failed.
fn status_of(runs: &[SyncRun]) -> SyncStatus {
    match runs {
        [run] => run.status,
        runs if runs.iter().any(|run| !run.status.is_over()) => SyncStatus::Running,
        runs if runs.iter().any(|run| run.status == SyncStatus::Failed) => SyncStatus::Failed,
        _ => SyncStatus::Completed,
    }
}

fn part(run: SyncRun) -> Part {
    Part {
        numbers: Numbers::of(run.options.kind, std::slice::from_ref(&run)),
        company_key: run.connection.company_key.to_string(),
        company_id: run.company.company_id,
        company_name: run.company_name,
        sync_id: run.id.as_str().to_owned(),
        status: word(run.status),
        reason: run.failure.map(Into::into),
        message: run.failure.map(SyncFailure::in_words),
        resumes_at: run.resumes_at.map(to_the_second),
    }
}

impl Numbers {
    fn of(kind: SyncKind, runs: &[SyncRun]) -> Self {
        let mut numbers = Self::default();
        let (mut imported, mut updated) = (0, 0);
        for run in runs {
            numbers.checks_imported += run.counts.checks.imported;
            numbers.checks_updated += run.counts.checks.updated;
            numbers.errors += run.counts.errors;
            imported += run.counts.invoices.imported;
            updated += run.counts.invoices.updated;
        }
        if kind == SyncKind::ImportInvoices {
            (numbers.invoices_imported, numbers.invoices_updated) = (Some(imported), Some(updated));
        }
        numbers
    }
}
