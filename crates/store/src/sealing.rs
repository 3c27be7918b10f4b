//! Sealing at rest: AES-256-GCM with a key for each owner, derived by HKDF-SHA256 from the keyring's primary key. Owner and purpose are
//! associated data, so a sealed token that is copied to another row or attribute does not open.
//!
//! Sealed bytes: `version (1) | key id (8) | nonce (12) | ciphertext and tag`. The id is derived from the key, so a wrong keyring is
//! recognized as one without the key.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use counterfoil_core::Error;
use counterfoil_core::model::secret::{Sealed, Secret, hex};
use counterfoil_core::port::entropy::Entropy;
use counterfoil_core::port::sealer::Sealer;

use crate::keyring_text::KeyringText;
use crate::ring_key::{KEY_ID_LEN, RingKey, unusable};
use crate::secret_source::SecretSource;

const VERSION: u8 = 1;

const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;

/// The length of the authentication tag, in bytes.
const TAG_LEN: usize = 16;

/// The keys that seal and open. The first one seals.
pub struct Keyring(Vec<RingKey>);

/// The id of the key that sealed this value, in hex; `None` if it does not have the form of a sealed value.
pub fn key_id(sealed: &Sealed) -> Option<String> {
    key_id_of(sealed.as_bytes())
}

/// The id of the key that sealed these bytes, in hex; `None` if they do not have the form of a sealed value.
pub(crate) fn key_id_of(bytes: &[u8]) -> Option<String> {
    let is_sealed = bytes.len() >= HEADER_LEN + TAG_LEN && bytes[0] == VERSION;
    is_sealed.then(|| hex(&bytes[1..=KEY_ID_LEN]))
}

impl Keyring {
    /// Parses `{"primary": "…", "older": ["…"]}`. Each key is a random text of at least 43 characters.
    ///
    /// # Errors
    /// `Misconfigured`. The message repeats nothing of the text.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        KeyringText::parse(text)?.keys().iter().map(RingKey::derive).collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// The id of the primary key, in hex.
    pub fn primary(&self) -> String {
        self.0[0].id()
    }

    pub(crate) fn seal(&self, owner: &str, purpose: &str, secret: &Secret, entropy: &dyn Entropy) -> Result<Sealed, Error> {
        let key = &self.0[0];
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut text = secret.expose().as_bytes().to_vec();
        key.for_owner(owner)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(associated(owner, purpose)), &mut text)
            .map_err(|_| unusable("A secret could not be sealed."))?;
        let mut sealed = Vec::with_capacity(HEADER_LEN + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut text);
        Ok(Sealed::from_bytes(sealed))
    }

    pub(crate) fn open(&self, owner: &str, purpose: &str, sealed: &Sealed) -> Result<Secret, Unopened> {
        let bytes = sealed.as_bytes();
        let (header, ciphertext) = bytes.split_at_checked(HEADER_LEN).ok_or(Unopened::Damaged("it is cut short"))?;
        if header[0] != VERSION {
            return Err(Unopened::Damaged("it has a form that this version does not know"));
        }
        let (id, nonce) = header[1..].split_at(KEY_ID_LEN);
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| Unopened::UnknownKey(hex(id)))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened::Damaged("it is cut short"))?;
        let mut text = ciphertext.to_vec();
        let opened = key
            .for_owner(owner)
            .map_err(|_| Unopened::Damaged("its key could not be derived"))?
            .open_in_place(nonce, Aad::from(associated(owner, purpose)), &mut text)
            .map_err(|_| Unopened::Damaged("it was changed, or it belongs to another row"))?;
        String::from_utf8(opened.to_vec()).map(Secret::new).map_err(|_| Unopened::Damaged("it is not text"))
    }
}

/// Why a sealed value does not open. Only the operator's log has it; a caller learns only that the value does not open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// The keyring does not have the key with this id.
    UnknownKey(String),
    /// The value is damaged, for this reason.
    Damaged(&'static str),
}

impl Unopened {
    /// Logs the reason for the operator, and returns the error for the caller.
    fn tell_operator(&self, owner: &str, purpose: &str) -> Error {
        match self {
            Self::UnknownKey(key_id) => tracing::error!(
                owner,
                purpose,
                key_id,
                fault = "misconfigured",
                "a sealed value does not open: the keyring does not hold its key; put that key back under \"older\"; nothing was changed"
            ),
            Self::Damaged(problem) => {
                tracing::error!(owner, purpose, problem, fault = "internal", "a sealed value does not open");
            }
        }
        unusable("A stored secret cannot be opened. The operator of this installation finds the reason in its log.")
    }
}

