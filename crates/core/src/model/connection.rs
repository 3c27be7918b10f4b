//! A connection: a partner's link to one customer's books.

use std::fmt;

use jiff::Timestamp;

use crate::model::failure_code::FailureCode;
use crate::model::grant::StoredGrant;
use crate::model::lease::{CommitId, LeaseId};
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::{Environment, PlatformName};

/// The id of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// The partner that owns it.
    pub partner: PartnerId,
    /// Its key, unique for the partner.
    pub company_key: CompanyKey,
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partner, self.company_key)
    }
}

/// The company of a connection, as its platform confirmed it, or as it is claimed until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// The OAuth client that the grant belongs to.
    pub client_id: String,
    /// The platform's id of the company (realm, tenant, organisation, account). Opaque.
    pub company_id: String,
    /// The base URL of this company's API, by the platform's answer; empty until the platform has confirmed the company.
    pub api_base_url: String,
}

impl Company {
    /// Whether the platform has confirmed that the grant reaches this company. A company that is only claimed decides nothing.
    pub(crate) fn is_confirmed(&self) -> bool {
        !self.api_base_url.is_empty()
    }

    /// A placeholder for any company of this platform and OAuth client, for the entry of a consent whose company is not known yet.
    #[must_use]
    pub fn any(&self) -> Self {
        Self { company_id: ANY_COMPANY.to_owned(), api_base_url: String::new(), ..self.clone() }
    }
}

/// Not the id of any company.
const ANY_COMPANY: &str = "*";

/// A company that the platform has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedCompany {
    /// The platform's id of the company.
    pub company_id: String,
    /// The company's name.
    pub name: String,
    /// The base URL of the company's API.
    pub api_base_url: String,
}

/// The status of a connection together with its grant, or with `()` if the tokens are not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantState<Grant = StoredGrant> {
    /// The connection has a grant, and the platform has not refused it.
    Active(Grant),
    /// The grant is dead: the customer must consent again. The grant is kept, because a commit that is under way still replaces it.
    NeedsReauthorization {
        /// The dead grant.
        grant: Grant,
        /// Why it ended.
        cause: DeathCause,
    },
    /// The connection is active and has no grant, because its platform gives no tokens (QuickBooks Desktop).
    WithoutGrant,
    /// The partner disconnected the connection. The tokens are deleted.
    Disconnected,
}

impl<Grant> GrantState<Grant> {
    /// The grant, active or dead.
    pub(crate) fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Active(grant) | Self::NeedsReauthorization { grant, .. } => Some(grant),
            Self::WithoutGrant | Self::Disconnected => None,
        }
    }

    /// The same without the grant.
    pub(crate) fn without_grant(&self) -> GrantState<()> {
        match self {
            Self::Active(_) => GrantState::Active(()),
            Self::NeedsReauthorization { cause, .. } => GrantState::NeedsReauthorization { grant: (), cause: *cause },
            Self::WithoutGrant => GrantState::WithoutGrant,
            Self::Disconnected => GrantState::Disconnected,
        }
    }

    /// The status alone.
    pub(crate) fn status(&self) -> Status {
        match self {
            Self::Active(_) | Self::WithoutGrant => Status::Active,
            Self::NeedsReauthorization { .. } => Status::NeedsReauthorization,
            Self::Disconnected => Status::Disconnected,
        }
    }
}

/// Why a grant ended, or why it does not serve yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeathCause {
    /// The platform refused the refresh token.
    Revoked,
    /// The platform refused the refresh token after an attempt with an unknown outcome: it had replaced the token.
    RotationLost,
    /// The platform refuses access to the company, even with a token that was just refreshed (T-7).
    AccessWithdrawn,
    /// The consent gave no refresh token, and the platform's grants are useless without one.
    NoRefreshToken,
    /// The grant comes from another system, and the platform has not confirmed its company yet.
    NotConfirmed,
}

impl DeathCause {
    /// Whether the platform may still accept the refresh token: it has only not given access to the company, or not yet.
    pub(crate) fn awaits_access(self) -> bool {
        matches!(self, Self::AccessWithdrawn | Self::NotConfirmed)
    }

    /// The word in the API and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The last failure of a refresh. It is stored on the connection, so that a read of the connection shows why it does not work.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LastFailure {
    /// The number of refreshes that failed in a row.
    pub failures: u32,
    /// The time before which no refresh is tried.
    pub retry_at: Timestamp,
    /// What failed.
    pub code: FailureCode,
    /// When it failed.
    pub at: Timestamp,
    /// The attempt that is known to be over. Nobody waits for the end of its lease.
    pub ended_lease: Option<LeaseId>,
    /// Whether the stored refresh token was ever sent in an attempt with an unknown outcome.
    pub doubtful: bool,
}

/// A connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// A name for people: the start's `company_name`, or else the platform's name of the company.
    pub company_name: String,
    /// The company.
    pub company: Company,
    /// The number of its grant. Each new grant and each refresh raises it, also after a disconnect.
    pub epoch: u64,
    /// Its status and grant.
    pub grant_state: GrantState,
    /// The last failure of a refresh. The next success clears it.
    pub last_failure: Option<LastFailure>,
    /// The id of the write that set the epoch.
    pub commit_id: CommitId,
    /// When it was first connected.
    pub created_at: Timestamp,
    /// When it was last disconnected. It stays when the connection is revived.
    pub disconnected_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When its customer last consented.
    pub consented_at: Timestamp,
    /// When its tokens were last refreshed; `None` if not since the consent.
    pub refreshed_at: Option<Timestamp>,
    /// When it is due for the refresher.
    pub due_at: Option<Timestamp>,
    /// How fresh its token is kept.
    pub freshness: Freshness,
    /// The time until which its token is kept fresh after a read, under [`Freshness::Adaptive`].
    pub wanted_until: Option<Timestamp>,
    /// The hard end of the grant for which the warning is written.
    pub warned_of: Option<Timestamp>,
}

impl Connection {
    /// Its grant, active or dead.
    pub fn grant(&self) -> Option<&StoredGrant> {
        self.grant_state.grant()
    }

    /// Its status.
    pub fn status(&self) -> Status {
        self.grant_state.status()
    }

    /// When its tokens were last obtained, by a refresh or by the consent.
    pub fn last_refresh_at(&self) -> Timestamp {
        self.refreshed_at.unwrap_or(self.consented_at)
    }
}

/// How fresh a connection's token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Freshness {
    /// The refresher renews every token before it expires.
    #[default]
    Always,
    /// The refresher renews a token before it expires only if it was read lately. It refreshes an idle grant just often enough that
    /// the grant does not end.
    Adaptive,
}

impl Freshness {
    /// The word in the configuration, the API and the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The status of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// See [`GrantState::Active`] and [`GrantState::WithoutGrant`].
    Active,
    /// See [`GrantState::NeedsReauthorization`].
    NeedsReauthorization,
    /// See [`GrantState::Disconnected`].
    Disconnected,
}

impl Status {
    /// The word in the API and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
