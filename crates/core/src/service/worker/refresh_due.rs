//! Keeps connections fresh and alive: refreshes what is due by shard.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::connection::ConnectionId;
use crate::port::store::DUE_SHARDS;
use crate::port::store::StoreError;
use crate::port::store::connections::DueEntry;
use crate::{App, Error};

use crate::service::vault::refresh::step::Outcome;
use crate::service::vault::refresh::step::Reason;
use crate::service::vault::refresh::{Asked, Place, Refreshed, refresh};
use crate::service::vault::warn::warn_expiring;
use crate::service::worker::shards::{Bounds, Page, Processed, Report, Work, run, slot};

/// How many grants are under way at once in one process that [every lost answer](crate::port::platform::Platform::must_hear_every_answer)
/// would end: so many are lost at most if it is killed.
pub const FRAGILE_MOST: usize = 8;

/// Refreshes what was due in these shards when the run began, until it is done or the time is up: all is over after `time`, and
/// no refresh is begun that a slow platform would leave too little of it. In the report, what is done has a fresh token.
///
/// # Errors
/// Those of the table, if not one shard could be read.
pub async fn refresh_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let places = Arc::new(Semaphore::new(FRAGILE_MOST));
    let work = Refreshing { app: Arc::clone(app), began: app.now(), places, ends_at };
    let bounds = bounds(app, shards.len(), work.begins_until());
    Ok(run(app, work, shards, &bounds).await?)
}

/// A run over so many shards has their share of what all schedules together may do. Its starts are spread: otherwise there would
/// be a burst of requests to the platform in the first second, and then one to the table.
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
    /// Who may be under way of those that a lost answer would end.
    places: Arc<Semaphore>,
    ends_at: Duration,
}

#[async_trait]
impl Work for Refreshing {
    type Item = DueEntry;

    async fn page(&self, shard: u8, after: Option<&DueEntry>) -> Result<Page<DueEntry>, StoreError> {
        let most = self.app.settings.due_page;
        let items = self.app.connections.due(shard, self.began, after, most).await?;
        // Rows that fail without a write must not stand before the rest.
        let last = items.last().filter(|_| items.len() == most as usize).cloned();
        let oldest = items.first().map(|entry| entry.since);
        Ok(Page { items, last, oldest })
    }

    async fn process(self: Arc<Self>, entry: DueEntry, first: OwnedSemaphorePermit) -> Result<Processed, Error> {
        let (id, slots) = (&entry.connection, Arc::clone(first.semaphore()));
        let refreshed = match self.refresh(id, first, Place::IfFree(Arc::clone(&self.places))).await {
            Some(Ok(Refreshed { outcome: Outcome::Crowded, .. })) => match Arc::clone(&self.places).acquire_owned().await {
                Ok(place) => self.refresh(id, slot(&slots).await, Place::Taken(place)).await,
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
        // A warning sets the next due time, and must not put off a failure's retry or make a dead grant due.
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
    /// Until when refreshes are begun.
    fn begins_until(&self) -> Duration {
        self.ends_at.saturating_sub(self.app.settings.refresh_time())
    }

    /// One refresh in that slot; `None` where it is too late to begin.
    async fn refresh(&self, id: &ConnectionId, slot: OwnedSemaphorePermit, place: Place) -> Option<Result<Refreshed, Error>> {
        if self.app.clock.elapsed() >= self.begins_until() {
            return None;
        }
        let refreshing = pin!(refresh(&self.app, id, Asked { reason: Reason::Due, ends_at: self.ends_at, place }));
        match select(refreshing, self.app.clock.sleep(self.app.settings.lease)).await {
            Either::Left((refreshed, _)) => Some(refreshed),
            // Its lease is over, so that it only listens now, to a platform that may never answer: its slot is for others.
            Either::Right(((), refreshing)) => {
                drop(slot);
                Some(refreshing.await)
            }
        }
    }
}
