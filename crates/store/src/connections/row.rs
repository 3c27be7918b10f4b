//! The item of a connection. It is never deleted, because its epoch must never fall.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::{
    Company, Connection, ConnectionId, DeathCause, Freshness, GrantState, LastFailure, Status,
};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::lease::{CommitId, LeaseId};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::connections::grant_attributes::{GRANT_ATTRIBUTES, GrantAttributes};
use crate::key::{CONNECTION, Key, REFRESHER, connections_of, due_shard};
use crate::row::{Item, damaged, from_item, from_item_of, maybe_time, millis, name_of, text, time, to_item, word, word_or};
use crate::table::{DUE_AT, DUE_SHARD, LIST_PK, LIST_SK, PK};
use crate::update::Changes;

/// The attributes under their names in the table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConnectionRow {
    pub(crate) partner: String,
    pub(crate) company_key: String,
    pub(crate) company_name: String,
    pub(crate) platform: String,
    pub(crate) environment: String,
    pub(crate) client_id: String,
    pub(crate) company_id: String,
    pub(crate) api_base_url: String,
    pub(crate) epoch: u64,
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<String>,
    /// The cause, if the previous version does not know its word. That version then reads a word in `cause` that it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_by: Option<String>,
    /// Read separately ([`read`]): with `flatten`, serde would copy every attribute at each read of a token.
    #[serde(flatten, skip_deserializing)]
    pub(crate) grant: GrantAttributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<LastFailureRow>,
    pub(crate) commit_id: String,
    pub(crate) created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disconnected_at: Option<i64>,
    pub(crate) updated_at: i64,
    pub(crate) consented_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refreshed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_at: Option<i64>,
    pub(crate) freshness: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wanted_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) warned_of: Option<i64>,
}

/// The last failure of a refresh.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct LastFailureRow {
    failures: u32,
    retry_at: i64,
    code: String,
    /// The sentence for the failure, which only earlier versions read.
    message: String,
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_lease: Option<String>,
    doubtful: bool,
}

impl From<&StoredGrant> for GrantAttributes {
    fn from(grant: &StoredGrant) -> Self {
        Self {
            access_token: Some(ByteBuf::from(grant.access_token.as_bytes())),
            refresh_token: grant.refresh_token.as_ref().map(|token| ByteBuf::from(token.as_bytes())),
            issued_at: Some(millis(grant.issued_at)),
            access_token_expires_at: Some(millis(grant.access_token_expires_at)),
            refresh_token_expires_at: grant.refresh_token_expires_at.map(millis),
            hard_expires_at: grant.hard_expires_at.map(millis),
            missing_scopes: grant.missing_scopes.clone(),
            region: grant.region.clone(),
        }
    }
}

impl From<&LastFailure> for LastFailureRow {
    fn from(last_failure: &LastFailure) -> Self {
        Self {
            failures: last_failure.failures,
            retry_at: millis(last_failure.retry_at),
            code: last_failure.code.as_str().to_owned(),
            message: last_failure.code.in_words().to_owned(),
            at: millis(last_failure.at),
            settled_lease: last_failure.ended_lease.as_ref().map(|lease| lease.as_str().to_owned()),
            doubtful: last_failure.doubtful,
        }
    }
}

impl LastFailureRow {
    fn read(self, item: &str) -> Result<LastFailure, StoreError> {
        Ok(LastFailure {
            failures: self.failures,
            retry_at: time(item, self.retry_at)?,
            code: word_or(item, "the code of a failure", &self.code, FailureCode::Unknown),
            at: time(item, self.at)?,
            ended_lease: self.settled_lease.map(LeaseId::new),
            doubtful: self.doubtful,
        })
    }
}

/// The connection of an index entry.
pub(crate) fn connection_id(item: &Item) -> Result<ConnectionId, StoreError> {
    connection_of(&text(item, PK)?)
}

/// The connection of the partition key `CONN#{partner}#{company_key}`.
pub(crate) fn connection_of(pk: &str) -> Result<ConnectionId, StoreError> {
    connection_under(CONNECTION, pk)
}

/// The connection of a partition key with this prefix, a partner and a company key.
pub(crate) fn connection_under(prefix: &str, pk: &str) -> Result<ConnectionId, StoreError> {
    let parse = || {
        let (partner, company_key) = pk.strip_prefix(prefix)?.split_once('#')?;
        Some(ConnectionId { partner: PartnerId::parse(partner).ok()?, company_key: CompanyKey::parse(company_key).ok()? })
    };
    parse().ok_or_else(|| damaged(pk, "not the key of a connection"))
}

/// The condition of a write that requires an active grant. `status` is a reserved word.
pub(crate) const IS_LIVE: &str = "epoch = :epoch AND #status = :active";

pub(crate) fn active() -> AttributeValue {
    AttributeValue::S(Status::Active.as_str().to_owned())
}

/// Puts the connection into the due index, or removes it.
pub(crate) fn due(changes: Changes, id: &ConnectionId, due_at: Option<Timestamp>) -> Result<Changes, StoreError> {
    changes.put(DUE_AT, due_at.map(millis))?.put(DUE_SHARD, due_at.map(|_| due_shard(REFRESHER, id)))
}

