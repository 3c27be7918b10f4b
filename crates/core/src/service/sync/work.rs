//! Works on a connection's run, in one process at a time, until it has ended, must wait, or the time is over.

use std::sync::Arc;
use std::time::Duration;

use crate::model::connection::ConnectionId;
use crate::model::sync::{ERRORS_MOST, SyncFailure, SyncRun, SyncStatus};
use crate::model::time::{backoff, later};
use crate::port::store::syncs::Taking;
use crate::{App, Error};

use crate::service::sync::next_page::{Cause, Got, Pause, next_page};
use crate::service::sync::run::{Run, Stopped};
use crate::service::sync::wake::wake;

/// How long a lease lasts after each write. A page and a refresh take less, and a run whose process died is taken up soon after.
const LEASE_LIFE: Duration = Duration::from_secs(75);
/// A shorter pause is slept through.
const SLEPT_MOST: Duration = Duration::from_secs(3);
/// The longest pause between two tries, unless the platform asks for more.
const PAUSE_LONGEST: Duration = Duration::from_secs(3_600);
/// How many times in a row there may be no page: with the pauses that is more than an hour.
const FAILURES_MOST: u32 = 14;
/// How many times in a row a daily limit may be the reason: with pauses of an hour that is three days.
const DAILY_LIMITS_MOST: u32 = 72;
/// How many requests must be left before a platform's limit, by its own count, so that the next page can be asked for.
const LEFT_LEAST: u64 = 3;
/// The first pause after an error on our side.
const PAUSE_AFTER_AN_ERROR: Duration = Duration::from_secs(5);
/// How many pages a run may have. It is far above what the largest books hold, and bounds a platform whose pages never end.
const PAGES_MOST: u32 = 200_000;

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worked {
    /// There was nothing to do, or another process works on it.
    Nothing,
    /// The run has ended.
    Ended,
    /// The run goes on later: it waits, or the time was over.
    Paused,
}

/// Works on the connection's active run, and on the other kind's, which may be queued behind it.
///
/// # Errors
/// As [`work`].
pub async fn work_on_each(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<Worked, Error> {
    loop {
        match work(app, id, ends_at).await? {
            Worked::Ended => {}
            worked => return Ok(worked),
        }
    }
}

/// Works on the connection's active run. If the time is over before the run, another worker is woken for it. All of it is over when the clock has counted to `ends_at`.
///
/// # Errors
/// Those of the table: the run stays as it is, and is due again when its lease is over.
pub async fn work(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<Worked, Error> {
    let taking = Taking { id: app.new_id("take_"), at: app.now(), life: LEASE_LIFE };
    let Some(lease) = app.syncs.take(id, &taking).await? else { return Ok(Worked::Nothing) };
    let sync = app.syncs.sync(&id.partner, &lease.sync).await?;
    let sync = sync.ok_or_else(|| Error::Internal(format!("the run {} is gone", lease.sync.as_str())))?;
    let mut run = Run::resume(app, lease, sync).await?;
    match run.go_on(ends_at).await {
        Ok(worked) => Ok(worked),
        Err(Stopped::Lost) => Ok(Worked::Nothing),
        Err(Stopped::Error(error)) => run.after_an_error(error).await,
    }
}

impl Run<'_> {
    /// An error counts as a failure of the run, so that one that lasts ends it. What an incomplete page has counted is dropped: the page
    /// is read again.
    async fn after_an_error(&mut self, error: Error) -> Result<Worked, Error> {
        let pause = Pause { time: PAUSE_AFTER_AN_ERROR, cause: Cause::Failure };
        tracing::error!(sync = self.sync.id.as_str(), code = error.code(), fault = error.fault(), %error, "a run met an error");
        let SyncRun { requests, failures, .. } = self.sync;
        self.sync = SyncRun { requests, failures: failures.max(self.turned.failures), ..self.turned.clone() };
        match self.pause(pause, Duration::ZERO).await {
            Ok(worked) => Ok(worked.unwrap_or(Worked::Paused)),
            Err(Stopped::Lost) => Ok(Worked::Nothing),
            // The table takes nothing: the run is due again when its lease is over.
            Err(Stopped::Error(_)) => Err(error),
        }
    }

    async fn go_on(&mut self, ends_at: Duration) -> Result<Worked, Stopped> {
        while !has_read_everything(&self.sync) {
            if let Some(failure) = beyond_bounds(&self.sync) {
                return self.fail(failure).await;
            }
            match next_page(self.app, &mut self.sync, ends_at).await? {
                Got::Page(page, asked_at) => {
                    let spent = page.left.filter(|left| left.requests < LEFT_LEAST).map(|left| left.resets_in);
                    self.take_page(page, asked_at).await?;
                    if let Some(time) = spent.filter(|_| !has_read_everything(&self.sync)) {
                        let pause = Pause { time, cause: Cause::Limit };
                        if let Some(worked) = self.pause(pause, ends_at).await? {
                            return Ok(worked);
                        }
                    }
                }
                Got::Nothing(pause) => {
                    if let Some(worked) = self.pause(pause, ends_at).await? {
                        return Ok(worked);
                    }
                }
                Got::Failure(failure) => return self.fail(failure).await,
                Got::Late => return self.rest(SyncStatus::Running, Duration::ZERO).await,
            }
        }
        if let Some(failure) = beyond_bounds(&self.sync) {
            return self.fail(failure).await;
        }
        match self.reconcile(ends_at).await? {
            Some(reconciliation) => self.complete(reconciliation).await,
            None => self.rest(SyncStatus::Running, Duration::ZERO).await,
        }
    }

    /// Sleeps through a short pause; a longer one ends the work for now.
    async fn pause(&mut self, pause: Pause, ends_at: Duration) -> Result<Option<Worked>, Stopped> {
        let mut time = pause.time;
        let failed = match pause.cause {
            Cause::Limit => None,
            Cause::DailyLimit => Some((DAILY_LIMITS_MOST, SyncFailure::DailyLimit)),
            Cause::Failure => Some((FAILURES_MOST, SyncFailure::PlatformUnavailable)),
        };
        if let Some((most, failure)) = failed {
            self.sync.failures += 1;
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
        self.rest(SyncStatus::Waiting, time).await.map(Some)
    }

    async fn rest(&mut self, status: SyncStatus, time: Duration) -> Result<Worked, Stopped> {
        let due_at = later(self.app.now(), time);
        self.sync.status = status;
        self.sync.resumes_at = (status == SyncStatus::Waiting).then_some(due_at);
        self.give_back(due_at).await?;
        if status == SyncStatus::Running {
            wake(self.app, &[&self.sync.connection]).await;
        }
        Ok(Worked::Paused)
    }
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
