//! The state of a connection that a row of the table changes.

use std::time::Duration;

use jiff::Timestamp;

use crate::Error;
use crate::model::connection::{Company, Connection, ConnectionId, DeathCause, Freshness, GrantState, LastFailure};
use crate::model::desktop::connection::DesktopConnection;
use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::{EndUserId, IntegrationConnectionId};
use crate::model::failure_code::FailureCode;
use crate::model::grant::StoredGrant;
use crate::model::lease::CommitId;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::{Environment, PlatformName};
use crate::model::probe::AccessAnswer;
use crate::model::secret::{Fingerprint, Sealed};
use crate::model::sync::{SyncFailure, SyncKind};
use crate::model::time::{earlier, later};
use crate::model::webhook::endpoint::{Endpoint, EndpointId, EndpointStatus, Health};
use crate::port::store::syncs::{LastRun, SyncState};
use crate::service::health::connection::{Client, Seen};
use crate::service::webhook::endpoints::EndpointView;

pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_795_905_204).expect("in range")
}

/// A state, without the borrows of [`Seen`].
pub(super) struct State {
    pub(super) connection: Connection,
    pub(super) client: Result<Client, Error>,
    pub(super) redirect_uri: Result<String, Error>,
    pub(super) web_connector: Option<DesktopConnection>,
    pub(super) answer: Option<AccessAnswer>,
    pub(super) syncs: SyncState,
    pub(super) endpoints: Vec<EndpointView>,
}

impl State {
    /// A connection that works, without imports and webhooks.
    pub(super) fn new() -> Self {
        let company_key = CompanyKey::parse("acme").expect("a key");
        let company = Company {
            platform: PlatformName::Quickbooks,
            environment: Environment::Production,
            client_id: "client".to_owned(),
            company_id: "9130357849012345".to_owned(),
            api_base_url: "https://api.example.com".to_owned(),
        };
        let connection = Connection {
            id: ConnectionId { partner: PartnerId::default_partner(), company_key },
            company_name: "Larkspur Roofing LLC".to_owned(),
            company,
            epoch: 1,
            grant_state: GrantState::Active(grant()),
            last_failure: None,
            commit_id: CommitId::new("commit"),
            created_at: earlier(now(), DAY),
            disconnected_at: None,
            updated_at: earlier(now(), DAY),
            consented_at: earlier(now(), DAY),
            refreshed_at: None,
            due_at: Some(later(now(), MINUTE)),
            freshness: Freshness::Always,
            wanted_until: None,
            warned_of: None,
        };
        Self {
            connection,
            client: Ok(Client { needs_refresh_token: true }),
            redirect_uri: Ok("https://books.example.com/oauth/callback".to_owned()),
            web_connector: None,
            answer: None,
            syncs: SyncState::default(),
            endpoints: Vec::new(),
        }
    }

    /// A connection to QuickBooks Desktop, whose Web Connector last signed in then.
    pub(super) fn desktop(last_polled_at: Option<Timestamp>) -> Self {
        let mut state = Self::new();
        let id = EndUserId::of_digits(&"0f".repeat(16));
        state.connection.company.platform = PlatformName::QuickbooksDesktop;
        state.connection.grant_state = GrantState::WithoutGrant;
        state.web_connector = Some(DesktopConnection {
            id: IntegrationConnectionId::of_digits(&"0f".repeat(16)),
            end_user: EndUserName { partner: PartnerId::default_partner(), id },
            created_at: earlier(now(), DAY),
            password: Fingerprint::of("password"),
            password_set_at: None,
            file_id: "{1}".to_owned(),
            has_seen_file: true,
            qwc: String::new(),
            last_polled_at,
            last_request_at: None,
            last_successful_request_at: None,
            connected_file: Some("{1}".to_owned()),
            is_awaited: false,
            session: None,
        });
        state
    }

    pub(super) fn with_grant(mut self, change: impl FnOnce(&mut StoredGrant)) -> Self {
        let mut changed = grant();
        change(&mut changed);
        self.connection.grant_state = GrantState::Active(changed);
        self
    }

    pub(super) fn dead(mut self, cause: DeathCause) -> Self {
        self.connection.grant_state = GrantState::NeedsReauthorization { grant: grant(), cause };
        self
    }

    pub(super) fn disconnected(mut self) -> Self {
        self.connection.grant_state = GrantState::Disconnected;
        self
    }

    pub(super) fn failing(mut self, code: FailureCode) -> Self {
        let (at, retry_at) = (earlier(now(), MINUTE), later(now(), MINUTE));
        self.connection.last_failure = Some(LastFailure { failures: 1, retry_at, code, at, ended_lease: None, doubtful: false });
        self
    }

    pub(super) fn due(mut self, at: Timestamp) -> Self {
        self.connection.due_at = Some(at);
        self
    }

    pub(super) fn answered(mut self, answer: AccessAnswer) -> Self {
        self.answer = Some(answer);
        self
    }

    pub(super) fn last(mut self, kind: SyncKind, failure: Option<SyncFailure>, is_mismatched: bool) -> Self {
        self.syncs.last[kind as usize] = Some(LastRun { at: earlier(now(), MINUTE), failure, is_mismatched });
        self
    }

    pub(super) fn failed(self, failure: SyncFailure) -> Self {
        self.last(SyncKind::ImportInvoices, Some(failure), false)
    }

    pub(super) fn syncs(mut self, change: impl FnOnce(&mut SyncState)) -> Self {
        change(&mut self.syncs);
        self
    }

    pub(super) fn endpoint(mut self, status: EndpointStatus, failing_since: Option<Timestamp>) -> Self {
        let endpoint = Endpoint {
            id: EndpointId::new("we_1".to_owned()),
            url: "https://app.example.com/hooks".to_owned(),
            description: None,
            events: Vec::new(),
            status,
            created_at: now(),
        };
        self.endpoints.push(EndpointView { endpoint, health: Health { failing_since, ..Health::default() } });
        self
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        Seen {
            connection: &self.connection,
            client: self.client.as_ref().map(|client| Client { ..*client }).map_err(Clone::clone),
            redirect_uri: self.redirect_uri.clone(),
            web_connector: self.web_connector.clone(),
            answer: self.answer,
            syncs: &self.syncs,
            endpoints: &self.endpoints,
            now: now(),
        }
    }
}

pub(super) fn grant() -> StoredGrant {
    StoredGrant {
        access_token: Sealed::from_bytes(b"sealed-access".to_vec()),
        refresh_token: Some(Sealed::from_bytes(b"sealed-refresh".to_vec())),
        issued_at: earlier(now(), MINUTE),
        access_token_expires_at: later(now(), MINUTE * 59),
        refresh_token_expires_at: Some(later(now(), DAY * 100)),
        hard_expires_at: Some(later(now(), DAY * 1_000)),
        missing_scopes: Vec::new(),
        region: None,
    }
}

/// An access token that has just expired.
pub(super) fn expired(grant: &mut StoredGrant) {
    grant.access_token_expires_at = now();
}
