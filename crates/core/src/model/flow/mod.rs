//! A flow: one attempt at consent, from start to callback. Its life is an enum: what a stage does not have cannot be read.

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

/// Names a flow: the SHA-256 of its `state` (O-4), or of the token in its address while no browser has opened it. With the
/// browser's cookie it opens the result page, so it is written to no log: see [`FlowId::label`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FlowId(Fingerprint);

impl FlowId {
    /// The flow that a `state` or a token belongs to.
    pub fn of(secret: &Secret) -> Self {
        Self(secret.fingerprint())
    }

    /// Reads one from a URL or a row: 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(Fingerprint::stored(text.to_owned())))
    }

    /// The id as text, for the table and for the address of the result page.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Tells flows apart in logs and audit rows, and opens nothing: the first 16 hex digits of the id's own SHA-256.
    pub fn label(&self) -> String {
        Fingerprint::of(self.as_str()).short().to_owned()
    }
}

impl fmt::Debug for FlowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FlowId({})", self.label())
    }
}

/// One attempt at consent.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow {
    /// Which.
    pub id: FlowId,
    /// Whose connection it will make or renew.
    pub partner: PartnerId,
    /// Which, where the start named one; else the company that the consent turns out to be for names it.
    pub company_key: Option<CompanyKey>,
    /// The name given at the start.
    pub company_name: Option<String>,
    /// With which platform.
    pub platform: PlatformName,
    /// With which of its credentials; decided at the start, once.
    pub environment: Environment,
    /// The redirect URI that was sent, byte for byte (O-1).
    pub redirect_uri: String,
    /// Where the browser goes in the end.
    pub destination: Destination,
    /// The PKCE verifier, where the platform takes one (O-7).
    pub verifier: Option<Sealed>,
    /// The hash of the cookie of the browser that may finish it (O-6); `None` while no browser has opened it.
    pub browser: Option<Fingerprint>,
    /// Who began it, and so what it may do.
    pub authority: Authority,
    /// The epoch of the connection when it began; `None` where there was none.
    pub renews_epoch: Option<u64>,
    /// When it began.
    pub created_at: Timestamp,
    /// When its present stage ends; checked in code, since DynamoDB's TTL may lag by days (O-4).
    pub expires_at: Timestamp,
    /// The hash of the one code that was issued for it last.
    pub code: Option<Fingerprint>,
    /// How far it is.
    pub stage: Stage,
    /// What the platform said of the failure that ended it, as its audit row has it.
    pub reference: Option<String>,
}

/// Where the browser goes when a flow is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To our own page.
    ResultPage,
    /// To a page of the partner, with the connection and the result in the address.
    ReturnUrl(String),
    /// To a page of the partner, with a code of ours in the address.
    Handover {
        /// The page.
        redirect_uri: String,
        /// The `state` in its address: the partner's, or a random one.
        state: String,
    },
}

impl Flow {
    /// The connection that the start named.
    pub fn named_connection(&self) -> Option<ConnectionId> {
        let named = self.company_key.clone();
        named.map(|company_key| ConnectionId { partner: self.partner.clone(), company_key })
    }

    /// The connection of a company that this consent is for. Where the start named none, the same company again is the
    /// same connection.
    pub fn connection_to(&self, company_id: &str) -> ConnectionId {
        self.named_connection().unwrap_or_else(|| ConnectionId {
            partner: self.partner.clone(),
            company_key: CompanyKey::of_company(self.platform, company_id),
        })
    }

    /// The parameters to start this consent again without a key. `None` if a start without a key would be another consent: it belongs
    /// to the default partner and issues no code.
    pub fn anew(&self) -> Option<Anew> {
        let is_open = self.authority == Authority::Anonymous && self.partner == PartnerId::default_partner();
        let hands_over = matches!(self.destination, Destination::Handover { .. });
        let company_key = self.company_key.clone().filter(|_| is_open && !hands_over)?;
        Some(Anew { company_key, platform: self.platform, environment: self.environment })
    }

    /// What its audit rows are about while there is no connection.
    pub fn subject(&self) -> Subject {
        self.named_connection().map_or_else(|| Subject::Partner(self.partner.clone()), Subject::Connection)
    }

