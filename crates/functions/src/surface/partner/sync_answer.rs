//! The JSON form of a run.

use std::collections::BTreeMap;

use counterfoil_core::model::record::{EntityType, RecordKind};
use counterfoil_core::model::sync::reconciliation::{Covers, Group, Reconciliation, Total, Totals};
use counterfoil_core::model::sync::{ErrorSample, SyncFailure, SyncRun, SyncStatus};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::partner::envelope::to_the_second;
use crate::surface::words;

/// A run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sync)]
pub(crate) struct SyncAnswer {
    id: String,
    #[schema(schema_with = words::sync_kind)]
    kind: &'static str,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    company_key: String,
    company_id: String,
    company_name: String,
    parent_id: Option<String>,
    #[schema(schema_with = words::sync_status)]
    status: &'static str,
    #[schema(schema_with = words::trigger)]
    trigger: &'static str,
    #[schema(schema_with = words::mode)]
    mode: &'static str,
    dry_run: bool,
    #[schema(schema_with = words::sync_failure_or_null)]
    reason: Option<&'static str>,
    message: Option<&'static str>,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    resumes_at: Option<Timestamp>,
    progress: Progress,
    checks_imported: u64,
    checks_updated: u64,
    checks_voided: u64,
    checks_deleted: u64,
    checks_unchanged: u64,
    invoices_imported: u64,
    invoices_updated: u64,
    invoices_voided: u64,
    invoices_deleted: u64,
    invoices_unchanged: u64,
    errors: u64,
    error_samples: Vec<Sample>,
    #[schema(schema_with = words::entity_types)]
    left_out: Vec<&'static str>,
    requests: u32,
    reconciliation: Option<ReconciliationAnswer>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncProgress)]
struct Progress {
    pages: u32,
    records_seen: u64,
    records_total: Option<u64>,
    percent: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ErrorSample)]
struct Sample {
    #[schema(schema_with = words::entity_type)]
    entity_type: &'static str,
    external_id: Option<String>,
    #[schema(schema_with = words::unreadable)]
    reason: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliation)]
struct ReconciliationAnswer {
    matches: bool,
    #[schema(schema_with = words::covers)]
    scope: &'static str,
    platform: Side,
    stored: Side,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReconciliationSide)]
struct Side {
    checks: Sums,
    invoices: Sums,
}

#[derive(Serialize, Default, ToSchema)]
#[schema(as = ReconciliationSums)]
struct Sums {
    count: i64,
    sums: BTreeMap<String, Decimal>,
}

/// One group of records, with both sides of the reconciliation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReconciliationGroup)]
pub(crate) struct GroupAnswer {
    #[schema(schema_with = words::record_kind)]
    kind: &'static str,
    bank_account_id: Option<String>,
    #[schema(schema_with = words::month)]
    month: String,
    currency: String,
    platform: CountAndSum,
    stored: CountAndSum,
    matches: bool,
}

#[derive(Serialize, ToSchema)]
struct CountAndSum {
    count: i64,
    sum: Decimal,
}

pub(crate) fn answer(run: SyncRun) -> SyncAnswer {
    let (mode, counts) = (run.mode().into(), run.counts);
    let percent = run.percent();
    SyncAnswer {
        id: run.id.as_str().to_owned(),
        kind: run.options.kind.into(),
        platform: run.company.platform.as_str(),
        company_key: run.connection.company_key.to_string(),
        company_id: run.company.company_id,
        company_name: run.company_name,
        parent_id: run.parent.map(|parent| parent.as_str().to_owned()),
        status: word(run.status),
        trigger: run.trigger.into(),
        mode,
        dry_run: run.is_dry,
        reason: run.failure.map(Into::into),
        message: run.failure.map(SyncFailure::in_words),
        started_at: to_the_second(run.created_at),
        finished_at: run.finished_at.map(to_the_second),
        resumes_at: run.resumes_at.map(to_the_second),
        progress: Progress { pages: run.pages, records_seen: counts.seen, records_total: run.records_total, percent },
        checks_imported: counts.checks.imported,
        checks_updated: counts.checks.updated,
        checks_voided: counts.checks.voided,
        checks_deleted: counts.checks.deleted,
        checks_unchanged: counts.checks.unchanged,
        invoices_imported: counts.invoices.imported,
        invoices_updated: counts.invoices.updated,
        invoices_voided: counts.invoices.voided,
        invoices_deleted: counts.invoices.deleted,
        invoices_unchanged: counts.invoices.unchanged,
        errors: counts.errors,
        error_samples: run.error_samples.into_iter().map(sample).collect(),
        left_out: run.left_out.into_iter().map(Into::into).collect(),
        requests: run.requests,
        reconciliation: run.reconciliation.map(|reconciliation| reconciled(&reconciliation)),
    }
}

fn sample(sample: ErrorSample) -> Sample {
    let (entity_type, external_id): (EntityType, _) = match sample.key {
        Ok(key) => (key.entity_type, Some(key.external_id)),
        Err(entity_type) => (entity_type, None),
    };
    Sample { entity_type: entity_type.into(), external_id, reason: sample.reason.into() }
}

fn reconciled(reconciliation: &Reconciliation) -> ReconciliationAnswer {
    ReconciliationAnswer {
        matches: reconciliation.matches(),
        scope: match reconciliation.covers {
            Covers::All => "all",
            Covers::Changed => "changed",
        },
        platform: side(&reconciliation.platform),
        stored: side(&reconciliation.stored),
    }
}

fn side(totals: &Totals) -> Side {
    let mut side = Side { checks: Sums::default(), invoices: Sums::default() };
    for (group, total) in &totals.0 {
        let sums = match group.kind {
            RecordKind::Check => &mut side.checks,
            RecordKind::Invoice => &mut side.invoices,
        };
        sums.count += total.count;
        *sums.sums.entry(currency(group)).or_default() += total.sum;
    }
    side
}

/// The groups of a reconciliation, each with both sides.
pub(crate) fn groups(reconciliation: &Reconciliation) -> Vec<GroupAnswer> {
    let (platform, stored) = (&reconciliation.platform.0, &reconciliation.stored.0);
    let mut all: Vec<_> = platform.keys().chain(stored.keys()).collect();
    all.sort();
    all.dedup();
    let of = |side: &BTreeMap<Group, Total>, group| side.get(group).copied().unwrap_or_default();
    all.into_iter()
        .map(|group| {
            let (platform, stored) = (of(platform, group), of(stored, group));
            GroupAnswer {
                kind: match group.kind {
                    RecordKind::Check => "checks",
                    RecordKind::Invoice => "invoices",
                },
                bank_account_id: group.bank_account.clone(),
                month: group.month.strftime("%Y-%m").to_string(),
                currency: currency(group),
                matches: platform == stored,
                platform: CountAndSum { count: platform.count, sum: platform.sum },
                stored: CountAndSum { count: stored.count, sum: stored.sum },
            }
        })
        .collect()
}

fn currency(group: &Group) -> String {
    group.currency.clone().unwrap_or_else(|| "none".to_owned())
}

pub(crate) fn word(status: SyncStatus) -> &'static str {
    status.into()
}
