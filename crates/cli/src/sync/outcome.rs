//! The result of a run, as tables.

use std::collections::BTreeMap;

use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::sync::counts::Tally;
use counterfoil_core::model::sync::reconciliation::{Reconciliation, Total, Totals};
use counterfoil_core::model::sync::{ErrorSample, SyncRun, SyncStatus};

use crate::terminal;

/// The text for a run that has ended.
pub(super) fn text(run: &SyncRun) -> String {
    let status: &str = run.status.into();
    let mode: &str = run.mode().into();
    let reason = run.failure.map(|failure| format!(": {}", <&str>::from(failure))).unwrap_or_default();
    let dry = if run.is_dry { ", dry" } else { "" };
    let mut parts = vec![
        format!("{} {status}{reason} ({mode}{dry}, {} pages, {} requests)", run.id.as_str(), run.pages, run.requests),
        terminal::columns(&counts(run)),
    ];
    if run.counts.errors > 0 {
        parts.push(format!("{} records could not be read:\n{}", run.counts.errors, terminal::columns(&errors(run))));
    }
    if !run.left_out.is_empty() {
        let types: Vec<_> = run.left_out.iter().map(|of| <&str>::from(*of)).collect();
        parts.push(format!("Left out, because the plan or the grant does not include them: {}", types.join(", ")));
    }
    let sides = run.reconciliation.as_ref().map(sides).filter(|lines| lines.len() > 1);
    parts.extend(sides.map(|lines| terminal::columns(&lines)));
    parts.join("\n\n")
}

/// How far a run is.
pub(super) fn so_far(run: &SyncRun) -> String {
    let percent = run.percent().map(|percent| format!(" ({percent} %)")).unwrap_or_default();
    let far = format!("{} pages, {} records{percent}", run.pages, run.counts.seen);
    match (run.status, run.resumes_at) {
        (SyncStatus::Queued, _) => "waiting for a worker".to_owned(),
        (_, Some(at)) => format!("{far}; waits for the platform until {}", at.strftime("%H:%M:%S UTC")),
        _ => far,
    }
}

fn counts(run: &SyncRun) -> Vec<Vec<String>> {
    let head = ["", "IMPORTED", "UPDATED", "VOIDED", "DELETED", "UNCHANGED"].map(str::to_owned).to_vec();
    let line = |name: &str, tally: Tally| {
        let numbers = [tally.imported, tally.updated, tally.voided, tally.deleted, tally.unchanged];
        std::iter::once(name.to_owned()).chain(numbers.map(|number| number.to_string())).collect()
    };
    vec![head, line("checks", run.counts.checks), line("invoices", run.counts.invoices)]
}

fn errors(run: &SyncRun) -> Vec<Vec<String>> {
    let line = |sample: &ErrorSample| {
        let (entity_type, id) = match &sample.key {
            Ok(key) => (key.entity_type, key.external_id.as_str()),
            Err(entity_type) => (*entity_type, "?"),
        };
        vec![<&str>::from(entity_type).to_owned(), id.to_owned(), <&str>::from(sample.reason).to_owned()]
    };
    run.error_samples.iter().map(line).collect()
}

fn sides(reconciliation: &Reconciliation) -> Vec<Vec<String>> {
    let (platform, stored) = (sums(&reconciliation.platform), sums(&reconciliation.stored));
    let mut lines = vec![["", "CURRENCY", "PLATFORM", "STORED", ""].map(str::to_owned).to_vec()];
    let mut groups: Vec<_> = platform.keys().chain(stored.keys()).collect();
    groups.sort();
    groups.dedup();
    for group in groups {
        let of = |side: &BTreeMap<_, Total>| side.get(group).copied().unwrap_or_default();
        let (platform, stored) = (of(&platform), of(&stored));
        let told = |total: Total| format!("{} = {}", total.count, total.sum);
        let verdict = if platform == stored { "the same" } else { "NOT THE SAME" };
        lines.push(vec![group.0.to_owned(), group.1.clone(), told(platform), told(stored), verdict.to_owned()]);
    }
    lines
}

fn sums(totals: &Totals) -> BTreeMap<(&'static str, String), Total> {
    let mut sums = BTreeMap::<_, Total>::new();
    for (group, total) in &totals.0 {
        let kind = match group.kind {
            RecordKind::Check => "checks",
            RecordKind::Invoice => "invoices",
        };
        let sum = sums.entry((kind, group.currency.clone().unwrap_or_else(|| "none".to_owned()))).or_default();
        sum.count += total.count;
        sum.sum += total.sum;
    }
    sums
}
