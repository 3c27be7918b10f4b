//! Reads of partners and API keys for requests.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use counterfoil_core::model::api_key::{ApiKey, KeyId};
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::partners::PartnerStore;
use jiff::Timestamp;

use crate::key::Key;
use crate::row::key_item;
use crate::row::{millis, number};
use crate::table::PK;
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

    async fn aliased(&self, alias: &Fingerprint) -> Result<Option<ApiKey>, StoreError> {
        let Some(item) = self.get(&Key::alias(alias)).await? else { return Ok(None) };
        let Some((partner, id)) = crate::partners::alias_row::read(item)? else { return Ok(None) };
        self.key(&partner, &id).await
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

impl Table {
    /// The key's part of a consent: the condition that it was not revoked. A missing key was not revoked.
    pub(crate) fn key_lives(&self, partner: &PartnerId, id: &KeyId, now: Timestamp) -> TransactWriteItem {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(&Key::api_key(partner, id))))
            .condition_expression("attribute_not_exists(revoked_at) OR revoked_at > :now")
            .expression_attribute_values(":now", number(millis(now)))
            .build();
        TransactWriteItem::builder().condition_check(check.expect("table, key and condition are given")).build()
    }
}
