//! Connect links: addresses that a partner sends to its customers. A link ends when it expires, is used up or is revoked, when the
//! key that created it is revoked, and when its connection is disconnected. Only its hash is stored (O-12).

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::api_key::KeyId;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::model::secret::{Fingerprint, Secret};

/// The shortest life of a link.
pub const LIFE_LEAST: Duration = Duration::from_secs(60);
/// The longest life of a link.
pub const LIFE_MOST: Duration = Duration::from_secs(30 * 86_400);
/// The default life of a link.
pub const LIFE: Duration = Duration::from_secs(7 * 86_400);

/// The largest number of consents that a link may be used for.
pub const USES_MOST: u32 = 100;
/// The default number of consents.
pub const USES: u32 = 1;

/// A stored connect link. A consent by a link has the rights of the partner's key: it may also switch the company and revive a
/// disconnected connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectLink {
    /// Its id, unique for its partner.
    pub id: LinkId,
    /// The partner that it belongs to.
    pub partner: PartnerId,
    /// The hash of the whole token.
    pub hash: Fingerprint,
    /// The platform that it connects.
    pub platform: PlatformName,
    /// The connection to create or renew. If `None`, the confirmed company names it.
    pub company_key: Option<CompanyKey>,
    /// The connection's name.
    pub company_name: Option<String>,
    /// The partner's page that the browser returns to. It was on the partner's list when the link was created.
    pub redirect_uri: Option<String>,
    /// The partner's `state`, which is returned to that page.
    pub state: Option<String>,
    /// The key that created it. `None` for a link of an earlier version.
    pub key: Option<KeyId>,
    /// The number of consents it may be used for, 1 to [`USES_MOST`].
    pub uses: u32,
    /// The number of consents it was used for.
    pub used: u32,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ConnectLink {
    /// Whether it is neither revoked, nor expired, nor used up. Its key is not checked here.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| at > now) && self.expires_at > now && !self.is_used_up()
    }

    /// Whether it was used for all its consents.
    pub fn is_used_up(&self) -> bool {
        self.used >= self.uses
    }
}

/// The id of a link in lists and logs: the first 16 hex digits of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(String);

impl LinkId {
    /// Parses an id; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        Fingerprint::is_short(text).then(|| Self(text.to_owned()))
    }

    /// The id of the link with this hash.
    pub fn of(hash: &Fingerprint) -> Self {
        Self(hash.short().to_owned())
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A link's token that a browser sent: `{partner}.{random}`, well formed, not yet verified.
pub(crate) struct PresentedLink {
    /// The partner in its text.
    pub partner: PartnerId,
    /// The hash of the whole token.
    pub hash: Fingerprint,
}

impl PresentedLink {
    /// Parses a token; `None` if it is malformed.
    pub(crate) fn parse(token: &Secret) -> Option<Self> {
        let (partner, _) = token.expose().split_once('.')?;
        Some(Self { partner: PartnerId::parse(partner).ok()?, hash: token.fingerprint() })
    }
}

/// Composes a link's token.
pub(crate) fn token(partner: &PartnerId, random: &Secret) -> Secret {
    Secret::new(format!("{partner}.{}", random.expose()))
}
