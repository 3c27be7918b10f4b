//! The audit rows of a connection, which are beside it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::Subject;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::time::{later, sortable};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::audit::{AuditPage, AuditQuery, Order};
use jiff::{Timestamp, ToSpan as _};

use super::row;
use crate::fault;
use crate::key::{AUDIT, Key};
use crate::request::LIST_ROUNDS_MOST;
use crate::row::{key_item, millis, number, readable, text};
use crate::table::{PK, SK, Table};

/// How many rows are read at once if only some of them are wanted.
const READ_TO_FILTER: u32 = 500;
/// How much later than its time the id of a row may say: that of a refused code has the code's end.
const ID_AHEAD_MOST: Duration = Duration::from_secs(3_600);

impl Table {
    pub(super) async fn audit_of_connection(&self, id: &ConnectionId, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let subject = Subject::from(id);
        let key = |id: &str| Key::audit(&subject, id);
        let (first, last) = bounds(query);
        // A condition whose bounds are in the wrong order is an error.
        if first > last || query.since.zip(query.until).is_some_and(|(since, until)| since > until) {
            return Ok(AuditPage { entries: Vec::new(), next: None });
        }
        let mut entries = Vec::new();
        let mut after = query.after.as_deref().map(|after| key_item(&key(after)));
        let most = query.most as usize;
        for _ in 0..LIST_ROUNDS_MOST {
            let room = query.most.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            let limit = if query.action.is_some() { room.max(READ_TO_FILTER) } else { room };
            let mut request = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(format!("{PK} = :pk AND {SK} BETWEEN :first AND :last"))
                .filter_expression(filter(query))
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(":pk", AttributeValue::S(key("").pk))
                .expression_attribute_values(":first", AttributeValue::S(format!("{AUDIT}{first}")))
                .expression_attribute_values(":last", AttributeValue::S(format!("{AUDIT}{last}")))
                .expression_attribute_values(":since", number(millis(query.since.unwrap_or(Timestamp::MIN))))
                .expression_attribute_values(":until", number(millis(query.until.unwrap_or(Timestamp::MAX))))
                .scan_index_forward(query.order == Order::OldestFirst)
                .set_exclusive_start_key(after)
                .consistent_read(true)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            if let Some(action) = query.action {
                request = request
                    .expression_attribute_names("#action", "action")
                    .expression_attribute_values(":action", AttributeValue::S(action.as_str().to_owned()));
            }
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            entries.extend(readable(answer.items.unwrap_or_default().into_iter().map(row::read)));
            after = answer.last_evaluated_key;
            if after.is_none() || entries.len() >= most {
                break;
            }
        }
        if entries.len() > most {
            entries.truncate(most);
            return Ok(AuditPage { next: entries.last().map(|last| last.place.clone()), entries });
        }
        let next = after.map(|item| text(&item, SK)).transpose()?;
        Ok(AuditPage { entries, next: next.and_then(|sk| sk.strip_prefix(AUDIT).map(str::to_owned)) })
    }
}

fn filter(query: &AuditQuery) -> &'static str {
    match query.action {
        Some(_) => "#at BETWEEN :since AND :until AND #action = :action",
        None => "#at BETWEEN :since AND :until",
    }
}

/// The ids between which the rows of the query are. The id of a row that exists once a day has the beginning of that day. Ids of the
/// first versions have no time.
fn bounds(query: &AuditQuery) -> (String, String) {
    let day_before = |since: Timestamp| since.saturating_sub(24.hours()).unwrap_or(Timestamp::MIN);
    let first = query.since.map(|since| sortable(day_before(since))).unwrap_or_default();
    (first, query.until.map_or_else(|| "~".to_owned(), |until| sortable(later(until, ID_AHEAD_MOST))))
}
