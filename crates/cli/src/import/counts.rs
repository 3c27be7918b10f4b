//! The results of the lines.

use std::fmt;

use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::service::transfer::Transferred;

/// The result of a line.
pub(super) struct Outcome {
    pub(super) number: u64,
    /// `None` if the line could not be read.
    pub(super) company_key: Option<CompanyKey>,
    /// The error is a sentence for people.
    pub(super) result: Result<Transferred, String>,
}

/// The number of lines with each result.
#[derive(Default)]
pub(super) struct Counts {
    connected: u64,
    before: u64,
    pub(super) failed: u64,
}

impl Counts {
    /// Counts a line. Returns the message about it if it failed.
    pub(super) fn add(&mut self, outcome: Outcome) -> Option<String> {
        match outcome.result {
            Ok(Transferred::Connected) => self.connected += 1,
            Ok(Transferred::Before) => self.before += 1,
            Err(reason) => {
                self.failed += 1;
                let key = outcome.company_key.map(|key| format!(" ({key})")).unwrap_or_default();
                return Some(format!("line {}{key}: {reason}", outcome.number));
            }
        }
        None
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connected, before, failed } = self;
        write!(f, "{connected} connected, {before} imported before, {failed} failed")
    }
}
