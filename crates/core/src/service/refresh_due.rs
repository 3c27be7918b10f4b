//! Keeps connections fresh and alive: finds by shard what is due, does each by itself, and says how it went.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use crate::model::connection::ConnectionId;
use crate::model::time::until;
use crate::port::store::{DUE_SHARDS, DueEntry};
use crate::{App, Error};

use super::refresh::step::{Outcome, Reason};
use super::refresh::{Asked, Place, Refreshed, refresh};
use super::warn_expiring::warn_expiring;

/// How many grants are under way at once in one process that [every lost answer](crate::port::platform::Platform::must_hear_every_answer)
/// would end: so many are lost at most if it is killed.
pub const FRAGILE_MOST: usize = 8;
/// How many are taken from one shard at a time.
const PER_PAGE_MOST: u32 = 250;

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
    /// For how long the one that was due longest had been waiting when the run began.
    pub oldest_overdue: Duration,
}

/// How one of them went.
enum Done {
    Fresh,
    Failed,
    Left,
}

/// A shard that is not read to its end.
struct Reading {
    shard: u8,
    after: Option<DueEntry>,
}

/// Refreshes what was due in these shards when the run began, until it is done or the time is up: all is over after `time`, and
/// no refresh is begun that a slow platform would leave too little of it. A failed refresh stays on its own row, and a shard that
/// cannot be asked stands in no other's way.
///
/// # Errors
/// What the table says where not one shard could be asked.
pub async fn refresh_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let (began, ends_at) = (app.now(), app.clock.elapsed() + time);
    let run = Run::new(app, shards.len(), ends_at);
    let mut report = Report::default();
    let mut failure = None;
    let mut open: Vec<_> =
        shards.iter().filter(|shard| **shard < DUE_SHARDS).map(|shard| Reading { shard: *shard, after: None }).collect();
    loop {
        let mut due = Vec::new();
        for reading in std::mem::take(&mut open) {
            match app.connections.due(reading.shard, began, reading.after.as_ref(), PER_PAGE_MOST).await {
                Ok(page) => {
                    report.oldest_overdue =
                        report.oldest_overdue.max(page.first().map_or(Duration::ZERO, |entry| until(entry.since, began)));
                    // Read on behind the last one: rows that fail without a write must not stand before the rest.
                    let more = page.len() == PER_PAGE_MOST as usize;
                    open.extend(
                        page.last().filter(|_| more).map(|last| Reading { shard: reading.shard, after: Some(last.clone()) }),
                    );
                    due.extend(page);
                }
                Err(error) => {
                    tracing::error!(shard = reading.shard, %error, "a shard could not be asked what is due");
                    report.unread_shards += 1;
                    failure = Some(error);
                }
            }
        }
        run.refresh_all(due, &mut report).await;
        if open.is_empty() || app.clock.elapsed() >= run.begins_until {
            break;
        }
    }
    match failure {
        Some(error) if report.unread_shards == shards.len() => Err(error.into()),
        _ => Ok(report),
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

    /// Refreshes these, their starts spread: a burst at the first second would be one for the platform, then one for the table.
    async fn refresh_all(&self, due: Vec<DueEntry>, report: &mut Report) {
        report.due += due.len();
        let began = self.app.clock.elapsed();
        let count = u32::try_from(due.len()).unwrap_or(u32::MAX).max(1);
        let pause = (self.begins_until.saturating_sub(began) / count).min(self.stagger);
        let refreshes = (0_u32..).zip(due).map(async |(place, entry)| {
            let starts_at = began + pause * place;
            self.app.clock.sleep(starts_at.saturating_sub(self.app.clock.elapsed())).await;
            self.refresh_one(&entry.connection).await
        });
        let mut running: FuturesUnordered<_> = refreshes.collect();
        while let Some(done) = running.next().await {
            match done {
                Done::Fresh => report.fresh += 1,
                Done::Failed => report.failed += 1,
                Done::Left => report.left += 1,
            }
        }
    }

    async fn refresh_one(&self, id: &ConnectionId) -> Done {
        let refreshed = match self.refresh(id, Place::IfFree(Arc::clone(&self.places))).await {
            Some(Ok(Refreshed { outcome: Outcome::Crowded, .. })) => match Arc::clone(&self.places).acquire_owned().await {
                Ok(place) => self.refresh(id, Place::Taken(place)).await,
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

    /// One refresh, when there is a slot for it; `None` where it is too late to begin then.
    async fn refresh(&self, id: &ConnectionId, place: Place) -> Option<Result<Refreshed, Error>> {
        let Self { app, ends_at, .. } = *self;
        let slot = self.slots.acquire().await.ok()?;
        if app.clock.elapsed() >= self.begins_until {
            return None;
        }
        let refreshing = pin!(refresh(app, id, Asked { reason: Reason::Due, ends_at, place }));
        match select(refreshing, app.clock.sleep(app.settings.lease)).await {
            Either::Left((refreshed, _)) => Some(refreshed),
            // It only listens now, to a platform that may never answer: its slot is for others.
            Either::Right(((), refreshing)) => {
                drop(slot);
                Some(refreshing.await)
            }
        }
    }
}
