//! A connection: a partner's link to one customer's books.

use std::fmt;

use jiff::Timestamp;

use crate::model::failure_code::FailureCode;
use crate::model::grant::StoredGrant;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::{Environment, PlatformName};

/// Whose connection, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    /// The partner that owns it.
    pub partner: PartnerId,
    /// The name the partner gave it.
    pub company_key: CompanyKey,
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partner, self.company_key)
    }
}

/// The company behind a connection, as its platform confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The platform.
    pub platform: PlatformName,
    /// Which of its credentials.
    pub environment: Environment,
    /// The OAuth client that the grant belongs to.
    pub client_id: String,
    /// The platform's own id: realm, tenant, organisation, account. Opaque.
    pub company_id: String,
    /// The base that this company's API paths are added to.
    pub api_base_url: String,
}

impl Company {
    /// Stands for any company of this platform and OAuth client: for the entry of a consent whose company nobody knows yet.
    #[must_use]
    pub fn any(&self) -> Self {
        Self { company_id: ANY_COMPANY.to_owned(), api_base_url: String::new(), ..self.clone() }
    }
}

/// No platform's own id.
const ANY_COMPANY: &str = "*";

/// A company that the platform itself has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedCompany {
    /// The platform's id.
    pub company_id: String,
    /// Its name.
    pub name: String,
    /// The base that its API paths are added to.
    pub api_base_url: String,
}

/// Where a connection stands, with its grant, or with `()` where the tokens do not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing<Grant = StoredGrant> {
    /// It has a grant and the platform honours it, as far as we know.
    Active(Grant),
    /// The platform refused the grant for good. It is kept: a commit that was on its way still wins.
    NeedsReauthorization {
        /// What is left of it.
        grant: Grant,
        /// Why it ended.
        cause: DeathCause,
    },
    /// Disconnected by the partner; the tokens are gone.
    Disconnected,
}

impl<Grant> Standing<Grant> {
    /// The grant, whole or dead.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Active(grant) | Self::NeedsReauthorization { grant, .. } => Some(grant),
            Self::Disconnected => None,
        }
    }

    /// The same without the grant.
    pub fn bare(&self) -> Standing<()> {
        match self {
            Self::Active(_) => Standing::Active(()),
            Self::NeedsReauthorization { cause, .. } => Standing::NeedsReauthorization { grant: (), cause: *cause },
            Self::Disconnected => Standing::Disconnected,
        }
    }

    /// The word for it.
    pub fn status(&self) -> Status {
        match self {
            Self::Active(_) => Status::Active,
            Self::NeedsReauthorization { .. } => Status::NeedsReauthorization,
            Self::Disconnected => Status::Disconnected,
        }
    }
}

/// Why a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DeathCause {
    /// The platform says that the refresh token is no longer good.
    Revoked,
    /// The same, after an attempt whose answer never reached us: the platform had rotated it.
    RotationLost,
    /// The platform takes the token for its company no more, not even one that was refreshed just now (T-7).
    AccessWithdrawn,
    /// The consent brought no refresh token, without which the platform's grants are of no use.
    NoRefreshToken,
}

impl DeathCause {
    /// The word on the surface and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What went wrong last, kept on the connection so that "why is this broken?" is a read and not a log search.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LastFailure {
    /// How many refreshes failed in a row.
    pub failures: u32,
    /// No refresh is tried before this.
    pub retry_at: Timestamp,
    /// What it was.
    pub code: FailureCode,
    /// When.
    pub at: Timestamp,
    /// The attempt that is known to be over, so that its lease need not be waited out.
    pub settled_lease: Option<String>,
    /// Whether the present refresh token was ever presented without a clear answer.
    pub doubtful: bool,
}

/// A connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Connection {
    /// Whose, and which.
    pub id: ConnectionId,
    /// For people; from the start's `company_name`, else the platform's name for the company.
    pub company_name: String,
    /// The company behind it.
    pub company: Company,
    /// Counts grants and refreshes; it only ever rises, also over disconnect and reconnect.
    pub epoch: u64,
    /// Where it stands.
    pub standing: Standing,
    /// What went wrong last; cleared by the next success.
    pub last_failure: Option<LastFailure>,
    /// Names the write that made the present epoch.
    pub commit_id: String,
    /// When it was first connected.
    pub created_at: Timestamp,
    /// When it was last disconnected, also if it has been revived since.
    pub disconnected_at: Option<Timestamp>,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When its customer last consented.
    pub consented_at: Timestamp,
    /// When its tokens were last refreshed; `None` since the consent.
    pub refreshed_at: Option<Timestamp>,
    /// When a worker has something to do for it.
    pub due_at: Option<Timestamp>,
    /// How fresh its token is kept.
    pub freshness: Freshness,
    /// Until when a reader's use keeps the token fresh, under [`Freshness::Adaptive`].
    pub wanted_until: Option<Timestamp>,
    /// The hard end of the grant that the partner was warned of.
    pub warned_of: Option<Timestamp>,
}

impl Connection {
    /// Its grant, whole or dead.
    pub fn grant(&self) -> Option<&StoredGrant> {
        self.standing.grant()
    }

    /// The word for where it stands.
    pub fn status(&self) -> Status {
        self.standing.status()
    }

    /// When tokens were last obtained, by a refresh or, before the first one, by the consent.
    pub fn last_refresh_at(&self) -> Timestamp {
        self.refreshed_at.unwrap_or(self.consented_at)
    }
}

/// How fresh a connection's token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Freshness {
    /// Every token is renewed before its end.
    #[default]
    Always,
    /// Only what is in use is kept fresh; an idle grant is kept alive well inside its limits.
    Adaptive,
}

impl Freshness {
    /// The word in the configuration and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The word for where a connection stands: on the surface, in the table and in the filter of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// See [`Standing::Active`].
    Active,
    /// See [`Standing::NeedsReauthorization`].
    NeedsReauthorization,
    /// See [`Standing::Disconnected`].
    Disconnected,
}

impl Status {
    /// The word on the surface and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
