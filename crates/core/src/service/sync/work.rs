//! Works on a connection's active run, in one process at a time, until the run has ended, must wait, or the time is over.

use std::sync::Arc;
use std::time::Duration;

use crate::model::connection::ConnectionId;
use crate::model::sync::{ERRORS_MOST, SyncFailure, SyncRun, SyncStatus};
use crate::model::time::{backoff, later};
use crate::port::store::syncs::LeaseRequest;
use crate::{App, Error};

use crate::service::sync::due::begin_due;
use crate::service::sync::next_page::{Cause, Fetched, Pause, next_page};
use crate::service::sync::resume::resume_if_signed_in;
use crate::service::sync::run::{Run, RunError};
use crate::service::sync::wake::wake;

/// How long a lease lasts after each write: longer than a page or a refresh takes. The run of a process that died is due after that time,
/// and the schedule finds it within a minute more: within two minutes in all.
const LEASE_LIFE: Duration = Duration::from_secs(55);
/// The longest pause that the process sleeps through. After a longer one a worker takes the run up again.
const SLEPT_MOST: Duration = Duration::from_secs(3);
/// The longest pause between two tries, unless the platform asks for more.
const PAUSE_LONGEST: Duration = Duration::from_secs(3_600);
/// The failures in a row after which a run fails. With the pauses between them that takes more than an hour.
const FAILURES_MOST: u32 = 14;
/// The hours for which a run waits for daily limits, without a page between them, before it fails.
const LIMITED_HOURS_MOST: u32 = 72;
/// The pauses without a sign-in of the Web Connector after which a run fails: seven days.
const NOT_ACTIVE_MOST: u32 = 672;
/// The requests that the platform must still allow, by its own count, for the next page to be read without a pause.
const LEFT_LEAST: u64 = 3;
/// The first pause after an error of ours, such as one of the table.
const PAUSE_AFTER_AN_ERROR: Duration = Duration::from_secs(5);
/// The most pages of a run: far more than the largest books have. It bounds a platform whose pages never end.
const PAGES_MOST: u32 = 200_000;

/// The result of working on a connection's runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// There was no run to work on, or another process works on it.
    Nothing,
    /// The run has ended.
    Ended,
    /// The run goes on later: it waits, or the time was over.
    Paused,
}

