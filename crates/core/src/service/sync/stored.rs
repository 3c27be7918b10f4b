//! What a run reads back of what it has stored: records and page logs.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::model::stored_record::{RecordId, StoredRecord};
use crate::model::sync::SyncRun;
use crate::port::store::syncs::PageLog;
use crate::{App, Error};

use crate::service::sync::run::Run;

/// How many records one request reads: the most that the table gives.
const RECORDS_PER_READ: usize = 100;
/// How many of these requests are under way at once.
const READS_AT_ONCE: usize = 8;
/// How many page logs one request reads.
const LOGS_PER_READ: u32 = 20;

impl Run<'_> {
    /// The stored records of these ids, in their order. A record that a purge of the connection is removing counts as removed.
    ///
    /// # Errors
    /// Those of the table.
    pub(crate) async fn stored(&self, ids: &[RecordId]) -> Result<Vec<Option<StoredRecord>>, Error> {
        let partner = &self.sync.connection.partner;
        let reads: Vec<_> = ids.chunks(RECORDS_PER_READ).map(|part| self.app.records.records(partner, part)).collect();
        let parts: Vec<_> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        let stays = |stored: &StoredRecord| self.lease.purged_until.is_none_or(|until| stored.updated_at > until);
        Ok(parts.into_iter().flatten().map(|stored| stored.filter(stays)).collect())
    }
}

/// Logs of the complete pages after page `after`: some, if not all.
///
/// # Errors
/// Those of the table, and `Internal` where there are none.
pub(crate) async fn page_logs(app: &App, sync: &SyncRun, after: u32) -> Result<Vec<PageLog>, Error> {
    let mut logs = app.syncs.pages(&sync.connection.partner, &sync.id, after, LOGS_PER_READ).await?;
    // The log of a page whose answer was lost may be there: that page is read again.
    logs.retain(|log| log.page <= sync.pages);
    if logs.is_empty() {
        return Err(Error::Internal(format!("the pages of {} after {after} are gone", sync.id.as_str())));
    }
    Ok(logs)
}
