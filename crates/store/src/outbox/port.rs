//! Lists a partner's events.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::event::Event;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::notification::Notification;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::outbox::{EventPage, EventQuery, EventsBetween, Outbox};

use crate::fault;
use crate::key::{Key, events_pk};
use crate::outbox::read;
use crate::request::LIST_ROUNDS_MOST;
use crate::row::{Item, readable, text};
use crate::table::{PK, SK, Table};

/// Sorts after every id.
const LAST: &str = "evt_~";

#[async_trait]
impl Outbox for Table {
    async fn event(&self, partner: &PartnerId, id: &str) -> Result<Option<Notification>, StoreError> {
        self.get(&Key::event(partner, id)).await?.map(read).transpose()
    }

    async fn events_between(
        &self,
        partner: &PartnerId,
        after: &str,
        before: &str,
        most: u32,
    ) -> Result<EventsBetween, StoreError> {
        let (mut between, mut position) = (EventsBetween::default(), None);
        let count = |between: &EventsBetween| between.events.len() + between.unread.len();
        for _ in 0..LIST_ROUNDS_MOST {
            let room = i32::try_from(most).unwrap_or(i32::MAX) - i32::try_from(count(&between)).unwrap_or(i32::MAX);
            let request = self.events_from(partner, after, before).set_exclusive_start_key(position).limit(room);
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            for item in answer.items.unwrap_or_default() {
                let id = text(&item, SK)?;
                if id.as_str() <= after || id.as_str() >= before {
                    continue;
                }
                match read(item) {
                    Ok(event) => between.events.push(event),
                    Err(error) => {
                        tracing::error!(%error, "an event cannot be read");
                        between.unread.push(id);
                    }
                }
            }
            position = answer.last_evaluated_key;
            if position.is_none() || count(&between) >= most as usize {
                break;
            }
        }
        Ok(between)
    }

    async fn events(&self, partner: &PartnerId, query: &EventQuery<'_>) -> Result<EventPage, StoreError> {
        let first = query.since.map_or_else(|| Event::ID_PREFIX.to_owned(), Event::mark);
        let until = query.until.map_or_else(|| LAST.to_owned(), Event::mark);
        let last = query.before.map_or(until.as_str(), |before| before.min(until.as_str()));
        let mut page = EventPage::default();
        let mut position = None;
        for _ in 0..LIST_ROUNDS_MOST {
            let room = i32::try_from(query.most).unwrap_or(i32::MAX) - i32::try_from(page.events.len()).unwrap_or(i32::MAX);
            let request = filtered(self.events_from(partner, &first, last), query);
            let request = request.scan_index_forward(false).consistent_read(true).set_exclusive_start_key(position).limit(room);
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            let is_within = |item: &Item| text(item, SK).is_ok_and(|id| id.as_str() < last);
            page.events.extend(readable(answer.items.unwrap_or_default().into_iter().filter(is_within).map(read)));
            position = answer.last_evaluated_key;
            if position.is_none() || page.events.len() >= query.most as usize {
                break;
            }
        }
        page.read_to = position.map(|item| text(&item, SK)).transpose()?;
        Ok(page)
    }
}

impl Table {
    /// The events between two ids or marks, which are both included.
    fn events_from(&self, partner: &PartnerId, first: &str, last: &str) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :events AND {SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":events", AttributeValue::S(events_pk(partner)))
            .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
            // A condition whose bounds are in the wrong order is an error.
            .expression_attribute_values(":last", AttributeValue::S(last.max(first).to_owned()))
    }
}

fn filtered(mut request: QueryFluentBuilder, query: &EventQuery<'_>) -> QueryFluentBuilder {
    let mut conditions = Vec::new();
    if let Some(kind) = query.kind {
        conditions.push("#event = :event");
        request = request
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":event", AttributeValue::S(kind.as_str().to_owned()));
    }
    if let Some(company_key) = query.company_key {
        conditions.push("company_key = :company_key");
        request = request.expression_attribute_values(":company_key", AttributeValue::S(company_key.to_string()));
    }
    if conditions.is_empty() { request } else { request.filter_expression(conditions.join(" AND ")) }
}
