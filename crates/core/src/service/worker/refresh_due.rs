//! Refreshes the connections that are due, by shard.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::connection::ConnectionId;
use crate::model::time::until;
use crate::port::store::DUE_SHARDS;
use crate::port::store::StoreError;
use crate::port::store::connections::DueEntry;
use crate::{App, Error};

use crate::service::health::figures::count_lateness;
use crate::service::vault::refresh::step::Outcome;
use crate::service::vault::refresh::step::Reason;
use crate::service::vault::refresh::{Permit, RefreshRequest, Refreshed, refresh};
use crate::service::vault::warn::warn_expiring;
use crate::service::worker::shards::{Bounds, DuePage, Processed, Report, Work, run, slot};

/// How many grants a process refreshes at once that [a lost answer](crate::port::platform::Platform::lost_answer_ends_grant) would end.
/// At most this many are lost if it is killed.
pub const PERMITS: usize = 8;

/// Refreshes the connections of these shards that were due when the run began. Everything ends within `time`, and no refresh begins
/// that a slow platform could not answer in time. In the report, `done` counts the connections with a fresh token.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn refresh_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let permits = Arc::new(Semaphore::new(PERMITS));
    let work = Refreshing { app: Arc::clone(app), began: app.now(), permits, ends_at };
    let bounds = bounds(app, shards.len(), work.begins_until());
    Ok(run(app, work, shards, &bounds).await?)
}

/// The bounds of a run over this number of shards: its share of the refreshes at once over all schedules. Starts are spread, because
/// otherwise the platform would get a burst of requests in the first second, and then the table.
fn bounds(app: &App, shards: usize, begins_until: Duration) -> Bounds {
    let all = usize::from(DUE_SHARDS);
    let shards = shards.clamp(1, all);
    Bounds {
        at_once: usize::try_from(app.settings.refreshes_at_once).unwrap_or_default() * shards / all,
        stagger: app.settings.stagger * u32::from(DUE_SHARDS) / u32::try_from(shards).unwrap_or(1),
        begins_until,
    }
}

struct Refreshing {
    app: Arc<App>,
    began: Timestamp,
    /// The permits to refresh grants that a lost answer would end.
    permits: Arc<Semaphore>,
    ends_at: Duration,
}

#[async_trait]
impl Work for Refreshing {
    type Item = DueEntry;

    async fn page(&self, shard: u8, after: Option<&DueEntry>) -> Result<DuePage<DueEntry>, StoreError> {
        let most = self.app.settings.due_page;
        let items = self.app.connections.due(shard, self.began, after, most).await?;
        // Rows that fail without a write stay due and must not hide the rows after them.
        let last = items.last().filter(|_| items.len() == most as usize).cloned();
        let oldest = items.first().map(|entry| entry.since);
        Ok(DuePage { items, last, oldest })
    }

    async fn process(self: Arc<Self>, entry: DueEntry, first: OwnedSemaphorePermit) -> Result<Processed, Error> {
        let (id, slots) = (&entry.connection, Arc::clone(first.semaphore()));
        let refreshed = match self.refresh(id, first, Permit::IfFree(Arc::clone(&self.permits))).await {
            Some(Ok(Refreshed { outcome: Outcome::NoPermit, .. })) => match Arc::clone(&self.permits).acquire_owned().await {
                Ok(permit) => self.refresh(id, slot(&slots).await, Permit::Taken(permit)).await,
                Err(_) => None,
            },
            refreshed => refreshed,
        };
        let refreshed = match refreshed {
            Some(Ok(refreshed)) => refreshed,
            Some(Err(error)) => {
                tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "a refresh failed");
                return Ok(Processed::Failed);
            }
            None => return Ok(Processed::Left),
        };
        if let Some(connection) = &refreshed.connection {
            count_lateness(&self.app, connection, until(entry.since, self.began));
        }
        // A warning sets the next due time, which must not postpone the retry after a failure or make a dead grant due.
        if matches!(refreshed.outcome, Outcome::Refreshed | Outcome::AlreadyFresh)
            && let Some(connection) = &refreshed.connection
            && let Err(error) = warn_expiring(&self.app, connection).await
        {
            tracing::error!(connection = %id, %error, "a warning could not be written");
        }
        Ok(match refreshed.outcome {
            Outcome::Refreshed | Outcome::AlreadyFresh | Outcome::Parked => Processed::Done,
            Outcome::Held { .. } | Outcome::Resting { .. } => Processed::Left,
            _ => Processed::Failed,
        })
    }
}

impl Refreshing {
    /// The monotonic time after which no refresh begins.
    fn begins_until(&self) -> Duration {
        self.ends_at.saturating_sub(self.app.settings.refresh_time())
    }

    /// Refreshes a connection; `None` if it is too late to begin.
    async fn refresh(&self, id: &ConnectionId, slot: OwnedSemaphorePermit, permit: Permit) -> Option<Result<Refreshed, Error>> {
        if self.app.clock.elapsed() >= self.begins_until() {
            return None;
        }
        let refreshing = pin!(refresh(&self.app, id, RefreshRequest { reason: Reason::Due, ends_at: self.ends_at, permit }));
        match select(refreshing, self.app.clock.sleep(self.app.settings.lease)).await {
            Either::Left((refreshed, _)) => Some(refreshed),
            // Its lease has ended, so it only waits for an answer that may never come. Its slot goes to the next refresh.
            Either::Right(((), refreshing)) => {
                drop(slot);
                Some(refreshing.await)
            }
        }
    }
}
