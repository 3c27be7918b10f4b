//! Audit rows: what happened to a connection or to a partner's settings, and who did it. Their shape is fixed; whoever changes
//! a connection writes one in the same transaction, except refreshes, which are counted.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::api_key::KeyId;
use crate::model::connect_link::LinkId;
use crate::model::connection::ConnectionId;
use crate::model::name::{DisplayName, PartnerId};

/// One audit row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Orders and names it within its subject.
    pub id: String,
    /// What it is about.
    pub subject: Subject,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub action: Action,
    /// Who did it.
    pub actor: Actor,
    /// More of it; short values, never a secret.
    pub detail: BTreeMap<&'static str, String>,
}

impl Audit {
    /// The same as the one row of its action and reason about its subject on that day: for what anybody can bring about as often
    /// as they like.
    #[must_use]
    pub fn once_a_day(self) -> Self {
        let day = self.at.as_second().div_euclid(DAY) * DAY * 1_000;
        let reason = self.detail.get("reason").map_or("", String::as_str);
        Self { id: format!("{day:012x}{}{reason}", self.action.as_str()), ..self }
    }
}

/// In seconds.
const DAY: i64 = 86_400;

/// What an audit row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A connection; it need not exist, since a refused consent is audited too.
    Connection(ConnectionId),
    /// A partner, where no connection is meant or none is known yet.
    Partner(PartnerId),
}

impl From<&ConnectionId> for Subject {
    fn from(id: &ConnectionId) -> Self {
        Self::Connection(id.clone())
    }
}

impl From<&PartnerId> for Subject {
    fn from(id: &PartnerId) -> Self {
        Self::Partner(id.clone())
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// A customer consented for the first time, or after a disconnect.
    Connected,
    /// A customer consented again.
    Reconnected,
    /// A consent came to nothing.
    ConsentFailed,
    /// The platform refused the grant for good.
    GrantEnded,
    /// A grant that had been marked as ended lives: its successor had been parked.
    GrantRevived,
    /// The partner disconnected it.
    Disconnected,
    /// The platform confirmed that a grant is revoked, or no longer knew it.
    #[strum(serialize = "platform_told")]
    GrantRevoked,
    /// A grant was not revoked, and will not be, for the reason in the row.
    #[strum(serialize = "platform_not_told")]
    GrantNotRevoked,
    /// A code that was handed over for it was presented again, too late, or by somebody else.
    CodeRefused,
    /// A callback came from another browser than the one that began the consent.
    CallbackRefused,
    /// A consent was to end at an address that is not on the partner's list.
    RedirectRefused,
    /// A connect link was made.
    LinkCreated,
    /// A connect link was revoked.
    LinkRevoked,
    /// A partner was created.
    PartnerCreated,
    /// An address was added to a partner's redirect URIs.
    RedirectUriAdded,
    /// An address was removed from a partner's redirect URIs.
    RedirectUriRemoved,
    /// An API key was created.
    KeyCreated,
    /// An API key was revoked.
    KeyRevoked,
}

impl Action {
    /// The word in the table and on the surface.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether anybody can bring it about, as often as they like: such a row does not stay for ever.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::ConsentFailed | Self::CodeRefused | Self::CallbackRefused | Self::RedirectRefused)
    }
}

/// A refusal that a caller without a key can cause, as often as they like. It is counted by partner, action, reason and day, so
/// that a flood of them fills neither the table nor the history of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whose consent was refused.
    pub partner: PartnerId,
    /// What was refused.
    pub action: Action,
    /// Why: a word of a closed list.
    pub reason: &'static str,
    /// When.
    pub at: Timestamp,
    /// More of it; short values, never a secret. The day's row keeps those of its last refusal.
    pub detail: BTreeMap<&'static str, String>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A browser without a key.
    Anonymous,
    /// A caller with an API key.
    Key(KeyId),
    /// A browser that opened a connect link.
    Link(LinkId),
    /// The vault, on a reader's or a schedule's behalf.
    Vault,
    /// A person at the command line, by the name that their computer gives them, if any. Nothing verifies it.
    Operator(Option<DisplayName>),
}

impl Actor {
    /// As one word: `anonymous`, `key:{id}`, `link:{id}`, `vault`, `operator[:{name}]`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Key(id) => format!("key:{id}"),
            Self::Link(id) => format!("link:{id}"),
            Self::Vault => "vault".to_owned(),
            Self::Operator(Some(name)) => format!("operator:{name}"),
            Self::Operator(None) => "operator".to_owned(),
        }
    }
}
