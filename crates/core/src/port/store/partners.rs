//! Partners, their keys and their links.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::api_key::{ApiKey, KeyId};
use crate::model::audit::Audit;
use crate::model::connect_link::{ConnectLink, LinkId};
use crate::model::connection::{Connection, ConnectionId};
use crate::model::name::PartnerId;
use crate::model::partner::Partner;
use crate::port::store::{StoreError, Written};

/// Partners and their keys.
#[async_trait]
pub trait PartnerStore: Send + Sync {
    /// One partner.
    async fn partner(&self, id: &PartnerId) -> Result<Option<Partner>, StoreError>;

    /// One key, strongly consistent.
    async fn key(&self, partner: &PartnerId, id: &KeyId) -> Result<Option<ApiKey>, StoreError>;

    /// One key and one connection, both strongly consistent, in one request.
    async fn key_and_connection(
        &self,
        key: (&PartnerId, &KeyId),
        connection: &ConnectionId,
    ) -> Result<(Option<ApiKey>, Option<Connection>), StoreError>;

    /// Notes that a key was used.
    async fn touch_key(&self, partner: &PartnerId, id: &KeyId, at: Timestamp) -> Result<(), StoreError>;

    /// Whether the table answers.
    async fn check(&self) -> Result<(), StoreError>;
}

/// What an operator changes. Each change is stored with its audit row.
#[async_trait]
pub trait OperatorStore: PartnerStore {
    /// The partners of this installation, by id; at most a thousand.
    async fn partners(&self) -> Result<Vec<PartnerId>, StoreError>;

    /// Stores a new partner; `Overtaken` where there is one of that id.
    async fn create_partner(&self, partner: &Partner, audit: &Audit) -> Result<Written, StoreError>;

    /// Replaces a partner's redirect URIs; `Overtaken` where they are no longer those in `partner`, or there is no such partner.
    async fn set_redirect_uris(&self, partner: &Partner, uris: &[String], audit: &Audit) -> Result<Written, StoreError>;

    /// A partner's keys, live and not; at most a thousand.
    async fn keys(&self, partner: &PartnerId) -> Result<Vec<ApiKey>, StoreError>;

    /// Stores a new key; `Overtaken` where there is one of that id.
    async fn create_key(&self, key: &ApiKey, audit: &Audit) -> Result<Written, StoreError>;

    /// Revokes a key from the time of the audit row on; `Overtaken` where it is revoked by then, or does not exist.
    async fn revoke_key(&self, partner: &PartnerId, id: &KeyId, audit: &Audit) -> Result<Written, StoreError>;
}

/// Connect links.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// Stores a new link, with its audit row.
    async fn create_link(&self, link: &ConnectLink, audit: &Audit) -> Result<(), StoreError>;

    /// One link, strongly consistent.
    async fn link(&self, partner: &PartnerId, id: &LinkId) -> Result<Option<ConnectLink>, StoreError>;

    /// A partner's links, live and not, by id, behind one of them; at most `most`, strongly consistent.
    async fn links(&self, partner: &PartnerId, after: Option<&LinkId>, most: u32) -> Result<Vec<ConnectLink>, StoreError>;

    /// Revokes a link from that moment on, with its audit row; `Overtaken` where it was revoked already or does not exist.
    async fn revoke_link(&self, partner: &PartnerId, id: &LinkId, audit: &Audit) -> Result<Written, StoreError>;
}
