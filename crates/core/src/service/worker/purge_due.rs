//! Runs the purges that are due: those that no process has claimed, or whose process died.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::connection::ConnectionId;
use crate::port::store::StoreError;
use crate::{App, Error};

use crate::service::purge::{Purged, purge};
use crate::service::worker::shards::{Bounds, DuePage, Processed, Report, Work, run};

/// How many purges are under way at once.
const AT_ONCE_MOST: usize = 4;
/// How many are looked at in a run of the worker; the next run goes on.
const DUE_MOST: u32 = 20;
/// Purges are few: all are due in one shard, so that a run without work is one request.
const SHARDS: [u8; 1] = [0];

/// Works on what was due when this began. All of it is over within `time`.
///
/// # Errors
/// Those of the table, if it cannot say what is due.
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
