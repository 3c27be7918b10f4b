//! Sends the revocations that are due and ends the expired flows that have a grant, shard by shard (T-5).

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use tracing::Instrument as _;

use crate::model::revocation::DueRevocation;
use crate::port::store::DUE_SHARDS;
use crate::{App, Error};

use crate::service::consent::end_expired::end_expired;
use crate::service::revocation::revoke::{RevocationStatus, revoke};

/// How many are under way at once.
const IN_FLIGHT_MOST: usize = 16;
/// How many are taken from one shard in a run; the next run goes on.
const PER_SHARD_MOST: u32 = 50;

/// How a run went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RevokeReport {
    /// How many were due.
    pub due: usize,
    /// How many are complete.
    pub completed: usize,
    /// How many are still pending.
    pub pending: usize,
}

/// Processes what was due in these shards when the run began, and begins nothing that could not end within `time`. A failure
/// sets the next try of its own row, and a shard that cannot be read holds up no other.
pub async fn revoke_due(app: &Arc<App>, shards: &[u8], time: Duration) -> RevokeReport {
    let (began, ends_at) = (app.now(), app.clock.elapsed() + time);
    let mut due = Vec::new();
    for shard in shards.iter().filter(|shard| **shard < DUE_SHARDS) {
        match app.revocations.due_revocations(*shard, began, PER_SHARD_MOST).await {
            Ok(page) => due.extend(page),
            Err(error) => tracing::error!(shard, %error, "a shard could not be queried for pending revocations"),
        }
    }
    let mut report = RevokeReport { due: due.len(), ..RevokeReport::default() };
    let revoking = due.into_iter().map(|due| revoke_one(app, due, ends_at));
    let mut running = stream::iter(revoking).buffer_unordered(IN_FLIGHT_MOST);
    while let Some(status) = running.next().await {
        match status {
            Ok(RevocationStatus::Completed) => report.completed += 1,
            Ok(RevocationStatus::Pending) => report.pending += 1,
            Err(error) => {
                tracing::error!(code = error.code(), fault = error.fault(), %error, "a revocation failed");
                report.pending += 1;
            }
        }
    }
    report
}

/// As a task of its own: a panic in it stays in it.
async fn revoke_one(app: &Arc<App>, due: DueRevocation, ends_at: Duration) -> Result<RevocationStatus, Error> {
    let app = Arc::clone(app);
    let task = async move {
        match due {
            DueRevocation::Pending(id) => revoke(&app, &id, ends_at).await,
            DueRevocation::ExpiredFlow(id) => end_expired(&app, &id, ends_at).await,
        }
    };
    let task = tokio::spawn(task.in_current_span());
    task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("a revocation ended early: {panic}"))))
}
