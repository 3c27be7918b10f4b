//! A flow: the state of one consent, from its start to its result. [`Stage`] has the data of each stage.

pub mod failure;

use std::fmt;

use jiff::Timestamp;

use crate::model::api_key::KeyId;
use crate::model::audit::{Actor, Subject};
use crate::model::connect_link::LinkId;
use crate::model::connection::{ConfirmedCompany, ConnectionId};
use crate::model::flow::failure::FlowFailure;
use crate::model::grant::StoredGrant;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::{Environment, PlatformName};
use crate::model::secret::{Fingerprint, Sealed, Secret};

/// The id of a flow: the SHA-256 of its `state` (O-4), or of the token in its address until a browser opens that. Together with the
/// browser's cookie it opens the result page, so no log has it: see [`FlowId::label`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FlowId(Fingerprint);

impl FlowId {
    /// The id of the flow of a `state` or a token.
    pub fn of(secret: &Secret) -> Self {
        Self(secret.fingerprint())
    }

    /// Parses an id from a URL or a row: 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(Fingerprint::stored(text.to_owned())))
    }

    /// The id as text, for the table and for the address of the result page.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A label for logs and audit rows, which opens nothing: the first 16 hex digits of the id's SHA-256.
    pub fn label(&self) -> String {
        Fingerprint::of(self.as_str()).short().to_owned()
    }
}

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FlowId({})", self.label())
    }
}

/// The state of one consent.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow {
    /// Its id.
    pub id: FlowId,
    /// The partner of the connection.
    pub partner: PartnerId,
    /// The connection to create or renew, if the start named one. Otherwise the confirmed company names it.
    pub company_key: Option<CompanyKey>,
    /// The company name in the start.
    pub company_name: Option<String>,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's environment, chosen at the start.
    pub environment: Environment,
    /// The redirect URI of the authorize request, byte for byte (O-1).
    pub redirect_uri: String,
    /// Where the browser goes when the flow ends.
    pub destination: Destination,
    /// The PKCE verifier, if the platform uses PKCE (O-7).
    pub verifier: Option<Sealed>,
    /// The hash of the cookie of the browser that may finish the flow (O-6). `None` until a browser opens it.
    pub browser: Option<Fingerprint>,
    /// Who started it, which decides its rights.
    pub authority: Authority,
    /// The epoch of the connection at the start; `None` if there was none.
    pub renews_epoch: Option<u64>,
    /// When it started.
    pub created_at: Timestamp,
    /// When its present stage expires. Code checks this, because DynamoDB's TTL may lag by days (O-4).
    pub expires_at: Timestamp,
    /// The hash of the code that was issued last.
    pub code: Option<Fingerprint>,
    /// Its stage.
    pub stage: Stage,
    /// What the platform said of the failure that ended it, as in its audit row.
    pub reference: Option<String>,
}

/// Where the browser goes when a flow ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// Our result page.
    ResultPage,
    /// A page of the partner, with the company key and the result in the query.
    ReturnUrl(String),
    /// A page of the partner, with our code in the query.
    Handover {
        /// The page.
        redirect_uri: String,
        /// The `state` in the query: the partner's, or a random one.
        state: String,
    },
}

impl Flow {
    /// The connection that the start named.
    pub(crate) fn named_connection(&self) -> Option<ConnectionId> {
        let named = self.company_key.clone();
        named.map(|company_key| ConnectionId { partner: self.partner.clone(), company_key })
    }

    /// The connection to a company. If the start named none, the company names it, so that the same company is the same connection.
    pub(crate) fn connection_to(&self, company_id: &str) -> ConnectionId {
        self.named_connection().unwrap_or_else(|| ConnectionId {
            partner: self.partner.clone(),
            company_key: CompanyKey::of_company(self.platform, company_id),
        })
    }

    /// The parameters to start this consent again without a key. `None` if a start without a key would be another consent: it belongs
    /// to the default partner and issues no code.
    pub fn restart_params(&self) -> Option<StartParams> {
        let is_open = self.authority == Authority::Anonymous && self.partner == PartnerId::default_partner();
        let hands_over = matches!(self.destination, Destination::Handover { .. });
        let company_key = self.company_key.clone().filter(|_| is_open && !hands_over)?;
        Some(StartParams { company_key, platform: self.platform, environment: self.environment })
    }

    /// The subject of its audit rows while there is no connection.
    pub(crate) fn subject(&self) -> Subject {
        self.named_connection().map_or_else(|| Subject::Partner(self.partner.clone()), Subject::Connection)
    }

