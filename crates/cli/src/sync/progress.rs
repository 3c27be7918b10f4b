//! The progress of a run, on standard error: a bar in a terminal, else plain lines.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use counterfoil_core::model::sync::{SyncRun, SyncStatus};
use indicatif::{ProgressBar, ProgressStyle};

/// The least time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Writes the progress.
pub(super) enum Progress {
    Bar(ProgressBar),
    /// The time of the next line.
    Lines(Duration),
}

impl Progress {
    pub(super) fn new() -> Self {
        if !stderr().is_terminal() {
            return Self::Lines(Duration::ZERO);
        }
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Bar(bar)
    }

    /// Shows the run as it was at `now`, by a clock that never goes back.
    pub(super) fn show(&mut self, run: &SyncRun, now: Duration) {
        match self {
            Self::Bar(bar) => bar.set_message(text(run)),
            Self::Lines(next) if now >= *next => {
                *next = now + BETWEEN_LINES;
                let _ = writeln!(stderr().lock(), "{}", text(run));
            }
            Self::Lines(_) => {}
        }
    }

    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn text(run: &SyncRun) -> String {
    let of = run.records_total.map(|total| format!(" of {total}")).unwrap_or_default();
    let far = format!("{} pages, {}{of} records", run.pages, run.counts.seen);
    match (run.status, run.resumes_at) {
        (SyncStatus::Queued, _) => "waiting for a worker".to_owned(),
        (_, Some(at)) => format!("{far}; waits for the platform until {}", at.strftime("%H:%M:%S UTC")),
        _ => far,
    }
}
