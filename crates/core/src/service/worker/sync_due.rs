//! Begins the runs that are due by a schedule or a notification, and works on the runs that are due: those that no process works on,
//! or whose process died.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::connection::ConnectionId;
use crate::port::store::StoreError;
use crate::{App, Error};

use crate::service::sync::{Worked, work_on_due};
use crate::service::worker::shards::{Bounds, DuePage, Processed, Report, Work, run};

/// How many runs are under way at once. Each holds a page of records in memory.
const AT_ONCE_MOST: usize = 4;
/// The most connections from one shard. The next invocation of the worker takes more.
const PER_SHARD_MOST: u32 = 20;
/// No run is taken up if less time than this is left.
const TIME_LEAST: Duration = Duration::from_secs(20);

/// Works on what is due in these shards when this begins: schedules, notifications and runs. It ends within `time`.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn sync_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let bounds = Bounds { at_once: AT_ONCE_MOST, stagger: Duration::ZERO, begins_until: ends_at.saturating_sub(TIME_LEAST) };
    let work = Syncing { app: Arc::clone(app), began: app.now(), ends_at };
    Ok(run(app, work, shards, &bounds).await?)
}

struct Syncing {
    app: Arc<App>,
    began: Timestamp,
    ends_at: Duration,
}

#[async_trait]
impl Work for Syncing {
    type Item = ConnectionId;

    async fn page(&self, shard: u8, _: Option<&ConnectionId>) -> Result<DuePage<ConnectionId>, StoreError> {
        let due = self.app.syncs.due(shard, self.began, PER_SHARD_MOST).await?;
        let oldest = due.first().map(|entry| entry.since);
        Ok(DuePage { items: due.into_iter().map(|entry| entry.connection).collect(), last: None, oldest })
    }

    async fn process(self: Arc<Self>, id: ConnectionId, _slot: OwnedSemaphorePermit) -> Result<Processed, Error> {
        Ok(match work_on_due(&self.app, &id, self.ends_at).await? {
            Worked::Paused => Processed::Left,
            Worked::Ended | Worked::Nothing => Processed::Done,
        })
    }
}
