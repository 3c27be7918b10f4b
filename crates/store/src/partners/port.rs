//! Partners and their API keys: looked up by requests, managed by commands.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use counterfoil_core::model::api_key::{ApiKey, KeyId};
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::partners::PartnerStore;
use jiff::Timestamp;

use crate::fault;
use crate::key::API_KEY;
use crate::key::Key;
use crate::key::PARTNERS;
use crate::key::partner_pk;
use crate::row::key_item;
use crate::row::{self, millis, number};
use crate::table::LIST_INDEX;
use crate::table::LIST_PK;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;
use crate::update::Changes;

#[async_trait]
impl PartnerStore for Table {
    async fn partner(&self, id: &PartnerId) -> Result<Option<Partner>, StoreError> {
        self.get(&Key::partner(id)).await?.map(crate::partners::partner_row::read).transpose()
    }

    async fn key(&self, partner: &PartnerId, id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        self.get(&Key::api_key(partner, id)).await?.map(crate::partners::key_row::read).transpose()
    }

    async fn key_and_connection(
        &self,
        (partner, key): (&PartnerId, &KeyId),
        connection: &ConnectionId,
    ) -> Result<(Option<ApiKey>, Option<Connection>), StoreError> {
        let mut items = self.get_all(&[Key::api_key(partner, key), Key::connection(connection)]).await?.into_iter();
        let (key, connection) = (items.next().flatten(), items.next().flatten());
        Ok((key.map(crate::partners::key_row::read).transpose()?, connection.map(crate::connections::row::read).transpose()?))
    }

    async fn touch_key(&self, partner: &PartnerId, id: &KeyId, at: Timestamp) -> Result<(), StoreError> {
        let changes = Changes::default().put("last_used_at", Some(millis(at)))?;
        let update = changes.under(self, &Key::api_key(partner, id), &format!("attribute_exists({PK})"));
        self.update(update, |_| false).await.map(|_| ())
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.partner(&PartnerId::default_partner()).await.map(|_| ())
    }
}

/// What only an operator's commands do with partners and keys.
impl Table {
    /// Stores a new partner; `Overtaken` where there is one of that name.
    ///
    /// # Errors
    /// What the table says.
    pub async fn create_partner(&self, partner: &Partner) -> Result<Written, StoreError> {
        self.create_item(crate::partners::partner_row::write(partner)?).await
    }

    /// Replaces a partner's list of redirect URIs; `Overtaken` where there is no such partner.
    ///
    /// # Errors
    /// What the table says.
    pub async fn set_redirect_uris(&self, id: &PartnerId, redirect_uris: &[String]) -> Result<Written, StoreError> {
        let changes = Changes::default().put("redirect_uris", Some(redirect_uris))?;
        self.update(changes.under(self, &Key::partner(id), &format!("attribute_exists({PK})")), |_| false).await
    }

    /// The partners of this installation, by id; at most a thousand.
    ///
    /// # Errors
    /// What the table says.
    pub async fn partners(&self) -> Result<Vec<PartnerId>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :partners"))
            .expression_attribute_values(":partners", AttributeValue::S(PARTNERS.to_owned()))
            .limit(LISTED_MOST);
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        let pks = answer.items.unwrap_or_default().into_iter().filter_map(|mut item| item.remove(PK));
        Ok(pks.filter_map(|pk| PartnerId::parse(pk.as_s().ok()?.strip_prefix("PARTNER#")?).ok()).collect())
    }

    /// Stores a new key.
    ///
    /// # Errors
    /// What the table says.
    pub async fn create_key(&self, key: &ApiKey) -> Result<Written, StoreError> {
        self.create_item(crate::partners::key_row::write(key)?).await
    }

    /// A partner's keys, live and not; at most a thousand.
    ///
    /// # Errors
    /// What the table says.
    pub async fn keys(&self, partner: &PartnerId) -> Result<Vec<ApiKey>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :partner AND begins_with({SK}, :keys)"))
            .expression_attribute_values(":partner", AttributeValue::S(partner_pk(partner)))
            .expression_attribute_values(":keys", AttributeValue::S(API_KEY.to_owned()))
            .consistent_read(true)
            .limit(LISTED_MOST);
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(row::readable(answer.items.unwrap_or_default().into_iter().map(crate::partners::key_row::read)).collect())
    }

    /// Revokes a key from that moment on; `Overtaken` where there is no such key.
    ///
    /// # Errors
    /// What the table says.
    pub async fn revoke_key(&self, partner: &PartnerId, id: &KeyId, at: Timestamp) -> Result<Written, StoreError> {
        let changes = Changes::default().set("revoked_at", number(millis(at)));
        let update = changes.under(self, &Key::api_key(partner, id), &format!("attribute_exists({PK})"));
        self.update(update, |_| false).await
    }

    /// Stores an item, over one of the same key.
    /// A key's part of a consent: it was not revoked. One that is not there was never revoked.
    pub(crate) fn key_lives(&self, partner: &PartnerId, id: &KeyId, now: Timestamp) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(&Key::api_key(partner, id))))
            .condition_expression("attribute_not_exists(revoked_at) OR revoked_at > :now")
            .expression_attribute_values(":now", number(millis(now)))
            .build();
        TransactWriteItem::builder().condition_check(check.expect("table, key and condition are given")).build()
    }

    pub(crate) async fn put_item(&self, item: row::Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| fault::meaning(&self.name, &error))
    }

    pub(crate) async fn create_item(&self, item: row::Item) -> Result<Written, StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        match put.condition_expression(format!("attribute_not_exists({PK})")).send().await {
            Ok(_) => Ok(Written::Stored),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(Written::Overtaken)
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }
}

/// How many partners or keys a command lists.
const LISTED_MOST: i32 = 1_000;
