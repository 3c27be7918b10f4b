//! The item of the last time that a caller had the platform asked for the company of a connection, and of the last answer.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::probe::{AccessAnswer, Asking};
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;

use crate::fault;
use crate::key::Key;
use crate::row::{Item, millis, number};
use crate::table::{PK, TTL, Table};
use crate::update::Changes;

/// The time for which the item is kept after the last request, in seconds.
const KEPT_FOR: i64 = 3_600;

impl Table {
    pub(super) async fn asking(&self, id: &ConnectionId, at: Timestamp, since: Timestamp) -> Result<Asking, StoreError> {
        let changes = Changes::default()
            .put("asked_at", Some(millis(at)))?
            .put(TTL, Some(at.as_second() + KEPT_FOR))?
            .given(":since", number(millis(since)));
        let update = changes.under(self, &Key::asked(id), &format!("attribute_not_exists({PK}) OR asked_at <= :since"));
        let Err(error) = self.request(update).send().await else { return Ok(Asking::Permitted) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(shown)) => Ok(Asking::TooSoon(shown.item().and_then(answer))),
            _ => Err(fault::meaning(&self.name, &error)),
        }
    }

    pub(super) async fn answered(&self, id: &ConnectionId, at: Timestamp, answer: AccessAnswer) -> Result<(), StoreError> {
        let changes = Changes::default().put("answer", Some(answer.as_str()))?.given(":at", number(millis(at)));
        self.update(changes.under(self, &Key::asked(id), "asked_at = :at"), |_| false).await.map(drop)
    }
}

/// The last answer; `None` if there is none, or if only a later version knows its word.
fn answer(item: &Item) -> Option<AccessAnswer> {
    item.get("answer")?.as_s().ok()?.parse().ok()
}
