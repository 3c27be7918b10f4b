//! Ends a run, and stores what the next run needs to know.

use crate::model::sync::reconciliation::Reconciliation;
use crate::model::sync::{Mode, SyncFailure, SyncStatus};
use crate::port::store::syncs::{Baseline, Finish};

use crate::service::health::figures::count_import;
use crate::service::optimistic::Tries;
use crate::service::sync::event::event_of;
use crate::service::sync::run::{Run, RunError, held};
use crate::service::sync::work::Worked;

/// The target of the log line at the end of an import. `functions::metrics` counts these lines.
pub const IMPORT: &str = "counterfoil::import";

impl Run<'_> {
    /// Ends a run that has read every page.
    pub(crate) async fn complete(&mut self, reconciliation: Reconciliation) -> Result<Worked, RunError> {
        let outcome = if reconciliation.matches() { "completed" } else { "mismatched" };
        let known = self.knowledge().await?;
        self.sync.status = SyncStatus::Completed;
        self.sync.reconciliation = Some(reconciliation);
        self.finish(known, outcome).await
    }

    /// Ends a run that has not read every page. Its records stay stored, and the next run reads from the same time.
    pub(crate) async fn fail(&mut self, failure: SyncFailure) -> Result<Worked, RunError> {
        self.sync.status = SyncStatus::Failed;
        self.sync.failure = Some(failure);
        self.finish(None, if failure.is_the_customers() { "ended" } else { "failed" }).await
    }

    async fn finish(&mut self, known: Option<Baseline>, outcome: &str) -> Result<Worked, RunError> {
        let now = self.app.now();
        self.sync.finished_at = Some(now);
        self.sync.resumes_at = None;
        let event = event_of(self.app, &self.sync, self.sync.failure).await?;
        let finish = Finish { sync: &self.sync, baseline: known, event, now };
        let mut tries = Tries::new(self.app, "a run could not be ended");
        loop {
            tries.next().await?;
            if held(self.app.syncs.finish(&self.lease, &finish).await)? {
                break;
            }
        }
        if !self.sync.is_dry {
            let (platform, reason) = (self.sync.company.platform.as_str(), self.sync.failure.map(<&str>::from));
            let errors = self.sync.counts.errors;
            count_import(self.app, &self.sync.connection, self.sync.company.platform, self.sync.failure.is_some(), errors);
            tracing::info!(target: IMPORT, connection = %self.sync.connection, platform, outcome, reason, errors, "an import has ended");
        }
        Ok(Worked::Ended)
    }

    /// What the next run needs to know. `None` for a dry run, which changes nothing.
    async fn knowledge(&self) -> Result<Option<Baseline>, RunError> {
        if self.sync.is_dry {
            return Ok(None);
        }
        let full_at = match self.sync.mode() {
            Mode::Full => Some(self.sync.created_at),
            Mode::Incremental => {
                let state = self.app.syncs.state(&self.sync.connection).await?;
                state.baselines[self.sync.options.kind as usize].full_at
            }
        };
        Ok(Some(Baseline {
            company_id: Some(self.sync.company.company_id.clone()),
            read_from: self.sync.read_from,
            full_at,
            check_rule: self.sync.options.check_rule.clone(),
        }))
    }
}
