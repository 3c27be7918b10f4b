//! The parts of a consent's transaction.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use counterfoil_core::model::connection::Connection;
use counterfoil_core::model::revocation::{GrantId, RevocationId};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::vault::{CodeExchange, Consent};

use super::port::OF_A_GRANT;
use crate::connections::grant_attributes::GRANT_ATTRIBUTES;
use crate::consents::flows::without_grant;
use crate::key::Key;
use crate::request::transact_update;
use crate::row::{key_item, millis, number};
use crate::table::{PK, SK, Table};
use crate::update::Changes;

impl Table {
    /// The connection's part of a consent, or of the first answer of a company file: all attributes that these decide, and none that a partner may have set.
    pub(crate) fn consented(&self, connection: &Connection, previous: Option<&Connection>) -> Result<Update, StoreError> {
        let key = Key::connection(&connection.id);
        let mut item = crate::connections::row::write(connection)?;
        // A partner may have set the freshness of an existing connection, so a consent does not change it.
        let not_ours: &[&str] = if previous.is_some() { &[PK, SK, "freshness"] } else { &[PK, SK] };
        item.retain(|name, _| !not_ours.contains(&name.as_str()));
        let stale = GRANT_ATTRIBUTES.iter().chain(&OF_A_GRANT).chain(&["refreshed_at"]);
        let stale: Vec<_> = stale.filter(|name| !item.contains_key(**name)).collect();
        let changes = item.into_iter().fold(Changes::default(), |changes, (name, value)| changes.set(&name, value));
        let changes = stale.into_iter().fold(changes, |changes, name| changes.remove(name));
        Ok(match previous {
            None => changes.under(self, &key, &format!("attribute_not_exists({PK})")),
            Some(previous) => changes.given(":previous", number(previous.epoch)).under(self, &key, "epoch = :previous"),
        })
    }

    /// The flow's part of a consent: the flow ends, and its grant is deleted.
    pub(super) fn flow_done(&self, consent: &Consent) -> Result<Update, StoreError> {
        let changes = without_grant(Changes::default(), consent.connection.consented_at)?
            .put("stage", Some("done"))?
            .put("connected", Some(consent.connection.id.company_key.as_str()))?
            .put("connected_to", Some(&consent.connection.company.company_id))?
            .given(":one", AttributeValue::S(if consent.exchange.is_some() { "confirmed" } else { "exchanged" }.to_owned()))
            .given(":other", AttributeValue::S(if consent.exchange.is_some() { "confirmed" } else { "choosing" }.to_owned()));
        Ok(changes.under(self, &Key::flow(&consent.flow), "#stage IN (:one, :other)"))
    }

    /// The exchange's part of a consent: the code is spent, the handle is stored, and the waiting grant is deleted. The condition fails if
    /// that grant is being revoked.
    pub(super) fn exchanged(&self, consent: &Consent, exchange: &CodeExchange) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Consent { connection, flow, .. } = consent;
        let spent = Changes::default()
            .put("consumed_by", Some(connection.commit_id.as_str()))?
            .given(":now", number(millis(connection.consented_at)));
        let condition = format!("attribute_exists({PK}) AND attribute_not_exists(consumed_by) AND expires_at > :now");
        let waited = RevocationId { connection: connection.id.clone(), grant: GrantId::Consent(flow.clone()) };
        let taken = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(&Key::revocation(&waited))))
            .condition_expression(format!("attribute_exists({PK}) AND attribute_not_exists(claim)"))
            .build()
            .expect("table and key are given");
        Ok(vec![
            transact_update(spent.under(self, &Key::code(&exchange.code), &condition)),
            TransactWriteItem::builder().delete(taken).build(),
            self.put(crate::consents::handover_row::write_handle(&connection.id, &exchange.handle)?),
        ])
    }
}
