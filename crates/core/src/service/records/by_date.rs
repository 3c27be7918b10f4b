//! Lists the records of one connection, or of all connections of a partner, newest date first within each connection.

use crate::model::connection::ConnectionId;
use crate::model::name::{CompanyKey, PartnerId};
use crate::port::store::connections::ListQuery;
use crate::port::store::records::{ByDate, Dated};
use crate::{App, Error};

use crate::service::records::{Filter, RecordPage};

/// The largest number of connections that one page reads.
const CONNECTIONS_MOST: u32 = 20;
/// The largest number of reads of a list for one page.
const READS_MOST: usize = 25;
/// The number of list entries in one read.
const ENTRIES_AT_ONCE: u32 = 100;

/// A position in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// After a record of a connection.
    Behind(CompanyKey, Dated),
    /// After all records of a connection.
    After(CompanyKey),
}

/// A page of the records of one connection.
///
/// # Errors
/// The table's errors.
pub async fn of_connection(
    app: &App,
    connection: &ConnectionId,
    filter: &Filter,
    after: Option<Dated>,
    limit: usize,
) -> Result<RecordPage<Place>, Error> {
    let (mut records, mut after) = (Vec::new(), after);
    for _ in 0..READS_MOST {
        let list = ByDate {
            connection,
            kind: filter.kind,
            from: filter.from,
            to: filter.to,
            after: after.as_ref(),
            most: ENTRIES_AT_ONCE,
        };
        let entries = app.records.by_date(&list).await?;
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        let found = app.records.records(&connection.partner, &ids).await?;
        let is_last = entries.len() < ENTRIES_AT_ONCE as usize;
        for (entry, record) in entries.into_iter().zip(found) {
            records.extend(record.filter(|record| filter.matches(record)));
            if records.len() == limit {
                return Ok(RecordPage { records, next: Some(Place::Behind(connection.company_key.clone(), entry)) });
            }
            after = Some(entry);
        }
        if is_last {
            return Ok(RecordPage { records, next: None });
        }
    }
    let next = after.map(|last| Place::Behind(connection.company_key.clone(), last));
    Ok(RecordPage { records, next })
}

/// A page of the records of all connections of a partner. The connections come in the order of their keys.
///
/// # Errors
/// The table's errors.
pub async fn of_partner(
    app: &App,
    partner: &PartnerId,
    filter: &Filter,
    after: Option<Place>,
    limit: usize,
) -> Result<RecordPage<Place>, Error> {
    let mut records = Vec::new();
    let mut passed = None;
    match after {
        Some(Place::Behind(company_key, dated)) => {
            let id = ConnectionId { partner: partner.clone(), company_key };
            let page = of_connection(app, &id, filter, Some(dated), limit).await?;
            if page.next.is_some() {
                return Ok(page);
            }
            records = page.records;
            passed = Some(id.company_key);
        }
        Some(Place::After(company_key)) => passed = Some(company_key),
        None => {}
    }
    let query = ListQuery { after: passed.clone(), limit: CONNECTIONS_MOST, ..ListQuery::default() };
    let connections = app.connections.list(partner, &query).await?;
    for connection in connections.connections {
        let left = limit - records.len();
        if left == 0 {
            return Ok(RecordPage { records, next: passed.map(Place::After) });
        }
        let mut page = of_connection(app, &connection.id, filter, None, left).await?;
        records.append(&mut page.records);
        if page.next.is_some() {
            return Ok(RecordPage { records, next: page.next });
        }
        passed = Some(connection.id.company_key);
    }
    Ok(RecordPage { records, next: connections.next.map(Place::After) })
}
