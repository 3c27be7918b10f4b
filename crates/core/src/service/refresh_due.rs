//! Keeps connections fresh and alive: finds by shard what is due, does each by itself, and says how it went.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::model::connection::ConnectionId;
use crate::model::time::until;
use crate::port::store::DUE_SHARDS;
use crate::{App, Error};

use super::refresh::refresh;
use super::refresh::step::{Outcome, Reason};
use super::warn_expiring::warn_expiring;

/// How many refreshes are under way at once.
pub const IN_FLIGHT_MOST: usize = 64;
/// How many are taken from one shard at a time.
const PER_SHARD_MOST: u32 = 250;

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many were due.
    pub due: usize,
    /// How many have a fresh token now, by us or by somebody else.
    pub fresh: usize,
    /// How many do not: recorded on their rows, each with its next time.
    pub failed: usize,
    /// How many were left for the next run because time was up.
    pub left: usize,
    /// For how long the one that was due longest had been waiting when the run began.
    pub oldest_overdue: Duration,
}

/// How one of them went.
enum Done {
    Fresh,
    Failed,
    Left,
}

/// Refreshes what is due in these shards until nothing is left or the time is up: no refresh is begun after `time`.
///
/// # Errors
/// What the table says when it is asked what is due. A failed refresh is not an error: it stays on its own row.
pub async fn refresh_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let mut report = Report::default();
    let mut seen = HashSet::new();
    let mut open: Vec<u8> = shards.iter().copied().filter(|shard| *shard < DUE_SHARDS).collect();
    while !open.is_empty() && app.clock.elapsed() < ends_at {
        let mut due = Vec::new();
        let mut more = Vec::new();
        for shard in open {
            let page = app.connections.due(shard, app.now(), PER_SHARD_MOST).await?;
            let overdue = page.first().map_or(Duration::ZERO, |(_, since)| until(*since, app.now()));
            report.oldest_overdue = report.oldest_overdue.max(overdue);
            let new: Vec<_> = page.into_iter().map(|(id, _)| id).filter(|id| seen.insert(id.clone())).collect();
            // A page of nothing new is the index lagging behind our own writes, or rows that failed to be written.
            more.extend((new.len() == PER_SHARD_MOST as usize).then_some(shard));
            due.extend(new);
        }
        report.due += due.len();
        for done in stream::iter(&due).map(|id| one(app, id, ends_at)).buffer_unordered(IN_FLIGHT_MOST).collect::<Vec<_>>().await
        {
            match done {
                Done::Fresh => report.fresh += 1,
                Done::Failed => report.failed += 1,
                Done::Left => report.left += 1,
            }
        }
        open = more;
    }
    Ok(report)
}

async fn one(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Done {
    if app.clock.elapsed() >= ends_at {
        return Done::Left;
    }
    let refreshed = match refresh(app, id, Reason::Due).await {
        Ok(refreshed) => refreshed,
        Err(error) => {
            tracing::error!(connection = %id, %error, "a refresh failed");
            return Done::Failed;
        }
    };
    if let Some(connection) = &refreshed.connection
        && let Err(error) = warn_expiring(app, connection).await
    {
        tracing::error!(connection = %id, %error, "a warning could not be written");
    }
    match refreshed.outcome {
        Outcome::Refreshed | Outcome::AlreadyFresh | Outcome::Parked => Done::Fresh,
        _ => Done::Failed,
    }
}
