//! Sends the revocations that are due, and ends expired flows that have a grant, by shard (T-5).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::revocation::DueRevocation;
use crate::port::store::StoreError;
use crate::{App, Error};

use crate::service::consent::end_expired::end_expired;
use crate::service::revocation::revoke::{RevocationStatus, revoke};
use crate::service::worker::shards::{Bounds, DuePage, Processed, Report, Work, run};

/// The largest number of items that are processed at once.
const AT_ONCE_MOST: usize = 16;
/// The largest number of items of one shard in a run. The next run continues.
const PER_SHARD_MOST: u32 = 50;

/// Processes the items of these shards that were due when the run began. No item begins that could not end within `time`. In the report,
/// `left` includes the revocations that the platform did not confirm.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn revoke_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let bounds = Bounds { at_once: AT_ONCE_MOST, stagger: Duration::ZERO, begins_until: ends_at };
    let work = Revoking { app: Arc::clone(app), began: app.now(), ends_at };
    Ok(run(app, work, shards, &bounds).await?)
}

struct Revoking {
    app: Arc<App>,
    began: Timestamp,
    ends_at: Duration,
}

#[async_trait]
impl Work for Revoking {
    type Item = DueRevocation;

    async fn page(&self, shard: u8, _: Option<&DueRevocation>) -> Result<DuePage<DueRevocation>, StoreError> {
        let items = self.app.revocations.due_revocations(shard, self.began, PER_SHARD_MOST).await?;
        Ok(DuePage { items, last: None, oldest: None })
    }

    async fn process(self: Arc<Self>, item: DueRevocation, _slot: OwnedSemaphorePermit) -> Result<Processed, Error> {
        // Each checks the remaining time before it begins.
        let status = match item {
            DueRevocation::Pending(id) => revoke(&self.app, &id, self.ends_at).await?,
            DueRevocation::ExpiredFlow(id) => end_expired(&self.app, &id, self.ends_at).await?,
        };
        Ok(match status {
            RevocationStatus::Completed => Processed::Done,
            RevocationStatus::Pending => Processed::Left,
        })
    }
}
