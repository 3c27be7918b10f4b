//! Keeps connections fresh and alive: finds by shard what is due, does each by itself, and says how it went.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::model::connection::ConnectionId;
use crate::model::time::until;
use crate::port::store::DUE_SHARDS;
use crate::port::store::StoreError;
use crate::port::store::connections::DueEntry;
use crate::{App, Error};

use crate::service::vault::refresh::step::Outcome;
use crate::service::vault::refresh::step::Reason;
use crate::service::vault::refresh::{Asked, Place, Refreshed, refresh};
use crate::service::vault::warn::warn_expiring;

/// How many grants are under way at once in one process that [every lost answer](crate::port::platform::Platform::must_hear_every_answer)
/// would end: so many are lost at most if it is killed.
pub const FRAGILE_MOST: usize = 8;
/// No page is read while so many refreshes of a run have begun and are not over.
const IN_HAND_MOST: usize = 4_000;

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many were due.
    pub due: usize,
    /// How many have a fresh token now, by us or by somebody else.
    pub fresh: usize,
    /// How many do not: recorded on their rows, each with its next time.
    pub failed: usize,
    /// How many were left: for the next run because time was up, or to somebody else who is at it.
    pub left: usize,
    /// How many shards could not be asked.
    pub unread_shards: usize,
    /// How many shards were not read to their end, because time was up: what else is due in them is in no number here.
    pub unfinished_shards: usize,
    /// For how long the one that was due longest had been waiting when the run began.
    pub oldest_overdue: Duration,
}

/// How one of them went.
enum Done {
    Fresh,
    Failed,
    Left,
}

impl Report {
    fn count(&mut self, done: &Done) {
        match done {
            Done::Fresh => self.fresh += 1,
            Done::Failed => self.failed += 1,
            Done::Left => self.left += 1,
        }
    }
}

/// Refreshes what was due in these shards when the run began, until it is done or the time is up: all is over after `time`, and
/// no refresh is begun that a slow platform would leave too little of it. A failed refresh stays on its own row, and a shard that
/// cannot be asked stands in no other's way; nor does a platform that does not answer: a page is read as soon as all of the
/// pages before it has begun.
///
/// # Errors
/// What the table says where not one shard could be asked.
pub async fn refresh_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let run = Run::new(app, shards.len(), app.clock.elapsed() + time);
    let mut reading = Reading::new(app, shards);
    let mut report = Report::default();
    let (mut starting, mut running) = (FuturesUnordered::new(), FuturesUnordered::new());
    starting.extend(run.starts(reading.pages(&mut report).await));
    loop {
        if starting.is_empty() && running.len() < IN_HAND_MOST && run.may_begin() {
            starting.extend(run.starts(reading.pages(&mut report).await));
        }
        tokio::select! {
            biased;
            Some(done) = running.next() => report.count(&done),
            Some((entry, slot)) = starting.next() => running.push(run.refresh_one(entry, slot)),
            else => if reading.open.is_empty() || !run.may_begin() { break },
        }
    }
    report.unfinished_shards = reading.open.len();
    match reading.failure {
        Some(error) if report.unread_shards == shards.len() => Err(error.into()),
        _ => Ok(report),
    }
}

/// What is still to be read of the shards.
struct Reading<'a> {
    app: &'a App,
    began: Timestamp,
    /// The shards that are not read to their end, and the last entry of each that was read.
    open: Vec<(u8, Option<DueEntry>)>,
    failure: Option<StoreError>,
}

impl<'a> Reading<'a> {
    fn new(app: &'a App, shards: &[u8]) -> Self {
        let open = shards.iter().filter(|shard| **shard < DUE_SHARDS).map(|shard| (*shard, None)).collect();
        Self { app, began: app.now(), open, failure: None }
    }

    /// The next page of each shard.
    async fn pages(&mut self, report: &mut Report) -> Vec<DueEntry> {
        let most = self.app.settings.due_page;
        let mut due = Vec::new();
        for (shard, after) in std::mem::take(&mut self.open) {
            match self.app.connections.due(shard, self.began, after.as_ref(), most).await {
                Ok(page) => {
                    let overdue = page.first().map_or(Duration::ZERO, |entry| until(entry.since, self.began));
                    report.oldest_overdue = report.oldest_overdue.max(overdue);
                    // Read on behind the last one: rows that fail without a write must not stand before the rest.
                    let more = page.len() == most as usize;
                    self.open.extend(page.last().filter(|_| more).map(|last| (shard, Some(last.clone()))));
                    due.extend(page);
                }
                Err(error) => {
                    tracing::error!(shard, %error, "a shard could not be queried for due connections");
                    report.unread_shards += 1;
                    self.failure = Some(error);
                }
            }
        }
        report.due += due.len();
        due
    }
}

