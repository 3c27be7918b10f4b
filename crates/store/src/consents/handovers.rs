//! Codes for partners' pages, and the handles that they are exchanged for. The table has only their hashes.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::handover::Code;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::consents::HandoverStore;
use counterfoil_core::port::store::consents::Issued;
use jiff::Timestamp;

use crate::key::Key;
use crate::request::{Transacted, transact_update};
use crate::row::key_item;
use crate::row::{Item, millis, number};
use crate::table::PK;
use crate::table::Table;
use crate::update::Changes;

/// A value that is no handle's hash.
const NOBODYS: &str = "void";

#[async_trait]
impl HandoverStore for Table {
    async fn issue_code(&self, flow: &FlowId, code: &Code, before: Option<&Fingerprint>) -> Result<Issued, StoreError> {
        let hash = |hash: &Fingerprint| AttributeValue::S(hash.as_str().to_owned());
        let changes = Changes::default()
            .set("code_sha256", hash(&code.hash))
            .given(":done", AttributeValue::S("done".to_owned()))
            .given(":confirmed", AttributeValue::S("confirmed".to_owned()))
            .naming("stage");
        let can_have_one = "#stage IN (:done, :confirmed)";
        let update = match before {
            None => changes.under(self, &Key::flow(flow), &format!("{can_have_one} AND attribute_not_exists(code_sha256)")),
            Some(before) => changes.given(":before", hash(before)).under(
                self,
                &Key::flow(flow),
                &format!("{can_have_one} AND code_sha256 = :before"),
            ),
        };
        let mut items = vec![transact_update(update), self.put(crate::consents::handover_row::write(code)?)];
        if let Some(before) = before {
            let delete = Delete::builder()
                .table_name(&self.name)
                .set_key(Some(key_item(&Key::code(before))))
                .condition_expression("attribute_not_exists(consumed_by)")
                .build()
                .expect("table and key are given");
            items.push(TransactWriteItem::builder().delete(delete).build());
        }
        Ok(match self.transact(items, code.hash.as_str()).await? {
            Transacted::Stored => Issued::Stored,
            Transacted::Refused(refused) if refused.get(2) == Some(&true) => Issued::Spent,
            Transacted::Refused(_) => Issued::Overtaken,
        })
    }

    async fn code(&self, hash: &Fingerprint) -> Result<Option<Code>, StoreError> {
        self.get(&Key::code(hash)).await?.map(crate::consents::handover_row::read).transpose()
    }

    async fn consume_code(&self, hash: &Fingerprint, attempt: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changes = Changes::default().put("consumed_by", Some(attempt))?.given(":now", number(millis(now)));
        let condition = format!("attribute_exists({PK}) AND attribute_not_exists(consumed_by) AND expires_at > :now");
        let own = |item: &Item| item.get("consumed_by") == Some(&AttributeValue::S(attempt.to_owned()));
        Ok(self.update(changes.under(self, &Key::code(hash), &condition), own).await? == Written::Stored)
    }

    async fn put_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError> {
        self.put_item(crate::consents::handover_row::write_handle(id, hash)?).await
    }

    async fn void_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError> {
        let own = AttributeValue::S(hash.as_str().to_owned());
        let changes = Changes::default().put("handle_sha256", Some(NOBODYS))?.given(":own", own);
        self.update(changes.under(self, &Key::handle(id), "handle_sha256 = :own"), |_| false).await.map(drop)
    }

    async fn handle_and_connection(&self, id: &ConnectionId) -> Result<(Option<Fingerprint>, Option<Connection>), StoreError> {
        let mut items = self.get_all(&[Key::handle(id), Key::connection(id)]).await?.into_iter();
        let (handle, connection) = (items.next().flatten(), items.next().flatten());
        Ok((
            handle.map(crate::consents::handover_row::read_handle).transpose()?,
            connection.map(crate::connections::row::read).transpose()?,
        ))
    }
}
