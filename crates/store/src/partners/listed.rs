//! Pages of a partner's keys and links, which are beside the partner.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;

use crate::fault;
use crate::key::{Key, partner_pk};
use crate::request::LIST_ROUNDS_MOST;
use crate::row::{Item, key_item, readable};
use crate::table::{PK, SK, Table};

impl Table {
    /// At most `most` items of a partner whose sort key begins with `prefix`, by sort key, after `after`. Strongly consistent. Items that
    /// cannot be read are left out.
    pub(crate) async fn beside_partner<T>(
        &self,
        partner: &PartnerId,
        prefix: &str,
        after: Option<Key>,
        most: u32,
        read: fn(Item) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        let mut after = after.as_ref().map(key_item);
        for _ in 0..LIST_ROUNDS_MOST {
            let room = i32::try_from(most).unwrap_or(i32::MAX) - i32::try_from(found.len()).unwrap_or(i32::MAX);
            let request = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(format!("{PK} = :partner AND begins_with({SK}, :prefix)"))
                .expression_attribute_values(":partner", AttributeValue::S(partner_pk(partner)))
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
                .set_exclusive_start_key(after)
                .consistent_read(true)
                .limit(room);
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            found.extend(readable(answer.items.unwrap_or_default().into_iter().map(read)));
            after = answer.last_evaluated_key;
            if after.is_none() || found.len() >= most as usize {
                break;
            }
        }
        Ok(found)
    }
}
