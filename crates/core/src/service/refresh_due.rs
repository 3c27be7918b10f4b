//! Refreshes what is due: finds it by shard, does each by itself, and says how it went.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::model::connection::ConnectionId;
use crate::port::store::DUE_SHARDS;
use crate::{App, Error};

use super::refresh::refresh;
use super::refresh::step::{Outcome, Reason};

/// How many refreshes are under way at once.
const IN_FLIGHT_MOST: usize = 64;
/// How many are taken from one shard in one run.
const PER_SHARD_MOST: u32 = 250;

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many were due.
    pub due: usize,
    /// How many have a fresh token now, by us or by somebody else.
    pub fresh: usize,
    /// How many do not.
    pub failed: usize,
    /// How many were left for the next run because time was up.
    pub left: usize,
}

/// Refreshes everything that is due, until the time is up: no refresh is begun after `time`.
///
/// # Errors
/// What the table says when it is asked what is due. A failed refresh is not an error: it is recorded on its row.
pub async fn refresh_due(app: &Arc<App>, time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let mut due = Vec::new();
    for shard in 0..DUE_SHARDS {
        due.extend(app.connections.due(shard, app.now(), PER_SHARD_MOST).await?);
    }
    let mut report = Report { due: due.len(), ..Report::default() };
    let results =
        stream::iter(due).map(|id| refresh_in_time(app, id, ends_at)).buffer_unordered(IN_FLIGHT_MOST).collect::<Vec<_>>().await;
    for result in results {
        match result {
            None => report.left += 1,
            Some(true) => report.fresh += 1,
            Some(false) => report.failed += 1,
        }
    }
    Ok(report)
}

async fn refresh_in_time(app: &Arc<App>, id: ConnectionId, ends_at: Duration) -> Option<bool> {
    if app.clock.elapsed() >= ends_at {
        return None;
    }
    Some(match refresh(app, &id, Reason::Due).await {
        Ok(refreshed) => matches!(refreshed.outcome, Outcome::Refreshed | Outcome::AlreadyFresh),
        Err(error) => {
            tracing::error!(connection = %id, %error, "a refresh failed");
            false
        }
    })
}