    /// Whether a callback with a code is accepted: none has come yet, or the customer refused. A customer who refused may go back to
    /// the platform's page and allow.
    pub fn awaits_consent(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::Failed(FlowFailure::AccessDenied))
    }

    /// Whether this browser may finish it (O-6). No browser may finish a flow that none has opened.
    pub(crate) fn is_bound_to(&self, browser: &BrowserIds) -> bool {
        self.browser.as_ref().is_some_and(|ours| browser.holds(ours))
    }

    /// Whether the partner exchanges our code at the end, after it has checked its own `state` in its customer's session. A connect
    /// link has no such session, because the partner did not start the consent in the customer's browser.
    pub fn awaits_exchange(&self) -> bool {
        matches!(self.destination, Destination::Handover { .. }) && !matches!(self.authority, Authority::Link(_))
    }
}

/// The parameters that start a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartParams {
    /// The connection.
    pub company_key: CompanyKey,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
}

/// The browser ids in a request's cookies. There are several if another app, such as one on the parent domain, set a cookie of the
/// same name. The browser decides their order, so each of them is tried.
#[derive(Clone, Default)]
pub struct BrowserIds(Vec<Secret>);

impl BrowserIds {
    /// The largest number of ids that are tried.
    const MOST: usize = 8;

    /// Takes the first [`Self::MOST`] ids.
    pub fn of(ids: impl IntoIterator<Item = Secret>) -> Self {
        Self(ids.into_iter().take(Self::MOST).collect())
    }

    /// The ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }

    /// Whether one of them has this hash.
    pub fn holds(&self, hash: &Fingerprint) -> bool {
        self.0.iter().any(|id| id.fingerprint().matches(hash))
    }

    /// The id that a new flow is bound to. Two tabs of one browser share it.
    pub fn first(&self) -> Option<&Secret> {
        self.0.first()
    }
}

/// Who started a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// A browser without a key. It may create a connection or renew one to the same company (O-17).
    Anonymous,
    /// A partner's key. It may also rename and revive a connection, and switch its company (O-16).
    Key(KeyId),
    /// A connect link of the partner, with the rights of a key.
    Link(LinkId),
}

impl Authority {
    /// The actor in audit rows.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Anonymous => Actor::Anonymous,
            Self::Key(id) => Actor::Key(id.clone()),
            Self::Link(id) => Actor::Link(id.clone()),
        }
    }
}

/// The stage of a flow.
#[derive(Clone, PartialEq, Eq)]
pub enum Stage {
    /// A server started the flow, and no browser has opened its address yet.
    Offered,
    /// The flow waits for the customer.
    Pending,
    /// The callback came, and its code is being exchanged, once only (O-5). Or a browser opened the offered flow, which made a new
    /// flow.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// The platform throttled the exchange and did not read the code. The code is kept, to be sent again.
    Postponed(KeptCode),
    /// The flow holds the sealed grant. The platform has not confirmed the company yet (O-18).
    Exchanged {
        /// The grant.
        grant: StoredGrant,
        /// The company that the callback named.
        claim: Option<String>,
    },
    /// The platform named several companies, and a person must choose one.
    Choosing {
        /// The grant.
        grant: StoredGrant,
        /// The companies that the grant gives access to, as many as are kept.
        companies: Vec<ConfirmedCompany>,
        /// Whether these are all companies of the grant.
        is_complete: bool,
    },
    /// The company is confirmed, and the partner's exchange of our code will write the connection. Until then the grant is stored in a
    /// [`Revocation`](super::revocation::Revocation), due when the time for the exchange is over.
    Confirmed {
        /// The company.
        company: ConfirmedCompany,
    },
    /// The connection is written.
    Done {
        /// The connection.
        connection: ConnectionId,
        /// The company that it was connected to.
        company_id: String,
    },
    /// The consent failed.
    Failed(FlowFailure),
}

/// A code that the platform has not read, and what the callback said.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptCode {
    /// The code, sealed.
    pub code: Sealed,
    /// The company that the callback named.
    pub claim: Option<String>,
    /// The data centre that takes the code.
    pub region: Option<String>,
    /// When the code expires.
    pub until: Timestamp,
}

impl Stage {
    /// The word in the table. A kept code has the word of a consumed flow, because the previous version does not know another.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Pending => "pending",
            Self::Consumed { .. } | Self::Postponed(_) => "consumed",
            Self::Exchanged { .. } => "exchanged",
            Self::Choosing { .. } => "choosing",
            Self::Confirmed { .. } => "confirmed",
            Self::Done { .. } => "done",
            Self::Failed(_) => "failed",
        }
    }
}
