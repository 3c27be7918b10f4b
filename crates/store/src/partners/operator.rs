//! An operator's changes of partners and API keys.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use counterfoil_core::model::api_key::{ApiKey, KeyId};
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::partners::OperatorStore;
use counterfoil_core::port::store::{Created, StoreError, Written};
use jiff::Timestamp;

use crate::fault;
use crate::key::{API_KEY, Key, PARTNERS};
use crate::partners::{alias_row, key_row, partner_row};
use crate::request::{Transacted, transact_update};
use crate::row::{attribute, millis, number};
use crate::table::{LIST_INDEX, LIST_PK, PK, Table};
use crate::update::Changes;

/// The largest number of partners that are listed.
const LISTED_MOST: i32 = 1_000;

#[async_trait]
impl OperatorStore for Table {
    async fn partners(&self) -> Result<Vec<PartnerId>, StoreError> {
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

    async fn create_partner(&self, partner: &Partner, audit: &Audit) -> Result<Created, StoreError> {
        self.audited(self.put_new(partner_row::write(partner)?), audit).await.map(Created::from)
    }

    async fn set_redirect_uris(&self, partner: &Partner, uris: &[String], audit: &Audit) -> Result<Written, StoreError> {
        let changes = Changes::default().put("redirect_uris", Some(uris))?.given(":before", attribute(&partner.redirect_uris)?);
        // A row without the attribute has none.
        let none = if partner.redirect_uris.is_empty() { " OR attribute_not_exists(redirect_uris)" } else { "" };
        let condition = format!("attribute_exists({PK}) AND (redirect_uris = :before{none})");
        let update = changes.under(self, &Key::partner(&partner.id), &condition);
        self.audited(transact_update(update), audit).await
    }

    async fn keys(&self, partner: &PartnerId, after: Option<&KeyId>, most: u32) -> Result<Vec<ApiKey>, StoreError> {
        let after = after.map(|id| Key::api_key(partner, id));
        self.beside_partner(partner, API_KEY, after, most, key_row::read).await
    }

    async fn create_key(&self, key: &ApiKey, audit: &Audit) -> Result<Created, StoreError> {
        self.audited(self.put_new(key_row::write(key)?), audit).await.map(Created::from)
    }

    async fn create_alias(&self, alias: &Fingerprint, key: &ApiKey, audit: &Audit) -> Result<Written, StoreError> {
        let put = Put::builder().table_name(&self.name).set_item(Some(alias_row::write(alias, key, audit.at)?));
        let put = put.condition_expression(format!("attribute_not_exists({PK}) OR attribute_exists(removed_at)"));
        let put = TransactWriteItem::builder().put(put.build().expect("table and item are given")).build();
        self.all_audited(vec![put, self.exists(&Key::api_key(&key.partner, &key.id))], audit).await
    }

    async fn remove_alias(&self, alias: &Fingerprint, key: &ApiKey, audit: &Audit) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("removed_at", Some(millis(audit.at)))?
            .given(":partner", attribute(key.partner.to_string())?)
            .given(":key_id", attribute(key.id.to_string())?);
        let condition = "partner = :partner AND key_id = :key_id AND attribute_not_exists(removed_at)";
        self.audited(transact_update(changes.under(self, &Key::alias(alias), condition)), audit).await
    }

    async fn revoke_key(&self, partner: &PartnerId, id: &KeyId, audit: &Audit) -> Result<Written, StoreError> {
        let changes = Changes::default().set("revoked_at", number(millis(audit.at)));
        let condition = format!("attribute_exists({PK}) AND (attribute_not_exists(revoked_at) OR revoked_at > :revoked_at)");
        self.audited(transact_update(changes.under(self, &Key::api_key(partner, id), &condition)), audit).await
    }

    async fn replace_key(&self, id: &KeyId, revoked_from: Timestamp, new: &ApiKey, audit: &Audit) -> Result<Written, StoreError> {
        let changes = Changes::default().set("revoked_at", number(millis(revoked_from)));
        let condition = format!("attribute_exists({PK}) AND attribute_not_exists(revoked_at)");
        let replaced = transact_update(changes.under(self, &Key::api_key(&new.partner, id), &condition));
        self.all_audited(vec![replaced, self.put_new(key_row::write(new)?)], audit).await
    }
}

impl Table {
    async fn audited(&self, change: TransactWriteItem, audit: &Audit) -> Result<Written, StoreError> {
        self.all_audited(vec![change], audit).await
    }

    /// Stores changes together with their audit row.
    async fn all_audited(&self, mut changes: Vec<TransactWriteItem>, audit: &Audit) -> Result<Written, StoreError> {
        changes.push(self.put(crate::history::row::audit(audit)?));
        Ok(match self.transact(changes, &audit.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }
}
