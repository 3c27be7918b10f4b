//! Codes that are handed to partners' pages, and the handles that they are exchanged for. Both lie here as hashes.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::model::handover::Code;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::{AuditLog, HandoverStore, StoreError, Written};
use jiff::Timestamp;

use crate::row::{self, Item, millis, number};
use crate::table::{Key, PK, Table};
use crate::update::Changes;

/// What no handle hashes to.
const NOBODYS: &str = "void";

#[async_trait]
impl HandoverStore for Table {
    async fn put_code(&self, code: &Code) -> Result<(), StoreError> {
        self.put_item(row::handover::write(code)?).await
    }

    async fn code(&self, hash: &Fingerprint) -> Result<Option<Code>, StoreError> {
        self.get(&Key::code(hash)).await?.map(row::handover::read).transpose()
    }

    async fn consume_code(&self, hash: &Fingerprint, attempt: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changes = Changes::default().put("consumed_by", Some(attempt))?.given(":now", number(millis(now)));
        let condition = format!("attribute_exists({PK}) AND attribute_not_exists(consumed_by) AND expires_at > :now");
        let own = |item: &Item| item.get("consumed_by") == Some(&AttributeValue::S(attempt.to_owned()));
        Ok(self.update(changes.under(self, &Key::code(hash), &condition), own).await? == Written::Stored)
    }

    async fn put_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError> {
        self.put_item(row::handover::write_handle(id, hash)?).await
    }

    async fn void_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError> {
        let own = AttributeValue::S(hash.as_str().to_owned());
        let changes = Changes::default().put("handle_sha256", Some(NOBODYS))?.given(":own", own);
        self.update(changes.under(self, &Key::handle(id), "handle_sha256 = :own"), |_| false).await.map(drop)
    }

    async fn handle_and_connection(&self, id: &ConnectionId) -> Result<(Option<Fingerprint>, Option<Connection>), StoreError> {
        let mut items = self.get_all(&[Key::handle(id), Key::connection(id)]).await?.into_iter();
        let (handle, connection) = (items.next().flatten(), items.next().flatten());
        Ok((handle.map(row::handover::read_handle).transpose()?, connection.map(row::connection::read).transpose()?))
    }
}

#[async_trait]
impl AuditLog for Table {
    async fn note(&self, audit: &Audit) -> Result<(), StoreError> {
        self.put_item(row::history::audit(audit)?).await
    }
}