fn associated(owner: &str, purpose: &str) -> Vec<u8> {
    [purpose.as_bytes(), &[0], owner.as_bytes()].concat()
}

/// The sealer of a process. It reads the keyring when it first needs it.
pub struct KeyringSealer {
    source: Arc<SecretSource<Keyring>>,
    entropy: Arc<dyn Entropy>,
}

impl KeyringSealer {
    /// A sealer with the keyring of this source.
    pub fn new(source: Arc<SecretSource<Keyring>>, entropy: Arc<dyn Entropy>) -> Self {
        Self { source, entropy }
    }
}

#[async_trait]
impl Sealer for KeyringSealer {
    async fn seal(&self, owner: &str, purpose: &'static str, secret: &Secret) -> Result<Sealed, Error> {
        self.source.get().await?.seal(owner, purpose, secret, self.entropy.as_ref())
    }

    async fn open(&self, owner: &str, purpose: &'static str, sealed: &Sealed) -> Result<Secret, Error> {
        let opened = match self.source.get().await?.open(owner, purpose, sealed) {
            // Another process may have sealed with a key that was added after this keyring was read.
            Err(Unopened::UnknownKey(key_id)) => self.source.get_newer(&key_id).await?.open(owner, purpose, sealed),
            opened => opened,
        };
        opened.map_err(|unopened| unopened.tell_operator(owner, purpose))
    }

    async fn check(&self) -> Result<(), Error> {
        self.source.get().await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_core::port::entropy::SystemEntropy;

    use super::*;

    const OLD: &str = "an-old-key-of-forty-three-characters-or-more-1";
    const NEW: &str = "a-new-key-of-forty-three-characters-or-more-22";

    fn ring(text: &str) -> Keyring {
        Keyring::parse(&Secret::new(text)).unwrap_or_else(|error| panic!("{error}"))
    }

    fn old_ring() -> Keyring {
        ring(&format!(r#"{{"primary":"{OLD}"}}"#))
    }

    fn seal(ring: &Keyring, owner: &str) -> Sealed {
        ring.seal(owner, "access_token", &Secret::new("canary"), &SystemEntropy).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refusal(result: Result<Secret, Unopened>) -> Unopened {
        result.err().expect("must not open")
    }

    const ANOTHER_ROW: Unopened = Unopened::Damaged("it was changed, or it belongs to another row");

    #[test]
    fn s6_a_sealed_value_opens_only_for_its_owner_and_purpose() {
        let ring = old_ring();
        let sealed = seal(&ring, "a");
        assert!(ring.open("a", "access_token", &sealed).is_ok_and(|secret| secret.expose() == "canary"));
        assert_eq!(refusal(ring.open("b", "access_token", &sealed)), ANOTHER_ROW);
        assert_eq!(refusal(ring.open("a", "refresh_token", &sealed)), ANOTHER_ROW);
        assert!(!hex(sealed.as_bytes()).contains(&hex(b"canary")));
    }

    #[test]
    fn s6_an_older_key_opens_and_the_primary_seals() {
        let sealed = seal(&old_ring(), "a");
        let rotated = ring(&format!(r#"{{"primary":"{NEW}","older":["{OLD}"]}}"#));
        assert!(rotated.open("a", "access_token", &sealed).is_ok());
        let sealed = seal(&rotated, "a");
        let key_id = hex(&rotated.0[0].id);
        assert_eq!(refusal(old_ring().open("a", "access_token", &sealed)), Unopened::UnknownKey(key_id));
    }

    #[test]
    fn every_changed_byte_makes_opening_fail() {
        let ring = old_ring();
        let sealed = seal(&ring, "a");
        for place in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[place] ^= 1;
            assert!(ring.open("a", "access_token", &Sealed::from_bytes(bytes)).is_err(), "byte {place}");
            let cut = Sealed::from_bytes(sealed.as_bytes()[..place].to_vec());
            assert!(ring.open("a", "access_token", &cut).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn an_invalid_keyring_is_refused_and_not_quoted() {
        for bad in ["", "{}", r#"{"primary":"short-canary"}"#, r#"["canary"]"#, r#"{"primary":"x","canary":1}"#] {
            let error = Keyring::parse(&Secret::new(bad)).err().expect(bad).to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
