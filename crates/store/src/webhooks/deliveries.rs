//! Stores deliveries.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::delivery::{Delivery, DeliveryId};
use counterfoil_core::model::webhook::endpoint::{EndpointName, Endpoints};
use counterfoil_core::model::webhook::notification::{EndpointEvent, Notification};
use counterfoil_core::port::store::webhooks::{DeliveryPage, DeliveryQuery, DeliveryStore, WithEvent};
use counterfoil_core::port::store::{Created, StoreError, Written};
use jiff::Timestamp;

use super::{delivery_row, endpoints_row};
use crate::fault;
use crate::key::{Key, deliveries_pk, pending_shard};
use crate::outbox::{self, endpoint_row};
use crate::request::LIST_ROUNDS_MOST;
use crate::row::{Item, millis, number, readable, text, time};
use crate::table::{DUE_AT, DUE_INDEX, DUE_SHARD, PK, SK, Table};
use crate::update::Changes;

/// How many items one `BatchWriteItem` takes.
const BATCH_MOST: usize = 25;
/// How often the rest of a batch is sent again.
const BATCH_ROUNDS_MOST: usize = 5;

#[async_trait]
impl DeliveryStore for Table {
    async fn endpoints_and_events(
        &self,
        partner: &PartnerId,
        events: &[String],
    ) -> Result<(Endpoints, Vec<Result<Option<Notification>, StoreError>>), StoreError> {
        let keys = events.iter().map(|id| Key::event(partner, id));
        let mut found = self.get_all(&[Key::endpoints(partner)].into_iter().chain(keys).collect::<Vec<_>>()).await?.into_iter();
        let endpoints = found.next().flatten().map(endpoints_row::read).transpose()?.unwrap_or_default();
        Ok((endpoints, found.map(|item| item.map(outbox::read).transpose()).collect()))
    }

    async fn endpoints_and_deliveries(
        &self,
        partner: &PartnerId,
        ids: &[DeliveryId],
    ) -> Result<(Endpoints, Vec<Result<WithEvent, StoreError>>), StoreError> {
        let mut events: Vec<_> = ids.iter().map(|id| &id.event).collect();
        events.sort_unstable();
        events.dedup();
        let keys = ids.iter().map(|id| Key::delivery(partner, id)).chain(events.iter().map(|id| Key::event(partner, id)));
        let mut found = self.get_all(&[Key::endpoints(partner)].into_iter().chain(keys).collect::<Vec<_>>()).await?.into_iter();
        let endpoints = found.next().flatten().map(endpoints_row::read).transpose()?.unwrap_or_default();
        let deliveries: Vec<_> = found.by_ref().take(ids.len()).collect();
        let read: Vec<_> = found.map(|item| item.map(outbox::read).transpose()).collect();
        let event = |id: &DeliveryId| events.binary_search(&&id.event).map_or(Ok(None), |place| read[place].clone());
        let with_event = |(id, item): (&DeliveryId, Option<Item>)| Ok((item.map(delivery_row::read).transpose()?, event(id)?));
        Ok((endpoints, ids.iter().zip(deliveries).map(with_event).collect()))
    }

    async fn create_delivery(&self, partner: &PartnerId, delivery: &Delivery) -> Result<Created, StoreError> {
        self.create_item(delivery_row::write(partner, delivery)?).await.map(Created::from)
    }

    async fn create_test(&self, event: &EndpointEvent, delivery: &Delivery) -> Result<(), StoreError> {
        let delivery = delivery_row::write(&event.endpoint.partner, delivery)?;
        self.transact(vec![self.put(endpoint_row::write(event)?), self.put(delivery)], &event.id).await.map(drop)
    }

    async fn create_replays(&self, partner: &PartnerId, deliveries: &[Delivery]) -> Result<(), StoreError> {
        for deliveries in deliveries.chunks(BATCH_MOST) {
            let put = |delivery| {
                let put = PutRequest::builder().set_item(Some(delivery_row::write(partner, delivery)?)).build();
                Ok(WriteRequest::builder().put_request(put.expect("the item is given")).build())
            };
            let mut open = deliveries.iter().map(put).collect::<Result<Vec<_>, StoreError>>()?;
            for _ in 0..BATCH_ROUNDS_MOST {
                if open.is_empty() {
                    break;
                }
                let request = self.client.batch_write_item().request_items(&self.name, open);
                let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
                open = answer.unprocessed_items.unwrap_or_default().remove(&self.name).unwrap_or_default();
            }
            if !open.is_empty() {
                return Err(StoreError::Busy("a batch was not finished".to_owned()));
            }
        }
        Ok(())
    }

