//! The kinds of requests to the table: strongly consistent reads, conditional updates, transactions.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update,
};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::{StoreError, Written};

use crate::fault;
use crate::key::Key;
use crate::row::{Item, key_item};
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;

/// The largest number of requests for the unprocessed items of a batch.
const BATCH_ROUNDS_MOST: usize = 5;
/// The largest number of requests for one page of a list, if a filter or unreadable rows leave little of what is read.
pub(crate) const LIST_ROUNDS_MOST: usize = 10;

impl Table {
    /// Reads an item, strongly consistent.
    pub(crate) async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key_item(key))).consistent_read(true);
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(answer.item)
    }

    /// Reads up to a hundred items, strongly consistent, in the order of their keys. One request, if the table can answer it at once.
    pub(crate) async fn get_all(&self, keys: &[Key]) -> Result<Vec<Option<Item>>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        let mut open: Vec<_> = keys.iter().map(key_item).collect();
        for _ in 0..BATCH_ROUNDS_MOST {
            if open.is_empty() {
                break;
            }
            let wanted = KeysAndAttributes::builder().set_keys(Some(open)).consistent_read(true).build().expect("keys are given");
            let request = self.client.batch_get_item().request_items(&self.name, wanted);
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            let items = answer.responses.unwrap_or_default().remove(&self.name).unwrap_or_default();
            found.extend(items.into_iter().filter_map(|item| Some((key_of(&item)?, item))));
            open = answer.unprocessed_keys.unwrap_or_default().remove(&self.name).map(|left| left.keys).unwrap_or_default();
        }
        if !open.is_empty() {
            return Err(StoreError::Busy("a batch was not finished".to_owned()));
        }
        Ok(keys.iter().map(|Key { pk, sk }| found.remove(&(pk.clone(), sk.clone()))).collect())
    }

    /// Deletes an item, whether it exists or not.
    pub(crate) async fn delete_item(&self, key: &Key) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key_item(key)));
        request.send().await.map(drop).map_err(|error| fault::meaning(&self.name, &error))
    }

    /// A conditional update. If the condition fails, `is_own` says from the stored item whether an earlier try of this write, whose answer
    /// was lost, was stored.
    pub(crate) async fn update(&self, update: Update, is_own: impl Fn(&Item) -> bool) -> Result<Written, StoreError> {
        let sent = self.request(update).send().await;
        match sent {
            Ok(_) => Ok(Written::Stored),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let own = matches!(refused.err(), UpdateItemError::ConditionalCheckFailedException(shown) if shown.item().is_some_and(&is_own));
                Ok(if own { Written::Stored } else { Written::Overtaken })
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    /// The request of a conditional update. If the condition fails, the answer has the stored item.
    pub(crate) fn request(&self, update: Update) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(update.table_name)
            .set_key(Some(update.key))
            .update_expression(update.update_expression)
            .set_condition_expression(update.condition_expression)
            .set_expression_attribute_names(update.expression_attribute_names)
            .set_expression_attribute_values(update.expression_attribute_values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Puts an item, and replaces one with the same key.
    pub(crate) async fn put_item(&self, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| fault::meaning(&self.name, &error))
    }

    /// Puts an item, if there is none with the same key.
    pub(crate) async fn create_item(&self, item: Item) -> Result<Written, StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        match put.condition_expression(format!("attribute_not_exists({PK})")).send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(Written::Overtaken)
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    pub(crate) fn put(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build().expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }

    /// The part of a transaction that puts an item if there is none with the same key.
    pub(crate) fn put_new(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder().table_name(&self.name).set_item(Some(item));
        let put = put.condition_expression(format!("attribute_not_exists({PK})")).build().expect("table and item are given");
        TransactWriteItem::builder().put(put).build()
    }

    pub(crate) fn delete(&self, key: &Key) -> TransactWriteItem {
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key_item(key))).build();
        TransactWriteItem::builder().delete(delete.expect("table and key are given")).build()
    }

    /// The part of a transaction that deletes an item under a condition, with a value of the condition.
    pub(crate) fn delete_under(&self, key: &Key, condition: &str, value: Option<(&str, &str)>) -> TransactWriteItem {
        let values = value.map(|(name, value)| HashMap::from([(name.to_owned(), AttributeValue::S(value.to_owned()))]));
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .build();
        TransactWriteItem::builder().delete(delete.expect("table and key are given")).build()
    }

    /// The part of a transaction that checks that an item exists.
    pub(crate) fn exists(&self, key: &Key) -> TransactWriteItem {
        let check = ConditionCheck::builder().table_name(&self.name).set_key(Some(key_item(key)));
        let check = check.condition_expression(format!("attribute_exists({PK})")).build();
        TransactWriteItem::builder().condition_check(check.expect("table, key and condition are given")).build()
    }

    /// Writes all items or none. The token makes a retry after a lost answer the same transaction, for ten minutes.
    pub(crate) async fn transact(&self, items: Vec<TransactWriteItem>, token: &str) -> Result<Transacted, StoreError> {
        let token = Fingerprint::of(token).as_str()[..36].to_owned();
        let sent = self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(token).send().await;
        let Err(error) = sent else { return Ok(Transacted::Stored) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() {
            let reasons = canceled.cancellation_reasons();
            let refused: Vec<_> = reasons.iter().map(|reason| reason.code() == Some("ConditionalCheckFailed")).collect();
            if refused.contains(&true) {
                return Ok(Transacted::Refused(refused));
            }
        }
        Err(fault::meaning(&self.name, &error))
    }
}

fn key_of(item: &Item) -> Option<(String, String)> {
    let text = |name| item.get(name)?.as_s().ok().cloned();
    Some((text(PK)?, text(SK)?))
}

/// The result of a transaction.
pub(crate) enum Transacted {
    Stored,
    /// For each item, whether its condition failed.
    Refused(Vec<bool>),
}

pub(crate) fn transact_update(update: Update) -> TransactWriteItem {
    TransactWriteItem::builder().update(update).build()
}
