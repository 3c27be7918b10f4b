//! Keeps connections fresh and alive: finds by shard what is due, does each by itself, and says how it went.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::model::connection::ConnectionId;
use crate::model::time::until;
use crate::port::store::{DUE_SHARDS, DueEntry};
use crate::{App, Error};

use super::refresh::refresh;
use super::refresh::step::{Outcome, Reason};
use super::warn_expiring::warn_expiring;

/// How many refreshes are under way at once.
pub const IN_FLIGHT_MOST: usize = 64;
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

/// Refreshes what was due in these shards when the run began, until it is done or the time is up: no refresh is begun after
/// `time`. A failed refresh stays on its own row, and a shard that cannot be asked stands in no other's way.
///
/// # Errors
/// What the table says where not one shard could be asked.
pub async fn refresh_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let (began, ends_at) = (app.now(), app.clock.elapsed() + time);
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
        refresh_all(app, due, ends_at, &mut report).await;
        if open.is_empty() || app.clock.elapsed() >= ends_at {
            break;
        }
    }
    match failure {
        Some(error) if report.unread_shards == shards.len() => Err(error.into()),
        _ => Ok(report),
    }
}

async fn refresh_all(app: &Arc<App>, due: Vec<DueEntry>, ends_at: Duration, report: &mut Report) {
    report.due += due.len();
    let staggered = due.into_iter().enumerate().map(async |(place, entry)| {
        if place < IN_FLIGHT_MOST {
            app.clock.sleep(app.settings.stagger * u32::try_from(place).unwrap_or_default()).await;
        }
        refresh_one(app, entry.connection, ends_at).await
    });
    let mut running = stream::iter(staggered).buffer_unordered(IN_FLIGHT_MOST);
    while let Some(done) = running.next().await {
        match done {
            Done::Fresh => report.fresh += 1,
            Done::Failed => report.failed += 1,
            Done::Left => report.left += 1,
        }
    }
}

async fn refresh_one(app: &Arc<App>, id: ConnectionId, ends_at: Duration) -> Done {
    if app.clock.elapsed() >= ends_at {
        return Done::Left;
    }
    let refreshed = match refresh(app, &id, Reason::Due).await {
        Ok(refreshed) => refreshed,
        Err(error) => {
            tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "a refresh failed");
            return Done::Failed;
        }
    };
    // A warning sets the next due time, and must not put off a failure's retry or make a dead grant due.
    if matches!(refreshed.outcome, Outcome::Refreshed | Outcome::AlreadyFresh)
        && let Some(connection) = &refreshed.connection
        && let Err(error) = warn_expiring(app, connection).await
    {
        tracing::error!(connection = %id, %error, "a warning could not be written");
    }
    match refreshed.outcome {
        Outcome::Refreshed | Outcome::AlreadyFresh | Outcome::Parked => Done::Fresh,
        Outcome::Held { .. } | Outcome::Resting { .. } => Done::Left,
        _ => Done::Failed,
    }
}
