//! API keys: `cf_live_{partner}_{random}`, and `cf_pub_…` for a publishable key, which may be in a page. The random part
//! is 43 base62 characters, 256 bits. Only the key's hash is stored.

use std::fmt;

use jiff::Timestamp;
use strum::VariantArray;

use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Secret};

/// A right of a key. The words are part of the API.
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
    /// Start consents, and nothing else: the scope of a publishable key.
    #[strum(serialize = "consent:start")]
    ConsentStart,
    /// Read and refresh access tokens.
    #[strum(serialize = "tokens:read")]
    TokensRead,
    /// Read connections.
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
    /// All scopes.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().expect("a chunk of all");

    /// The word in commands, JSON and the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A stored API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, unique for its partner.
    pub id: KeyId,
    /// The partner that it belongs to.
    pub partner: PartnerId,
    /// The hash of the whole key.
    pub hash: Fingerprint,
    /// A name for people.
    pub name: String,
    /// Its rights.
    pub scopes: Vec<Scope>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The day of its last use. Its creation counts as a use.
    pub last_used_at: Timestamp,
}

impl ApiKey {
    /// Whether it is neither revoked nor expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none_or(|at| at > now) && self.expires_at.is_none_or(|at| at > now)
    }

    /// Whether it has this right.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// The id of a key in lists, logs and commands: the first 16 hex digits of its hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    /// Parses an id; `None` if the text is none.
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

/// A key that a caller sent: well formed, not yet verified.
#[derive(Clone)]
pub struct PresentedKey {
    /// The partner in its text.
    pub partner: PartnerId,
    /// The id that its hash gives.
    pub id: KeyId,
    /// The hash of the whole key.
    pub hash: Fingerprint,
}

const RANDOM_LENGTH: usize = 43;
const PREFIXES: [&str; 2] = ["cf_live_", "cf_pub_"];
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl PresentedKey {
    /// Parses a key, from the right, because a partner's id may contain underscores. `None` if it is malformed.
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

/// The beginnings of the secret keys of Conductor, by which an operator may call one of ours (`key alias`).
const ALIAS_PREFIXES: [&str; 3] = ["sk_conductor_", "sk_live_", "sk_test_"];

/// Whether a text has the form of a key of Conductor: a known beginning, then at least sixteen characters without white space.
pub fn is_alias(text: &Secret) -> bool {
    let rest = ALIAS_PREFIXES.iter().find_map(|prefix| text.expose().strip_prefix(prefix));
    rest.is_some_and(|rest| (ALIAS_LEAST..=ALIAS_MOST).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_graphic()))
}

/// The shortest rest of an alias, in characters: a shorter one could be guessed.
const ALIAS_LEAST: usize = 16;
/// The longest rest of an alias, in characters.
const ALIAS_MOST: usize = 180;

/// Composes a key from 64 random bytes. A publishable key has another prefix.
///
/// The random part is 512 bits modulo 62^43 (256 bits), so its bias is below 2^-255.
pub fn compose(partner: &PartnerId, publishable: bool, random: &[u8; 64]) -> Secret {
    let prefix = if publishable { PREFIXES[1] } else { PREFIXES[0] };
    Secret::new(format!("{prefix}{partner}_{}", base62(random)))
}

/// Whether the text has the prefix of a publishable key.
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
    fn a1_a_key_is_parsed_from_the_right_and_only_its_hash_is_kept() {
        let partner = PartnerId::parse("partner_abc_123").expect("a partner id");
        let key = compose(&partner, false, &[7; 64]);
        assert!(key.expose().starts_with("cf_live_partner_abc_123_"));
        let presented = PresentedKey::parse(&key).expect("well formed");
        assert_eq!(presented.partner, partner);
        assert_eq!(presented.hash, key.fingerprint());
        assert!(key.fingerprint().as_str().starts_with(presented.id.as_str()));
    }

    #[test]
    fn a_malformed_key_is_none() {
        let long = format!("cf_live_default_{}", "a".repeat(44));
        for bad in ["", "cf_live_", "cf_live_default_short", "sk_live_default_x", &long, "cf_live__aaaaaaaaaaaaaaaaaa"] {
            assert!(PresentedKey::parse(&Secret::new(bad)).is_none(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_composed_key_parses(head in proptest::array::uniform32(0_u8..), tail in proptest::array::uniform32(0_u8..)) {
            let mut random = [0; 64];
            random[..32].copy_from_slice(&head);
            random[32..].copy_from_slice(&tail);
            let key = compose(&PartnerId::default_partner(), true, &random);
            proptest::prop_assert!(PresentedKey::parse(&key).is_some());
        }
    }
}
