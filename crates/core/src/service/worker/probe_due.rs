//! Processes due hints and probes, by shard (T-7).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::probe::DueProbe;
use crate::port::store::StoreError;
use crate::{App, Error};

use crate::service::vault::hint::follow_hints;
use crate::service::vault::probe::probe;
use crate::service::worker::shards::{Bounds, DuePage, Processed, Report, Work, run};

/// The largest number of hints and probes that are processed at once.
const AT_ONCE_MOST: usize = 16;
/// The largest number of items of one shard in a run. The next run continues.
const PER_SHARD_MOST: u32 = 50;

/// Processes the items of these shards that were due when the run began. No probe begins that could not end within `time`.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn probe_due(app: &Arc<App>, shards: &[u8], time: Duration) -> Result<Report, Error> {
    let ends_at = app.clock.elapsed() + time;
    let bounds = Bounds { at_once: AT_ONCE_MOST, stagger: Duration::ZERO, begins_until: ends_at };
    let work = Probing { app: Arc::clone(app), began: app.now(), ends_at };
    Ok(run(app, work, shards, &bounds).await?)
}

struct Probing {
    app: Arc<App>,
    began: Timestamp,
    ends_at: Duration,
}

#[async_trait]
impl Work for Probing {
    type Item = DueProbe;

    async fn page(&self, shard: u8, _: Option<&DueProbe>) -> Result<DuePage<DueProbe>, StoreError> {
        let items = self.app.probes.due_probes(shard, self.began, PER_SHARD_MOST).await?;
        Ok(DuePage { items, last: None, oldest: None })
    }

    async fn process(self: Arc<Self>, item: DueProbe, _slot: OwnedSemaphorePermit) -> Result<Processed, Error> {
        match item {
            DueProbe::Hints(id) => follow_hints(&self.app, &id).await?,
            // `probe` checks the remaining time before it begins.
            DueProbe::Probe(id) => probe(&self.app, &id, self.ends_at).await?,
        }
        Ok(Processed::Done)
    }
}
