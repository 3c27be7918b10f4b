//! Audit rows: what happened to a connection or to a partner's settings, who did it, and by which request. Each change of a grant
//! writes a row in the same transaction. Reads of tokens and refreshes are counted per day, except a refresh that a caller asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use strum::VariantArray;

use crate::model::api_key::KeyId;
use crate::model::connect_link::LinkId;
use crate::model::connection::ConnectionId;
use crate::model::name::{CompanyKey, DisplayName, PartnerId};
use crate::model::origin::Origin;

/// One audit row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Its id. The ids of a subject sort by time.
    pub id: String,
    /// What it is about.
    pub subject: Subject,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub action: Action,
    /// Who did it.
    pub actor: Actor,
    /// Details: short values, never a secret.
    pub detail: BTreeMap<&'static str, String>,
    /// The request that caused it.
    pub origin: Origin,
    /// When the row expires.
    pub expires_at: Timestamp,
}

/// An audit row as it is read back. A word of another version is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in a list, which sorts by time.
    pub place: String,
    /// The id of its row.
    pub id: String,
    /// When it happened. Of counts: the beginning of their day.
    pub at: Timestamp,
    /// What happened.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// The connection that it is about; `None` if it is about the partner.
    pub company_key: Option<CompanyKey>,
    /// Details.
    pub detail: BTreeMap<String, String>,
    /// The id of the request that caused it.
    pub request_id: Option<String>,
    /// The address of that request's sender.
    pub source_ip: Option<String>,
}

impl Audit {
    /// The same row with the id of its day, action and reason, so that a subject has at most one such row a day. For what a caller
    /// without a key can repeat without limit.
    #[must_use]
    pub(crate) fn once_a_day(self) -> Self {
        let day = self.at.as_second().div_euclid(DAY) * DAY * 1_000;
        let reason = self.detail.get("reason").map_or("", String::as_str);
        Self { id: format!("{day:012x}{}{reason}", self.action.as_str()), ..self }
    }
}

/// A day in seconds.
const DAY: i64 = 86_400;

/// What an audit row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A connection. It need not exist: a refused consent is audited too.
    Connection(ConnectionId),
    /// A partner, if no connection is known.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// A customer consented for the first time, or after a disconnect.
    Connected,
    /// A customer consented again.
    Reconnected,
    /// A consent failed.
    ConsentFailed,
    /// A grant was marked as dead.
    GrantEnded,
    /// A dead grant became active again: a late grant was stored, or the platform gave access again.
    GrantRevived,
    /// The partner disconnected the connection.
    Disconnected,
    /// The partner requested the purge of a connection.
    ConnectionPurged,
    /// The platform confirmed that a grant is revoked, or did not know it any more.
    #[strum(serialize = "platform_told")]
    GrantRevoked,
    /// Counterfoil will not revoke a grant. The row has the reason.
    #[strum(serialize = "platform_not_told")]
    GrantNotRevoked,
    /// One of our codes was presented again, too late, or by another partner.
    CodeRefused,
    /// A callback came from a browser that did not start the consent.
    CallbackRefused,
    /// A start named a redirect URI that is not on the partner's list.
    RedirectRefused,
    /// A connect link was created.
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
    /// An API key got an alias: another text by which callers may name it.
    KeyAliased,
    /// An alias of an API key was removed.
    KeyAliasRemoved,
    /// An API key was revoked.
    KeyRevoked,
    /// An API key was replaced by a new one, and is revoked after an overlap.
    KeyRotated,
    /// A webhook endpoint was created.
    EndpointCreated,
    /// The address, the events or the description of a webhook endpoint were changed.
    EndpointChanged,
    /// A webhook endpoint was enabled.
    EndpointEnabled,
    /// A webhook endpoint was disabled, by its partner or because it failed.
    EndpointDisabled,
    /// A webhook endpoint was deleted.
    EndpointDeleted,
    /// The secret of a webhook endpoint was replaced.
    EndpointSecretRotated,
    /// Deliveries of a webhook endpoint were replayed.
    DeliveriesReplayed,
    /// An end user of QuickBooks Desktop was created.
    EndUserCreated,
    /// An end user of QuickBooks Desktop was deleted, with its connection.
    EndUserDeleted,
    /// A session of the auth flow of QuickBooks Desktop was created.
    AuthSessionCreated,
    /// A page of the auth flow showed a new password for the Web Connector.
    WebConnectorPasswordSet,
    /// The `.qwc` file of a QuickBooks Desktop connection was replaced by one with another `FileID`.
    QwcRotated,
    /// A caller asked for settings of a connection to be changed. The row is written before the change.
    ConnectionChanged,
    /// A caller asked for a token to be refreshed. The row has the outcome.
    TokenRefreshed,
    /// The token reads and the refreshes of a day, which are counted and have no rows of their own.
    DailyCounts,
}

impl Action {
    /// The word in the table and on the surface.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words, separated by commas.
    pub fn words() -> String {
        Self::VARIANTS.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// A refusal that a caller without a key can cause without limit. It is counted by partner, action, reason and day, so that a flood
/// of refusals fills neither the table nor the history of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The partner of the refused consent.
    pub partner: PartnerId,
    /// What was refused.
    pub action: Action,
    /// The reason: a word of a closed list.
    pub reason: &'static str,
    /// When it was refused.
    pub at: Timestamp,
    /// Details: short values, never a secret. The row of the day keeps those of its last refusal.
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
    /// The vault, for a reader or a schedule.
    Vault,
    /// The courier, which delivers to webhook endpoints.
    Courier,
    /// A person at the command line, by their user name on that computer, if it is known. Nothing verifies it.
    Operator(Option<DisplayName>),
}

impl Actor {
    /// As one word: `anonymous`, `key:{id}`, `link:{id}`, `vault`, `courier`, `operator[:{name}]`.
    pub fn to_text(&self) -> String {
        match self {
            Self::Anonymous => "anonymous".to_owned(),
            Self::Key(id) => format!("key:{id}"),
            Self::Link(id) => format!("link:{id}"),
            Self::Vault => "vault".to_owned(),
            Self::Courier => "courier".to_owned(),
            Self::Operator(Some(name)) => format!("operator:{name}"),
            Self::Operator(None) => "operator".to_owned(),
        }
    }
}
