//! Lists the records of a connection in the order of their changes. Reads are strongly consistent, so a caller that continues from the
//! last position misses no change.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::time::later;
use crate::{App, Error};

use crate::service::records::{Filter, RecordPage};

/// The number of change blocks in one read.
const BLOCKS_AT_ONCE: u32 = 4;
/// The largest number of reads for one page.
const READS_MOST: usize = 25;

/// A position in the order of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The time of the changes.
    pub at: Timestamp,
    /// The number of records with that time that come before the position.
    pub offset: usize,
}

/// The records that changed at the position or after it, oldest change first. Each record appears once, at its last change.
///
/// # Errors
/// The table's errors.
pub async fn changed(
    app: &App,
    connection: &ConnectionId,
    filter: &Filter,
    from: Place,
    limit: usize,
) -> Result<RecordPage<Place>, Error> {
    let (mut records, mut place) = (Vec::new(), from);
    for _ in 0..READS_MOST {
        let blocks = app.records.changes(connection, filter.kind, place.at, BLOCKS_AT_ONCE).await?;
        if blocks.is_empty() {
            return Ok(RecordPage { records, next: None });
        }
        for block in blocks {
            let offset = if block.at == place.at { place.offset.min(block.ids.len()) } else { 0 };
            let found = app.records.records(&connection.partner, &block.ids[offset..]).await?;
            for (passed, record) in (offset + 1..).zip(found) {
                // A record that changed again is in a later block.
                let record = record.filter(|record| record.updated_at == block.at && filter.matches(record));
                records.extend(record);
                if records.len() == limit {
                    return Ok(RecordPage { records, next: Some(Place { at: block.at, offset: passed }) });
                }
            }
            place = Place { at: later(block.at, Duration::from_millis(1)), offset: 0 };
        }
    }
    Ok(RecordPage { records, next: Some(place) })
}
