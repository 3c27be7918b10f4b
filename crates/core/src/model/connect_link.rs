//! Connect links: an address that a partner sends to a customer. It ends with its time, its uses, its revocation, the key that
//! made it, and a disconnect of its connection. Only its hash is stored (O-12).

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::api_key::KeyId;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::model::secret::{Fingerprint, Secret};

/// The shortest life of a link.
pub const LIFE_LEAST: Duration = Duration::from_secs(60);
/// The longest.
pub const LIFE_MOST: Duration = Duration::from_secs(30 * 86_400);
/// The life of a link where nothing is said.
pub const LIFE: Duration = Duration::from_secs(7 * 86_400);

/// How many completed consents a link may be good for.
pub const USES_MOST: u32 = 100;
/// The same where nothing is said.
pub const USES: u32 = 1;

/// A connect link as it is stored. Whoever opens it may do what its partner's key may: also switch the company, and revive
/// what was disconnected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectLink {
    /// Which one, within its partner.
    pub id: LinkId,
    /// Whose.
    pub partner: PartnerId,
    /// The hash of the whole token.
    pub hash: Fingerprint,
    /// With which platform it connects.
    pub platform: PlatformName,
    /// The connection to make or renew; where there is none, the company names it.
    pub company_key: Option<CompanyKey>,
    /// The connection's name.
    pub company_name: Option<String>,
    /// Where the browser is handed over in the end, as it was on the partner's list when the link was made.
    pub redirect_uri: Option<String>,
    /// What the partner wants to see again there.
    pub state: Option<String>,
    /// The key that made it and with which it ends; `None` for a link of before this was kept.
    pub key: Option<KeyId>,
    /// How many completed consents it is good for, 1 to [`USES_MOST`].
    pub uses: u32,
    /// How many it has had.
    pub used: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ConnectLink {
    /// Whether it opens anything at that moment, as far as the link itself says.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| at > now) && self.expires_at > now && !self.is_used_up()
    }

    /// Whether it has had all its consents.
    pub fn is_used_up(&self) -> bool {
        self.used >= self.uses
    }
}

/// Names a link in lists and logs: the first 16 hex digits of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(String);

impl LinkId {
    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        Fingerprint::is_short(text).then(|| Self(text.to_owned()))
    }

    /// The link of that hash.
    pub fn of(hash: &Fingerprint) -> Self {
        Self(hash.short().to_owned())
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A link's token as a browser presents it: `{partner}.{random}`, well formed, not yet known to be good.
pub struct PresentedLink {
    /// The partner it says it belongs to.
    pub partner: PartnerId,
    /// The hash of the whole of it.
    pub hash: Fingerprint,
}

impl PresentedLink {
    /// Takes a token apart; `None` for anything that cannot be one.
    pub fn parse(token: &Secret) -> Option<Self> {
        let (partner, _) = token.expose().split_once('.')?;
        Some(Self { partner: PartnerId::parse(partner).ok()?, hash: token.fingerprint() })
    }
}

/// A new token of a partner.
pub fn token(partner: &PartnerId, random: &Secret) -> Secret {
    Secret::new(format!("{partner}.{}", random.expose()))
}
