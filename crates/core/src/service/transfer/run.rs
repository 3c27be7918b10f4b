//! Stores a connection from another system, unless it was transferred before.

use std::sync::Arc;

use crate::model::audit::Actor;
use crate::model::connection::{Company, Connection, DeathCause, GrantState, LastFailure};
use crate::model::grant::Grant;
use crate::model::secret::Secret;
use crate::model::transfer::Transfer;
use crate::port::platform::Platform;
use crate::port::store::transfers::{TransferBegun, TransferStore};
use crate::port::store::{StoreError, Written};
use crate::service::optimistic::Tries;
use crate::service::transfer::failure::TransferFailure;
use crate::service::vault::refresh::sealed_grant::{REFRESH_TOKEN, seal_grant, sealing_owner};
use crate::service::worker::refresh_due::PERMITS;
use crate::{App, Error};

/// The number of connections that one process transfers at once. On a platform where a lost answer ends the grant, a killed process
/// loses no more grants than a killed refresher.
pub const AT_ONCE: usize = PERMITS;

/// Transfers connections from another system.
pub struct Transfers {
    /// The installation.
    pub app: Arc<App>,
    /// The store of connections from other systems.
    pub store: Arc<dyn TransferStore>,
    /// The actor of the audit rows.
    pub actor: Actor,
}

/// The result of a successful transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transferred {
    /// It is connected now.
    Connected,
    /// Its refresh token was transferred before. Nothing changed.
    Before,
}

/// The next step for a connection, according to what is stored.
enum Next {
    /// Store it over the previous one.
    Store(Option<Box<Connection>>),
    /// It is stored; its company is not confirmed.
    Confirm,
    /// It was transferred before.
    Nothing,
}

impl Transfers {
    /// Transfers one connection, or continues after the last step of an earlier run.
    ///
    /// # Errors
    /// The reason why it is not active. The next try continues with everything that is stored, in particular a new refresh token.
    pub async fn run(&self, transfer: &Transfer) -> Result<Transferred, TransferFailure> {
        let app = &self.app;
        if !transfer.connection.company_key.may_name(transfer.platform, &transfer.company_id) {
            return Err(TransferFailure::ReservedKey);
        }
        let platform = app.platforms.get(transfer.platform, transfer.environment).await?;
        if transfer.region.as_ref().is_some_and(|region| !platform.has_region(region)) {
            return Err(TransferFailure::UnknownRegion(transfer.platform));
        }
        let mut tries = Tries::new(app, "a connection could not be imported");
        loop {
            tries.next().await?;
            let previous = match self.next(transfer, platform.as_ref()).await? {
                Next::Nothing => return Ok(Transferred::Before),
                Next::Confirm => return self.confirm(transfer).await,
                Next::Store(previous) => previous.map(|previous| *previous),
            };
            if let Some(end) = transfer.refresh_token_expires_at.filter(|end| *end <= app.now()) {
                return Err(TransferFailure::Expired(end));
            }
            let connection = self.not_confirmed(transfer, previous.as_ref(), platform.as_ref()).await?;
            let begun = TransferBegun { refresh_token: transfer.refresh_token.fingerprint(), previous, connection };
            match self.store.begin_transfer(&begun).await {
                Ok(Written::Stored) => return self.confirm(transfer).await,
                Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn next(&self, transfer: &Transfer, platform: &dyn Platform) -> Result<Next, TransferFailure> {
        let known = self.store.transferred(&transfer.refresh_token.fingerprint()).await?;
        let is_known = known.is_some();
        if let Some(other) = known.filter(|known| *known != transfer.connection) {
            return Err(TransferFailure::OtherConnection(other));
        }
        let Some(connection) = self.app.connections.read(&transfer.connection).await? else { return Ok(Next::Store(None)) };
        match &connection.grant_state {
            GrantState::NeedsReauthorization { cause: DeathCause::NotConfirmed, .. } => {
                let is_refreshed = connection.refreshed_at.is_some();
                let is_of_platform =
                    (connection.company.platform, connection.company.environment) == (transfer.platform, transfer.environment);
                match is_refreshed {
                    true if is_known && is_of_platform => Ok(Next::Confirm),
                    true => Err(TransferFailure::Exists),
                    false if self.is_same(&connection, transfer, platform).await? => Ok(Next::Confirm),
                    // The token may have been an old one, and the client or the data centre a wrong one.
                    false => Ok(Next::Store(Some(Box::new(connection)))),
                }
            }
            _ if is_known => Ok(Next::Nothing),
            GrantState::Disconnected => Ok(Next::Store(Some(Box::new(connection)))),
            GrantState::Active(_) | GrantState::WithoutGrant | GrantState::NeedsReauthorization { .. } => {
                Err(TransferFailure::Exists)
            }
        }
    }

    /// Whether the stored grant is the one of this transfer.
    async fn is_same(&self, connection: &Connection, transfer: &Transfer, platform: &dyn Platform) -> Result<bool, Error> {
        let Company { platform: name, environment, client_id, .. } = &connection.company;
        let is_same_client =
            (*name, *environment, client_id.as_str()) == (transfer.platform, transfer.environment, platform.client_id());
        let Some(grant) = connection.grant().filter(|grant| is_same_client && grant.region == transfer.region) else {
            return Ok(false);
        };
        let Some(stored) = &grant.refresh_token else { return Ok(false) };
        let stored = self.app.sealer.open(&sealing_owner(&connection.id), REFRESH_TOKEN, stored).await?;
        Ok(stored.fingerprint().matches(&transfer.refresh_token.fingerprint()))
    }

    /// The connection of the first write. Its access token is empty and has expired.
    async fn not_confirmed(
        &self,
        transfer: &Transfer,
        previous: Option<&Connection>,
        platform: &dyn Platform,
    ) -> Result<Connection, Error> {
        let (app, id, now) = (&self.app, transfer.connection.clone(), self.app.now());
        let grant = Grant {
            access_token: Secret::new(""),
            refresh_token: Some(transfer.refresh_token.clone()),
            issued_at: now,
            access_token_expires_at: now,
            refresh_token_expires_at: transfer.refresh_token_expires_at,
            hard_expires_at: None,
            scopes: transfer.scopes.clone(),
            region: transfer.region.clone(),
            unread: None,
        };
        let grant = seal_grant(app, &sealing_owner(&id), grant, platform.scopes(), None).await?;
        let cause = DeathCause::NotConfirmed;
        let last_failure =
            LastFailure { failures: 0, retry_at: now, code: cause.into(), at: now, ended_lease: None, doubtful: false };
        Ok(Connection {
            id,
            company_name: transfer.company_name.clone().unwrap_or_else(|| transfer.company_id.clone()),
            company: Company {
                platform: transfer.platform,
                environment: transfer.environment,
                client_id: platform.client_id().to_owned(),
                company_id: transfer.company_id.clone(),
                api_base_url: String::new(),
            },
            epoch: previous.map_or(0, |previous| previous.epoch) + 1,
            grant_state: GrantState::NeedsReauthorization { grant, cause },
            last_failure: Some(last_failure),
            commit_id: app.new_commit_id(),
            created_at: previous.map_or(now, |previous| previous.created_at),
            disconnected_at: previous.and_then(|previous| previous.disconnected_at),
            updated_at: now,
            consented_at: now,
            refreshed_at: None,
            due_at: None,
            freshness: previous.map_or(app.freshness, |previous| previous.freshness),
            wanted_until: None,
            warned_of: None,
        })
    }
}