/// What all refreshes of a run have in common.
struct Run<'a> {
    app: &'a Arc<App>,
    /// The longest pause between two starts.
    stagger: Duration,
    /// Who may be under way.
    slots: Semaphore,
    /// Who may be under way of those that a lost answer would end.
    places: Arc<Semaphore>,
    /// Until when refreshes are begun.
    begins_until: Duration,
    ends_at: Duration,
}

impl<'a> Run<'a> {
    /// A run over so many shards: it has their share of what all schedules together may do.
    fn new(app: &'a Arc<App>, shards: usize, ends_at: Duration) -> Self {
        let all = usize::from(DUE_SHARDS);
        let shards = shards.clamp(1, all);
        let at_once = usize::try_from(app.settings.refreshes_at_once).unwrap_or_default() * shards / all;
        Self {
            app,
            stagger: app.settings.stagger * u32::from(DUE_SHARDS) / u32::try_from(shards).unwrap_or(1),
            slots: Semaphore::new(at_once.max(1)),
            places: Arc::new(Semaphore::new(FRAGILE_MOST)),
            begins_until: ends_at.saturating_sub(app.settings.refresh_time()),
            ends_at,
        }
    }

    fn may_begin(&self) -> bool {
        self.app.clock.elapsed() < self.begins_until
    }

    /// The starts of these, spread: a burst at the first second would be one for the platform, then one for the table. Each is
    /// over when it has a slot.
    fn starts(&self, due: Vec<DueEntry>) -> impl Iterator<Item = impl Future<Output = (DueEntry, SemaphorePermit<'_>)>> {
        let began = self.app.clock.elapsed();
        let count = u32::try_from(due.len()).unwrap_or(u32::MAX).max(1);
        let pause = (self.begins_until.saturating_sub(began) / count).min(self.stagger);
        (0_u32..).zip(due).map(move |(place, entry)| async move {
            let starts_at = began + pause * place;
            self.app.clock.sleep(starts_at.saturating_sub(self.app.clock.elapsed())).await;
            (entry, self.slot().await)
        })
    }

    async fn slot(&self) -> SemaphorePermit<'_> {
        self.slots.acquire().await.expect("nobody closes it")
    }

    async fn refresh_one(&self, entry: DueEntry, slot: SemaphorePermit<'_>) -> Done {
        let id = &entry.connection;
        let refreshed = match self.refresh(id, slot, Place::IfFree(Arc::clone(&self.places))).await {
            Some(Ok(Refreshed { outcome: Outcome::Crowded, .. })) => match Arc::clone(&self.places).acquire_owned().await {
                Ok(place) => self.refresh(id, self.slot().await, Place::Taken(place)).await,
                Err(_) => None,
            },
            refreshed => refreshed,
        };
        let refreshed = match refreshed {
            Some(Ok(refreshed)) => refreshed,
            Some(Err(error)) => {
                tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "a refresh failed");
                return Done::Failed;
            }
            None => return Done::Left,
        };
        // A warning sets the next due time, and must not put off a failure's retry or make a dead grant due.
        if matches!(refreshed.outcome, Outcome::Refreshed | Outcome::AlreadyFresh)
            && let Some(connection) = &refreshed.connection
            && let Err(error) = warn_expiring(self.app, connection).await
        {
            tracing::error!(connection = %id, %error, "a warning could not be written");
        }
        match refreshed.outcome {
            Outcome::Refreshed | Outcome::AlreadyFresh | Outcome::Parked => Done::Fresh,
            Outcome::Held { .. } | Outcome::Resting { .. } => Done::Left,
            _ => Done::Failed,
        }
    }

    /// One refresh in that slot; `None` where it is too late to begin.
    async fn refresh(&self, id: &ConnectionId, slot: SemaphorePermit<'_>, place: Place) -> Option<Result<Refreshed, Error>> {
        let Self { app, ends_at, .. } = *self;
        if !self.may_begin() {
            return None;
        }
        let refreshing = pin!(refresh(app, id, Asked { reason: Reason::Due, ends_at, place }));
        match select(refreshing, app.clock.sleep(app.settings.lease)).await {
            Either::Left((refreshed, _)) => Some(refreshed),
            // Its lease is over, so that it only listens now, to a platform that may never answer: its slot is for others.
            Either::Right(((), refreshing)) => {
                drop(slot);
                Some(refreshing.await)
            }
        }
    }
}
