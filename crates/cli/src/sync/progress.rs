//! The progress of a run in a terminal. Without a terminal nothing is shown.

use std::time::Duration;

use counterfoil_core::model::sync::{SyncRun, SyncStatus};
use indicatif::{ProgressBar, ProgressStyle};

/// A progress bar.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    pub(super) fn show(&self, run: &SyncRun) {
        let of = run.records_total.map(|total| format!(" of {total}")).unwrap_or_default();
        let far = format!("{} pages, {}{of} records", run.pages, run.counts.seen);
        self.0.set_message(match (run.status, run.resumes_at) {
            (SyncStatus::Queued, _) => "waiting for a worker".to_owned(),
            (_, Some(at)) => format!("{far}; waits for the platform until {}", at.strftime("%H:%M:%S UTC")),
            _ => far,
        });
    }

    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