/// The whole item of a connection, with its index attributes.
pub(crate) fn write(connection: &Connection) -> Result<Item, StoreError> {
    let key = Key::connection(&connection.id);
    let mut item = to_item(&key, ConnectionRow::from(connection))?;
    item.insert(LIST_PK.to_owned(), crate::row::attribute(connections_of(&connection.id.partner))?);
    item.insert(LIST_SK.to_owned(), crate::row::attribute(connection.id.company_key.as_str())?);
    if connection.due_at.is_some() {
        item.insert(DUE_SHARD.to_owned(), crate::row::attribute(due_shard(REFRESHER, &connection.id))?);
    }
    Ok(item)
}

/// Reads a connection from its item.
pub(crate) fn read(mut item: Item) -> Result<Connection, StoreError> {
    let name = name_of(&item);
    let grant = from_item_of(&name, GRANT_ATTRIBUTES.iter().filter_map(|name| item.remove_entry(*name)).collect())?;
    ConnectionRow { grant, ..from_item(item)? }.read()
}

/// The cause in a word that the previous version, which may run at the same time during a deploy, knows and treats alike.
fn known_before(cause: DeathCause) -> DeathCause {
    match cause {
        DeathCause::NoRefreshToken => DeathCause::Revoked,
        DeathCause::NotConfirmed => DeathCause::AccessWithdrawn,
        DeathCause::Revoked | DeathCause::RotationLost | DeathCause::AccessWithdrawn => cause,
    }
}

impl From<&Connection> for ConnectionRow {
    fn from(connection: &Connection) -> Self {
        let cause = match &connection.grant_state {
            GrantState::NeedsReauthorization { cause, .. } => Some(*cause),
            GrantState::Active(_) | GrantState::WithoutGrant | GrantState::Disconnected => None,
        };
        Self {
            partner: connection.id.partner.to_string(),
            company_key: connection.id.company_key.to_string(),
            company_name: connection.company_name.clone(),
            platform: connection.company.platform.as_str().to_owned(),
            environment: connection.company.environment.as_str().to_owned(),
            client_id: connection.company.client_id.clone(),
            company_id: connection.company.company_id.clone(),
            api_base_url: connection.company.api_base_url.clone(),
            epoch: connection.epoch,
            status: connection.status().as_str().to_owned(),
            cause: cause.map(|cause| known_before(cause).as_str().to_owned()),
            ended_by: cause.filter(|cause| known_before(*cause) != *cause).map(|cause| cause.as_str().to_owned()),
            grant: connection.grant().map(GrantAttributes::from).unwrap_or_default(),
            trouble: connection.last_failure.as_ref().map(LastFailureRow::from),
            commit_id: connection.commit_id.to_string(),
            created_at: millis(connection.created_at),
            disconnected_at: connection.disconnected_at.map(millis),
            updated_at: millis(connection.updated_at),
            consented_at: millis(connection.consented_at),
            refreshed_at: connection.refreshed_at.map(millis),
            due_at: connection.due_at.map(millis),
            freshness: connection.freshness.as_str().to_owned(),
            wanted_until: connection.wanted_until.map(millis),
            warned_of: connection.warned_of.map(millis),
        }
    }
}

impl ConnectionRow {
    fn read(self) -> Result<Connection, StoreError> {
        let item = format!("CONN#{}#{}", self.partner, self.company_key);
        let id = ConnectionId {
            partner: PartnerId::parse(&self.partner).map_err(|_| damaged(&item, "partner"))?,
            company_key: CompanyKey::parse(&self.company_key).map_err(|_| damaged(&item, "company_key"))?,
        };
        let grant = self.grant.read(&item)?;
        let cause = self.ended_by.or(self.cause);
        let platform: PlatformName = word(&item, "platform", &self.platform)?;
        let grant_state = match (word::<Status>(&item, "status", &self.status)?, grant, cause) {
            (Status::Active, Some(grant), _) => GrantState::Active(grant),
            (Status::Active, None, _) if !platform.has_oauth() => GrantState::WithoutGrant,
            (Status::NeedsReauthorization, Some(grant), Some(cause)) => {
                // A grant with this cause may become active again. So a grant with an unknown cause counts as one that may revive.
                GrantState::NeedsReauthorization { grant, cause: word_or(&item, "cause", &cause, DeathCause::AccessWithdrawn) }
            }
            (Status::Disconnected, None, _) => GrantState::Disconnected,
            _ => return Err(damaged(&item, "its status and its tokens do not fit together")),
        };
        // Rows from before this attribute: only a partner's settings change a disconnected connection.
        let disconnected_at = self.disconnected_at.or((grant_state == GrantState::Disconnected).then_some(self.updated_at));
        Ok(Connection {
            company_name: self.company_name,
            company: Company {
                platform,
                environment: word(&item, "environment", &self.environment)?,
                client_id: self.client_id,
                company_id: self.company_id,
                api_base_url: self.api_base_url,
            },
            epoch: self.epoch,
            grant_state,
            last_failure: self.trouble.map(|last_failure| last_failure.read(&item)).transpose()?,
            commit_id: CommitId::new(self.commit_id),
            created_at: time(&item, self.created_at)?,
            disconnected_at: maybe_time(&item, disconnected_at)?,
            updated_at: time(&item, self.updated_at)?,
            consented_at: time(&item, self.consented_at)?,
            refreshed_at: maybe_time(&item, self.refreshed_at)?,
            due_at: maybe_time(&item, self.due_at)?,
            freshness: word_or(&item, "freshness", &self.freshness, Freshness::Always),
            wanted_until: maybe_time(&item, self.wanted_until)?,
            warned_of: maybe_time(&item, self.warned_of)?,
            id,
        })
    }
}
