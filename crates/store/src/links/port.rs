//! Connect links. Each is beside its partner, under the first digits of its hash.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::Update;
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::connect_link::{ConnectLink, LinkId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::partners::LinkStore;

use crate::key::Key;
use crate::key::LINK;
use crate::request::{Transacted, transact_update};
use crate::row::{millis, number};
use crate::table::PK;
use crate::table::Table;
use crate::update::Changes;

#[async_trait]
impl LinkStore for Table {
    async fn create_link(&self, link: &ConnectLink, audit: &Audit) -> Result<(), StoreError> {
        let items = vec![self.put(crate::links::row::write(link)?), self.put(crate::history::row::audit(audit)?)];
        self.transact(items, &audit.id).await.map(drop)
    }

    async fn link(&self, partner: &PartnerId, id: &LinkId) -> Result<Option<ConnectLink>, StoreError> {
        self.get(&Key::link(partner, id)).await?.map(crate::links::row::read).transpose()
    }

    async fn links(&self, partner: &PartnerId, after: Option<&LinkId>, most: u32) -> Result<Vec<ConnectLink>, StoreError> {
        let after = after.map(|id| Key::link(partner, id));
        self.beside_partner(partner, LINK, after, most, crate::links::row::read).await
    }

    async fn revoke_link(&self, partner: &PartnerId, id: &LinkId, audit: &Audit) -> Result<Written, StoreError> {
        let changes = Changes::default().put("revoked_at", Some(millis(audit.at)))?;
        let condition = format!("attribute_exists({PK}) AND attribute_not_exists(revoked_at)");
        let update = changes.under(self, &Key::link(partner, id), &condition);
        let items = vec![transact_update(update), self.put(crate::history::row::audit(audit)?)];
        Ok(match self.transact(items, &audit.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }
}

impl Table {
    /// The link's part of a consent: one more use, if one is left and the link was not revoked. A link from before uses were counted has one
    /// use.
    pub(crate) fn link_used(&self, partner: &PartnerId, id: &LinkId) -> Update {
        let condition = format!(
            "attribute_exists({PK}) AND attribute_not_exists(revoked_at) AND (attribute_not_exists(#used) OR #used < #uses)"
        );
        Changes::default().once("uses", number(1)).add("used", 1).under(self, &Key::link(partner, id), &condition)
    }
}