/// Begins the connection's runs that are due, and works on its active run, and then on the queued run of the other kind.
///
/// # Errors
/// As [`work`].
pub async fn work_on_due(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<Worked, Error> {
    begin_due(app, id).await?;
    loop {
        match work(app, id, ends_at).await? {
            Worked::Ended => {}
            worked => return Ok(worked),
        }
    }
}

/// Takes the lease on the connection's active run, and works on the run until the monotonic time `ends_at` at the latest. If the
/// time is over before the run has ended, wakes another worker for it.
///
/// # Errors
/// The table's errors. The run then stays as it is, and is due again when its lease has expired.
pub async fn work(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<Worked, Error> {
    let request = LeaseRequest { id: app.new_lease_id(), at: app.now(), life: LEASE_LIFE };
    let Some(lease) = app.syncs.take(id, &request).await? else { return Ok(Worked::Nothing) };
    let sync = app.syncs.sync(&id.partner, &lease.sync).await?;
    let sync = sync.ok_or_else(|| Error::Internal(format!("the run {} is gone", lease.sync.as_str())))?;
    let mut run = Run::resume(app, lease, sync).await?;
    match run.advance(ends_at).await {
        Ok(worked) => Ok(worked),
        Err(RunError::LeaseLost) => Ok(Worked::Nothing),
        Err(RunError::Other(error)) => run.after_an_error(error).await,
    }
}

impl Run<'_> {
    /// Pauses the run after an error of ours, and counts a failure: an error that lasts ends the run. The counts of an incomplete
    /// page are dropped, because that page is read again.
    async fn after_an_error(&mut self, error: Error) -> Result<Worked, Error> {
        let pause = Pause { time: PAUSE_AFTER_AN_ERROR, cause: Cause::Failure };
        tracing::error!(sync = self.sync.id.as_str(), code = error.code(), fault = error.fault(), %error, "an error interrupted a run");
        let SyncRun { requests, failures, .. } = self.sync;
        self.sync = SyncRun { requests, failures: failures.max(self.checkpoint.failures), ..self.checkpoint.clone() };
        match self.pause(pause, Duration::ZERO).await {
            Ok(worked) => Ok(worked.unwrap_or(Worked::Paused)),
            Err(RunError::LeaseLost) => Ok(Worked::Nothing),
            // The table takes no write. The run is due again when its lease has expired.
            Err(RunError::Other(_)) => Err(error),
        }
    }

    async fn advance(&mut self, ends_at: Duration) -> Result<Worked, RunError> {
        while !has_read_everything(&self.sync) {
            if let Some(failure) = beyond_bounds(&self.sync) {
                return self.fail(failure).await;
            }
            match next_page(self.app, &mut self.sync, ends_at).await? {
                Fetched::Page(page, asked_at) => {
                    let spent = page.left.filter(|left| left.requests < LEFT_LEAST).map(|left| left.resets_in);
                    self.take_page(page, asked_at).await?;
                    if let Some(time) = spent.filter(|_| !has_read_everything(&self.sync)) {
                        let pause = Pause { time, cause: Cause::Limit };
                        if let Some(worked) = self.pause(pause, ends_at).await? {
                            return Ok(worked);
                        }
                    }
                }
                Fetched::Retry(pause) => {
                    if let Some(worked) = self.pause(pause, ends_at).await? {
                        return Ok(worked);
                    }
                }
                Fetched::Failure(failure) => return self.fail(failure).await,
                Fetched::OutOfTime => return self.rest(SyncStatus::Running, Duration::ZERO).await,
            }
        }
        if let Some(failure) = beyond_bounds(&self.sync) {
            return self.fail(failure).await;
        }
        match self.reconcile(ends_at).await? {
            Some(reconciliation) => self.complete(reconciliation).await,
            None => self.after_an_unfinished_comparison().await,
        }
    }

    /// Lets the next process begin the comparison again, a bounded number of times.
    async fn after_an_unfinished_comparison(&mut self) -> Result<Worked, RunError> {
        self.sync.failures += 1;
        if self.sync.failures < FAILURES_MOST {
            return self.rest(SyncStatus::Running, Duration::ZERO).await;
        }
        tracing::error!(sync = self.sync.id.as_str(), fault = "internal", "a comparison fits into no invocation");
        self.fail(SyncFailure::PlatformUnavailable).await
    }

    /// Counts a failure, if the cause is one. Sleeps through a short pause; otherwise stores that the run waits.
    async fn pause(&mut self, pause: Pause, ends_at: Duration) -> Result<Option<Worked>, RunError> {
        let mut time = pause.time;
        let failed = match pause.cause {
            Cause::Limit => None,
            Cause::DailyLimit => Some((hours(time), LIMITED_HOURS_MOST, SyncFailure::DailyLimit)),
            Cause::NotActive => Some((1, NOT_ACTIVE_MOST, SyncFailure::NotActive)),
            Cause::Failure => Some((1, FAILURES_MOST, SyncFailure::PlatformUnavailable)),
        };
        if let Some((count, most, failure)) = failed {
            if self.sync.failures >= most {
                // Hours of a daily limit, which has ended since.
                self.sync.failures = 0;
            }
            self.sync.failures += count;
            if self.sync.failures >= most {
                return self.fail(failure).await.map(Some);
            }
        }
        if pause.cause == Cause::Failure {
            time = time.max(backoff(time, PAUSE_LONGEST, self.sync.failures - 1, self.app.entropy.fraction()));
        }
        if time <= SLEPT_MOST && self.app.clock.elapsed() + time < ends_at {
            self.extend().await?;
            self.app.clock.sleep(time).await;
            return Ok(None);
        }
        self.sync.failure = (pause.cause == Cause::NotActive).then_some(SyncFailure::NotActive);
        let worked = self.rest(SyncStatus::Waiting, time).await?;
        if pause.cause == Cause::NotActive {
            resume_if_signed_in(self.app, &self.sync.connection).await;
        }
        Ok(Some(worked))
    }

    async fn rest(&mut self, status: SyncStatus, time: Duration) -> Result<Worked, RunError> {
        let due_at = later(self.app.now(), time);
        self.sync.status = status;
        self.sync.resumes_at = (status == SyncStatus::Waiting).then_some(due_at);
        self.release(due_at).await?;
        if status == SyncStatus::Running {
            wake(self.app, &[&self.sync.connection]).await;
        }
        Ok(Worked::Paused)
    }
}

/// The hours that a pause takes, at least one and at most [`LIMITED_HOURS_MOST`].
fn hours(pause: Duration) -> u32 {
    u32::try_from(pause.as_secs() / 3_600).unwrap_or(u32::MAX).clamp(1, LIMITED_HOURS_MOST)
}

fn has_read_everything(sync: &SyncRun) -> bool {
    sync.pages > 0 && sync.cursor.is_none()
}

fn beyond_bounds(sync: &SyncRun) -> Option<SyncFailure> {
    let errors = sync.counts.errors;
    if errors > ERRORS_MOST && errors > sync.counts.seen {
        return Some(SyncFailure::TooManyErrors);
    }
    (sync.pages >= PAGES_MOST).then_some(SyncFailure::PlatformUnavailable)
}