    async fn save_delivery(&self, partner: &PartnerId, delivery: &Delivery, attempts: usize) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("status", Some(delivery.status.as_str()))?
            .put("attempts", Some(delivery_row::attempts(delivery)))?
            .given(":pending", AttributeValue::S("pending".to_owned()))
            .given(":before", number(attempts));
        let changes = match delivery.next_attempt_at {
            Some(due_at) => changes.put(DUE_AT, Some(millis(due_at)))?,
            None => changes.remove(DUE_AT).remove(DUE_SHARD),
        };
        let condition = "#status = :pending AND size(#attempts) = :before";
        self.update(changes.under(self, &Key::delivery(partner, &delivery.id), condition), |_| false).await
    }

    async fn postpone_delivery(&self, partner: &PartnerId, id: &DeliveryId, until: Timestamp) -> Result<(), StoreError> {
        let changes = Changes::default().put(DUE_AT, Some(millis(until)))?;
        let condition = format!("attribute_exists({DUE_SHARD})");
        self.update(changes.under(self, &Key::delivery(partner, id), &condition), |_| false).await.map(drop)
    }

    async fn pending(&self, endpoint: &EndpointName, most: u32) -> Result<Vec<(DeliveryId, Timestamp)>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(DUE_INDEX)
            .key_condition_expression(format!("{DUE_SHARD} = :shard"))
            .expression_attribute_values(":shard", AttributeValue::S(pending_shard(endpoint)))
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        let entry = |item: &Item| {
            let due_at = item.get(DUE_AT).and_then(|at| at.as_n().ok()?.parse().ok()).unwrap_or_default();
            Ok((delivery_row::id_of(item)?, time(&text(item, PK)?, due_at)?))
        };
        Ok(readable(answer.items.unwrap_or_default().iter().map(entry)).collect())
    }

    async fn delivery(&self, partner: &PartnerId, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        self.get(&Key::delivery(partner, id)).await?.map(delivery_row::read).transpose()
    }

    async fn deliveries(&self, endpoint: &EndpointName, query: &DeliveryQuery<'_>) -> Result<DeliveryPage, StoreError> {
        let mut page = DeliveryPage::default();
        let mut position = None;
        for _ in 0..LIST_ROUNDS_MOST {
            let room = i32::try_from(query.most).unwrap_or(i32::MAX) - i32::try_from(page.deliveries.len()).unwrap_or(i32::MAX);
            let answer = self.delivery_request(endpoint, query).set_exclusive_start_key(position).limit(room).send().await;
            let answer = answer.map_err(|error| fault::meaning(&self.name, &error))?;
            let is_within = |item: &Item| text(item, SK).is_ok_and(|place| contains(query, &place));
            let items = answer.items.unwrap_or_default().into_iter().filter(is_within);
            page.deliveries.extend(readable(items.map(delivery_row::read)));
            position = answer.last_evaluated_key;
            if position.is_none() || page.deliveries.len() >= query.most as usize {
                break;
            }
        }
        page.read_to = position.map(|item| text(&item, SK)).transpose()?;
        Ok(page)
    }
}

/// Sorts before every place.
const FIRST: &str = "evt_";
/// Sorts after every place.
const LAST: &str = "evt_~";

impl Table {
    /// Both bounds of a condition on a key are included, so [`contains`] leaves the excluded ones out.
    fn delivery_request(&self, endpoint: &EndpointName, query: &DeliveryQuery<'_>) -> QueryFluentBuilder {
        let (after, until) = (query.after, query.until);
        let (first, last) = if query.is_newest_first {
            (until.unwrap_or(FIRST), after.unwrap_or(LAST))
        } else {
            (after.unwrap_or(FIRST), until.unwrap_or(LAST))
        };
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :deliveries AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":deliveries", AttributeValue::S(deliveries_pk(&endpoint.partner, &endpoint.id)))
            .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
            // A condition whose bounds are in the wrong order is an error.
            .expression_attribute_values(":last", AttributeValue::S(last.max(first).to_owned()))
            .scan_index_forward(!query.is_newest_first)
            .consistent_read(true);
        if query.statuses.is_empty() {
            return request;
        }
        let names: Vec<_> = (0..query.statuses.len()).map(|number| format!(":status{number}")).collect();
        let request = request
            .filter_expression(format!("#status IN ({})", names.join(", ")))
            .expression_attribute_names("#status", "status");
        names.into_iter().zip(query.statuses).fold(request, |request, (name, status)| {
            request.expression_attribute_values(name, AttributeValue::S(status.as_str().to_owned()))
        })
    }
}

/// Whether a place is in the list: the first bound of a list is not, and its last bound is if the newest comes first.
fn contains(query: &DeliveryQuery<'_>, place: &str) -> bool {
    if query.is_newest_first {
        query.after.is_none_or(|after| place < after) && query.until.is_none_or(|until| place >= until)
    } else {
        query.after.is_none_or(|after| place > after) && query.until.is_none_or(|until| place < until)
    }
}
