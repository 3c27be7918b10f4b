//! Follows suspicions: finds by shard what is due, does each by itself (T-7).

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tracing::Instrument as _;

use crate::model::probe::Suspicion;
use crate::port::store::DUE_SHARDS;
use crate::{App, Error};

use crate::service::vault::hint::follow_hints;
use crate::service::vault::probe::probe;

/// How many are under way at once.
const IN_FLIGHT_MOST: usize = 16;
/// How many are taken from one shard in a run; the next run goes on.
const PER_SHARD_MOST: u32 = 50;

/// Follows what was due in these shards when the run began; no probe is begun that could not end within `time`. What fails is due
/// again, and a shard that cannot be asked stands in no other's way. Says how many were due.
pub async fn probe_due(app: &Arc<App>, shards: &[u8], time: Duration) -> usize {
    let (began, ends_at) = (app.now(), app.clock.elapsed() + time);
    let mut due = Vec::new();
    for shard in shards.iter().filter(|shard| **shard < DUE_SHARDS) {
        match app.probes.suspicions(*shard, began, PER_SHARD_MOST).await {
            Ok(page) => due.extend(page),
            Err(error) => tracing::error!(shard, %error, "a shard could not be queried for probes"),
        }
    }
    let count = due.len();
    let mut running =
        stream::iter(due.into_iter().map(|suspicion| follow(app, suspicion, ends_at))).buffer_unordered(IN_FLIGHT_MOST);
    while let Some(followed) = running.next().await {
        if let Err(error) = followed {
            tracing::error!(%error, "a probe failed");
        }
    }
    count
}

/// As a task of its own: a panic in it stays in it.
async fn follow(app: &Arc<App>, suspicion: Suspicion, ends_at: Duration) -> Result<(), Error> {
    let app = Arc::clone(app);
    let following = async move {
        match suspicion {
            Suspicion::Hints(id) => follow_hints(&app, &id).await,
            Suspicion::Probe(id) => probe(&app, &id, ends_at).await,
        }
    };
    let task = tokio::spawn(following.in_current_span());
    task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("a probe ended early: {panic}"))))
}