    /// Whether the platform's page may still bring a code for it: nothing came back yet, or the customer refused, and may go back
    /// there and allow. A refusal spends nothing.
    pub fn awaits_consent(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::Failed(FlowFailure::AccessDenied))
    }

    /// Whether this browser may finish it (O-6). A flow that no browser has opened is nobody's.
    pub fn is_bound_to(&self, browser: &BrowserIds) -> bool {
        self.browser.as_ref().is_some_and(|ours| browser.holds(ours))
    }

    /// Whether the partner exchanges a code of ours at the end, having seen its own `state` in its own customer's session. A
    /// connect link has no such session: whoever made it did not begin it in the customer's browser.
    pub fn awaits_exchange(&self) -> bool {
        matches!(self.destination, Destination::Handover { .. }) && !matches!(self.authority, Authority::Link(_))
    }
}

/// What a consent is begun anew with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anew {
    /// The connection.
    pub company_key: CompanyKey,
    /// The platform.
    pub platform: PlatformName,
    /// With which of its credentials.
    pub environment: Environment,
}

/// The browser ids that a request brought: none, one, or several where a cookie of our name was also set by somebody else,
/// such as an app on the parent domain. The browser decides their order, so each of them is tried.
#[derive(Clone, Default)]
pub struct BrowserIds(Vec<Secret>);

impl BrowserIds {
    /// The most that are tried.
    pub const MOST: usize = 8;

    /// The first [`Self::MOST`] of them.
    pub fn of(ids: impl IntoIterator<Item = Secret>) -> Self {
        Self(ids.into_iter().take(Self::MOST).collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }

    /// Whether one of them has this hash.
    pub fn holds(&self, hash: &Fingerprint) -> bool {
        self.0.iter().any(|id| id.fingerprint().matches(hash))
    }

    /// The one that a new flow is bound to, so that two tabs of one browser work.
    pub fn first(&self) -> Option<&Secret> {
        self.0.first()
    }
}

/// Who began a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// Nobody we know: it may create a connection or renew the same company (O-17).
    Anonymous,
    /// A partner's key: it may also rename, revive, and switch the company (O-16).
    Key(KeyId),
    /// A connect link of the partner: as its key.
    Link(LinkId),
}

impl Authority {
    /// The same as the actor of an audit row.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Anonymous => Actor::Anonymous,
            Self::Key(id) => Actor::Key(id.clone()),
            Self::Link(id) => Actor::Link(id.clone()),
        }
    }
}

/// How far a flow is.
#[derive(Clone, PartialEq, Eq)]
pub enum Stage {
    /// A server began it, and no browser has opened the address that it was answered.
    Offered,
    /// Waiting for the customer.
    Pending,
    /// The callback came; its code is being exchanged. Once only (O-5). Or a browser opened it, which made a flow of its own.
    Consumed {
        /// When.
        at: Timestamp,
    },
    /// The platform took no requests when the code was to be exchanged, and did not look at it: it is kept, to be presented again.
    Postponed(KeptCode),
    /// The grant is here, sealed; the platform has yet to confirm the company (O-18).
    Exchanged {
        /// The grant.
        grant: StoredGrant,
        /// The company that the callback claimed, where it did.
        claim: Option<String>,
    },
    /// The platform has named several companies, and somebody must say which it is to be.
    Choosing {
        /// The grant.
        grant: StoredGrant,
        /// Those it reaches, as many as are kept.
        companies: Vec<ConfirmedCompany>,
        /// Whether these are all of them.
        is_complete: bool,
    },
    /// The company is confirmed; the connection is made when the partner exchanges our code. Until then the grant lies in a
    /// [`Revocation`](super::revocation::Revocation) of its own, due when the time for that is over.
    Confirmed {
        /// The company.
        company: ConfirmedCompany,
    },
    /// The connection is written.
    Done {
        /// Which it is.
        connection: ConnectionId,
        /// The company that it was connected to.
        company_id: String,
    },
    /// It came to nothing, for good.
    Failed(FlowFailure),
}

/// A code that the platform has not looked at, and what the callback said beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptCode {
    /// The code, sealed.
    pub code: Sealed,
    /// The company that the callback claimed, where it did.
    pub claim: Option<String>,
    /// Where the code is good, on a platform that has several such places.
    pub region: Option<String>,
    /// Until when the platform takes it.
    pub until: Timestamp,
}

impl Stage {
    /// The word in the table. The version before knows a kept code as one that is being exchanged.
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
