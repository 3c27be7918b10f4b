//! Connections from other systems, and a row for each transferred refresh token. The row is never deleted, so that a token is recognized
//! after a rotation and after a disconnect.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use counterfoil_core::model::connection::{ConnectionId, DeathCause, Status};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::transfers::{TransferBegun, TransferEnd, TransferStore};
use counterfoil_core::port::store::{StoreError, Written};
use serde::{Deserialize, Serialize};

use crate::connections::row::due;
use crate::key::Key;
use crate::request::{Transacted, transact_update};
use crate::row::{damaged, from_item, key_item, millis, number, to_item};
use crate::table::{PK, Table};
use crate::update::Changes;

#[derive(Serialize, Deserialize)]
struct TransferRow {
    partner: String,
    company_key: String,
    at: i64,
}

#[async_trait]
impl TransferStore for Table {
    async fn transferred(&self, refresh_token: &Fingerprint) -> Result<Option<ConnectionId>, StoreError> {
        let key = Key::transfer(refresh_token);
        let Some(item) = self.get(&key).await? else { return Ok(None) };
        let row: TransferRow = from_item(item)?;
        let id = |row: &TransferRow| {
            let partner = PartnerId::parse(&row.partner).ok()?;
            Some(ConnectionId { partner, company_key: CompanyKey::parse(&row.company_key).ok()? })
        };
        id(&row).map(Some).ok_or_else(|| damaged(&key.pk, "not of a connection"))
    }

    async fn begin_transfer(&self, begun: &TransferBegun) -> Result<Written, StoreError> {
        let TransferBegun { refresh_token, previous, connection } = begun;
        let company_key = Key::company(&connection.company, &connection.id);
        let mut items = vec![
            self.remembered(refresh_token, &connection.id, millis(connection.updated_at))?,
            transact_update(self.consented(connection, previous.as_ref())?),
            self.put(key_item(&company_key)),
        ];
        let left = previous.as_ref().map(|previous| Key::company(&previous.company, &connection.id));
        items.extend(left.filter(|left| *left != company_key).map(|left| self.delete(&left)));
        Ok(match self.transact(items, connection.commit_id.as_str()).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn end_transfer(&self, ended: &TransferEnd) -> Result<Written, StoreError> {
        let TransferEnd { claimed, connection, audit, event } = ended;
        let changes = Changes::default()
            .put("status", Some(Status::Active.as_str()))?
            .put("company_name", Some(&connection.company_name))?
            .put("company_id", Some(&connection.company.company_id))?
            .put("api_base_url", Some(&connection.company.api_base_url))?
            .put("updated_at", Some(millis(connection.updated_at)))?
            .remove("trouble")
            .remove("cause")
            .remove("ended_by")
            .given(":epoch", number(connection.epoch))
            .given(":not_confirmed", AttributeValue::S(DeathCause::NotConfirmed.as_str().to_owned()));
        let changes = due(changes, &connection.id, connection.due_at)?;
        let update = changes.under(self, &Key::connection(&connection.id), "epoch = :epoch AND ended_by = :not_confirmed");
        let (left, company_key) = (Key::company(claimed, &connection.id), Key::company(&connection.company, &connection.id));
        let mut items = vec![
            transact_update(update),
            self.put(crate::history::row::audit(audit)?),
            self.put(crate::outbox::row::write(event)?),
            self.put(key_item(&company_key)),
        ];
        items.extend((left != company_key).then(|| self.delete(&left)));
        Ok(match self.transact(items, &event.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }
}

impl Table {
    /// The row of a refresh token. The write fails if the token was transferred for another connection.
    fn remembered(&self, refresh_token: &Fingerprint, id: &ConnectionId, at: i64) -> Result<TransactWriteItem, StoreError> {
        let row = TransferRow { partner: id.partner.to_string(), company_key: id.company_key.to_string(), at };
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(to_item(&Key::transfer(refresh_token), row)?))
            .condition_expression(format!("attribute_not_exists({PK}) OR (partner = :partner AND company_key = :company_key)"))
            .expression_attribute_values(":partner", AttributeValue::S(id.partner.to_string()))
            .expression_attribute_values(":company_key", AttributeValue::S(id.company_key.to_string()));
        Ok(TransactWriteItem::builder().put(put.build().expect("table and item are given")).build())
    }
}
