//! Runs the due purges: new ones, and those whose process died.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::connection::ConnectionId;
use crate::port::store::StoreError;
use crate::{App, Error};

use crate::service::revocation::purge::{Purged, purge};
use crate::service::worker::shards::{Bounds, DuePage, Processed, Report, Work, run};

/// How many purges run at once.
const AT_ONCE_MOST: usize = 4;
/// How many due purges a run of the worker reads. The next run reads the others.
const DUE_MOST: u32 = 20;
/// All purges are due in one shard, because there are few. A run without due purges makes one request.
const SHARDS: [u8; 1] = [0];

/// Works on the purges that were due when this began. Everything ends within `time`.
///
/// # Errors
/// The table's error, if the due purges could not be read.
pub async fn purge_due(app: &Arc<App>, time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let bounds = Bounds { at_once: AT_ONCE_MOST, stagger: Duration::ZERO, begins_until: ends_at };
    let work = Purging { app: Arc::clone(app), began: app.now(), ends_at };
    Ok(run(app, work, &SHARDS, &bounds).await?)
}

struct Purging {
    app: Arc<App>,
    began: Timestamp,
    ends_at: Duration,
}

#[async_trait]
impl Work for Purging {
    type Item = ConnectionId;

    async fn page(&self, _: u8, _: Option<&ConnectionId>) -> Result<DuePage<ConnectionId>, StoreError> {
        let due = self.app.purges.due_purges(self.began, DUE_MOST).await?;
        let oldest = due.first().map(|entry| entry.since);
        Ok(DuePage { items: due.into_iter().map(|entry| entry.connection).collect(), last: None, oldest })
    }

    async fn process(self: Arc<Self>, id: ConnectionId, _slot: OwnedSemaphorePermit) -> Result<Processed, Error> {
        Ok(match purge(&self.app, &id, self.ends_at).await? {
            Purged::Done => Processed::Done,
            Purged::Paused => Processed::Left,
        })
    }
}
