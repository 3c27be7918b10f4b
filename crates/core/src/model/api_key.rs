//! API keys: `cf_live_{partner}_{random}`, and `cf_pub_…` for one that may stand in a page. The random part is
//! 43 base62 characters, 256 bits; only the key's hash is stored.

use std::fmt;

use jiff::Timestamp;
use strum::VariantArray;

use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Secret};

/// What a key may do. The list is part of the contract.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    VariantArray,
)]
pub enum Scope {
    /// Open consent pages, and nothing else: the scope of a publishable key.
    #[strum(serialize = "consent:start")]
    ConsentStart,
    /// Read access tokens, and have them refreshed.
    #[strum(serialize = "tokens:read")]
    TokensRead,
    /// See connections.
    #[strum(serialize = "connections:read")]
    ConnectionsRead,
    /// Start, change and disconnect connections; create connect links.
    #[strum(serialize = "connections:write")]
    ConnectionsWrite,
    /// Run imports.
    #[strum(serialize = "syncs:run")]
    SyncsRun,
    /// Read checks and invoices.
    #[strum(serialize = "records:read")]
    RecordsRead,
    /// Manage webhook endpoints, events and deliveries.
    #[strum(serialize = "webhooks:manage")]
    WebhooksManage,
    /// Manage end users and their QuickBooks Desktop connections.
    #[strum(serialize = "desktop:manage")]
    DesktopManage,
    /// Manage the partner itself and its keys.
    #[strum(serialize = "admin")]
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().expect("a chunk of all");

    /// The word in commands, JSON and the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// An API key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Which one, within its partner.
    pub id: KeyId,
    /// Whose.
    pub partner: PartnerId,
    /// The hash of the whole key.
    pub hash: Fingerprint,
    /// For people.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the day; its making counts as the first use.
    pub last_used_at: Timestamp,
}

impl ApiKey {
    /// Whether it opens anything at that moment.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| at > now) && self.expires_at.is_none_or(|at| at > now)
    }

    /// Whether it may do that.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// Names a key in lists, logs and commands: the first 16 hex digits of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Reads one.
    pub fn parse(text: &str) -> Option<Self> {
        Fingerprint::is_short(text).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key as a caller presents it: well formed, not yet known to be good.
#[derive(Clone)]
pub struct PresentedKey {
    /// The partner it says it belongs to.
    pub partner: PartnerId,
    /// The key it says it is.
    pub id: KeyId,
    /// The hash of the whole of it.
    pub hash: Fingerprint,
}

const RANDOM_LENGTH: usize = 43;
const PREFIXES: [&str; 2] = ["cf_live_", "cf_pub_"];
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl PresentedKey {
    /// Reads a key; from the right, since a partner's id may hold underscores. `None` for anything that cannot be one.
    pub fn parse(key: &Secret) -> Option<Self> {
        let rest = PREFIXES.iter().find_map(|prefix| key.expose().strip_prefix(prefix))?;
        let (partner, random) = rest.rsplit_once('_')?;
        if random.len() != RANDOM_LENGTH || !random.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let hash = key.fingerprint();
        let id = KeyId(hash.short().to_owned());
        Some(Self { partner: PartnerId::parse(partner).ok()?, id, hash })
    }
}

/// Makes a key's text out of 64 random bytes; publishable keys have a prefix of their own.
///
/// 512 bits modulo 62^43 (256 bits): the bias is below 2^-255.
pub fn compose(partner: &PartnerId, publishable: bool, random: &[u8; 64]) -> Secret {
    let prefix = if publishable { PREFIXES[1] } else { PREFIXES[0] };
    Secret::new(format!("{prefix}{partner}_{}", base62(random)))
}

/// Whether that is the text of a publishable key.
pub fn is_publishable(key: &Secret) -> bool {
    key.expose().starts_with(PREFIXES[1])
}

/// Long division of a big-endian number by 62, 43 times.
fn base62(number: &[u8; 64]) -> String {
    let mut number = *number;
    (0..RANDOM_LENGTH)
        .map(|_| {
            let remainder = number.iter_mut().fold(0_u16, |carry, byte| {
                let value = (carry << 8) | u16::from(*byte);
                *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
                value % 62
            });
            char::from(BASE62[usize::from(remainder)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a1_a_key_is_read_from_the_right_and_only_its_hash_is_kept() {
        let partner = PartnerId::parse("partner_abc_123").expect("a partner id");
        let key = compose(&partner, false, &[7; 64]);
        assert!(key.expose().starts_with("cf_live_partner_abc_123_"));
        let presented = PresentedKey::parse(&key).expect("well formed");
        assert_eq!(presented.partner, partner);
        assert_eq!(presented.hash, key.fingerprint());
        assert!(key.fingerprint().as_str().starts_with(presented.id.as_str()));
    }

    #[test]
    fn what_cannot_be_a_key_is_none() {
        let long = format!("cf_live_default_{}", "a".repeat(44));
        for bad in ["", "cf_live_", "cf_live_default_short", "sk_live_default_x", &long, "cf_live__aaaaaaaaaaaaaaaaaa"] {
            assert!(PresentedKey::parse(&Secret::new(bad)).is_none(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_key_that_is_made_can_be_read(head in proptest::array::uniform32(0_u8..), tail in proptest::array::uniform32(0_u8..)) {
            let mut random = [0; 64];
            random[..32].copy_from_slice(&head);
            random[32..].copy_from_slice(&tail);
            let key = compose(&PartnerId::default_partner(), true, &random);
            proptest::prop_assert!(PresentedKey::parse(&key).is_some());
        }
    }
}
