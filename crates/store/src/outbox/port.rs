//! Lists a partner's events.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::event::Event;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::outbox::Outbox;

use crate::fault;
use crate::key::events_pk;
use crate::outbox::row::read;
use crate::request::LIST_ROUNDS_MOST;
use crate::row::readable;
use crate::table::{PK, SK, Table};

#[async_trait]
impl Outbox for Table {
    async fn events(&self, partner: &PartnerId, after: &str, most: u32) -> Result<Vec<Event>, StoreError> {
        let (mut events, mut position) = (Vec::new(), None);
        for _ in 0..LIST_ROUNDS_MOST {
            let room = i32::try_from(most).unwrap_or(i32::MAX) - i32::try_from(events.len()).unwrap_or(i32::MAX);
            let request = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(format!("{PK} = :events AND {SK} > :after"))
                .expression_attribute_values(":events", AttributeValue::S(events_pk(partner)))
                .expression_attribute_values(":after", AttributeValue::S(after.to_owned()))
                .set_exclusive_start_key(position)
                .consistent_read(true)
                .limit(room);
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            events.extend(readable(answer.items.unwrap_or_default().into_iter().map(read)));
            position = answer.last_evaluated_key;
            if position.is_none() || events.len() >= most as usize {
                break;
            }
        }
        Ok(events)
    }
}
