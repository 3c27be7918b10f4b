//! The progress of a command, on standard error: a bar in a terminal, else plain lines.

use std::cell::Cell;
use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::terminal;

/// The least time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Writes the progress.
pub(crate) enum Progress {
    Bar(ProgressBar),
    /// The time of the next line.
    Lines(Cell<Duration>),
}

impl Progress {
    pub(crate) fn new() -> Self {
        if !stderr().is_terminal() {
            return Self::Lines(Cell::new(Duration::ZERO));
        }
        let bar = ProgressBar::new_spinner();
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Bar(bar)
    }

    /// Shows the progress as it was at `now`, by a clock that never goes back.
    pub(crate) fn show(&self, text: String, now: Duration) {
        match self {
            Self::Bar(bar) => bar.set_message(text),
            Self::Lines(next) if now >= next.get() => {
                next.set(now + BETWEEN_LINES);
                terminal::note(text);
            }
            Self::Lines(_) => {}
        }
    }

    /// Writes a line that stays, above the bar.
    pub(crate) fn note(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| terminal::note(text)),
            Self::Lines(_) => terminal::note(text),
        }
    }

    pub(crate) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
