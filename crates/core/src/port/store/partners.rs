//! Partners, their keys and their links.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::api_key::{ApiKey, KeyId};
use crate::model::audit::Audit;
use crate::model::connect_link::{ConnectLink, LinkId};
use crate::model::connection::{Connection, ConnectionId};
use crate::model::name::PartnerId;
use crate::model::partner::Partner;
use crate::model::secret::Fingerprint;
use crate::port::store::{Created, StoreError, Written};

/// Partners and their keys.
#[async_trait]
pub trait PartnerStore: Send + Sync {
    /// One partner.
    async fn partner(&self, id: &PartnerId) -> Result<Option<Partner>, StoreError>;

    /// One key, strongly consistent.
    async fn key(&self, partner: &PartnerId, id: &KeyId) -> Result<Option<ApiKey>, StoreError>;

    /// The key that has this alias, by the alias's hash. Strongly consistent.
    async fn aliased(&self, alias: &Fingerprint) -> Result<Option<ApiKey>, StoreError>;

    /// One key and one connection, both strongly consistent, in one request.
    async fn key_and_connection(
        &self,
        key: (&PartnerId, &KeyId),
        connection: &ConnectionId,
    ) -> Result<(Option<ApiKey>, Option<Connection>), StoreError>;

    /// Stores when a key was last used.
    async fn touch_key(&self, partner: &PartnerId, id: &KeyId, at: Timestamp) -> Result<(), StoreError>;

    /// Checks that the table answers.
    async fn check(&self) -> Result<(), StoreError>;
}

/// The changes that an operator, or a caller with the scope `admin`, makes. Each is stored with its audit row.
#[async_trait]
pub trait OperatorStore: PartnerStore {
    /// The partners of this installation, by id; at most a thousand.
    async fn partners(&self) -> Result<Vec<PartnerId>, StoreError>;

    /// Stores a new partner.
    async fn create_partner(&self, partner: &Partner, audit: &Audit) -> Result<Created, StoreError>;

    /// Replaces a partner's redirect URIs. `Overtaken` if they are not those in `partner` any more, or the partner does not exist.
    async fn set_redirect_uris(&self, partner: &Partner, uris: &[String], audit: &Audit) -> Result<Written, StoreError>;

    /// At most `most` of a partner's keys, valid or not, by id, after `after`. Strongly consistent.
    async fn keys(&self, partner: &PartnerId, after: Option<&KeyId>, most: u32) -> Result<Vec<ApiKey>, StoreError>;

    /// Stores a new key.
    async fn create_key(&self, key: &ApiKey, audit: &Audit) -> Result<Created, StoreError>;

    /// Stores an alias of a key, by its hash. `Overtaken` if a key has it, or if the key does not exist.
    async fn create_alias(&self, alias: &Fingerprint, key: &ApiKey, audit: &Audit) -> Result<Written, StoreError>;

    /// Removes an alias of a key, by its hash. `Overtaken` if the key does not have it.
    async fn remove_alias(&self, alias: &Fingerprint, key: &ApiKey, audit: &Audit) -> Result<Written, StoreError>;

    /// Revokes a key at the time of the audit row. `Overtaken` if it is revoked by then, or does not exist.
    async fn revoke_key(&self, partner: &PartnerId, id: &KeyId, audit: &Audit) -> Result<Written, StoreError>;

    /// Stores a new key and revokes the one that it replaces, from a time on. `Overtaken` if that one is revoked, whether by now or
    /// later, or does not exist.
    async fn replace_key(&self, id: &KeyId, revoked_from: Timestamp, new: &ApiKey, audit: &Audit) -> Result<Written, StoreError>;
}

/// Connect links.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// Stores a new link, with its audit row.
    async fn create_link(&self, link: &ConnectLink, audit: &Audit) -> Result<(), StoreError>;

    /// One link, strongly consistent.
    async fn link(&self, partner: &PartnerId, id: &LinkId) -> Result<Option<ConnectLink>, StoreError>;

    /// At most `most` of a partner's links, valid or not, by id, after `after`. Strongly consistent.
    async fn links(&self, partner: &PartnerId, after: Option<&LinkId>, most: u32) -> Result<Vec<ConnectLink>, StoreError>;

    /// Revokes a link at the time of the audit row. `Overtaken` if it is revoked already, or does not exist.
    async fn revoke_link(&self, partner: &PartnerId, id: &LinkId, audit: &Audit) -> Result<Written, StoreError>;
}
