//! Tells platforms what they are owed: finds by shard what is due, tells each by itself, says how it went (T-5).

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tracing::Instrument as _;

use crate::model::revocation::Owed;
use crate::port::store::DUE_SHARDS;
use crate::{App, Error};

use crate::service::consent::end_expired::end_expired;
use crate::service::revocation::revoke::{Telling, tell_platform};

/// How many platforms are told at once.
const IN_FLIGHT_MOST: usize = 16;
/// How many are taken from one shard in a run; the next run goes on.
const PER_SHARD_MOST: u32 = 50;

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TellReport {
    /// How many were due.
    pub due: usize,
    /// How many are settled.
    pub settled: usize,
    /// How many are still owed.
    pub owed: usize,
}

/// Tells what was due in these shards when the run began; none is begun that could not end within `time`. What fails stays on
/// its own row, and a shard that cannot be asked stands in no other's way.
pub async fn tell_due(app: &Arc<App>, shards: &[u8], time: Duration) -> TellReport {
    let (began, ends_at) = (app.now(), app.clock.elapsed() + time);
    let mut due = Vec::new();
    for shard in shards.iter().filter(|shard| **shard < DUE_SHARDS) {
        match app.revocations.owed(*shard, began, PER_SHARD_MOST).await {
            Ok(page) => due.extend(page),
            Err(error) => tracing::error!(shard, %error, "a shard could not be queried for pending revocations"),
        }
    }
    let mut report = TellReport { due: due.len(), ..TellReport::default() };
    let telling = due.into_iter().map(|owed| tell_one(app, owed, ends_at));
    let mut running = stream::iter(telling).buffer_unordered(IN_FLIGHT_MOST);
    while let Some(told) = running.next().await {
        match told {
            Ok(Telling::Settled) => report.settled += 1,
            Ok(Telling::Owed) => report.owed += 1,
            Err(error) => {
                tracing::error!(code = error.code(), fault = error.fault(), %error, "a revocation failed");
                report.owed += 1;
            }
        }
    }
    report
}

/// As a task of its own: a panic in it stays in it.
async fn tell_one(app: &Arc<App>, owed: Owed, ends_at: Duration) -> Result<Telling, Error> {
    let app = Arc::clone(app);
    let task = async move {
        match owed {
            Owed::Revocation(id) => tell_platform(&app, &id, ends_at).await,
            Owed::Flow(id) => end_expired(&app, &id, ends_at).await,
        }
    };
    let task = tokio::spawn(task.in_current_span());
    task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("a revocation ended early: {panic}"))))
}
