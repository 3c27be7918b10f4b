//! Sealing at rest: AES-256-GCM under a key per owner, derived by HKDF-SHA256 from the keyring's primary key. Owner and
//! purpose are associated data, so that a sealed token copied to another row, or another attribute, does not open.
//!
//! Sealed bytes: `version (1) | key id (8) | nonce (12) | ciphertext and tag`. A key's id is derived from the key, so that
//! a wrong keyring shows as a key that is not there.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use counterfoil_core::Error;
use counterfoil_core::model::secret::{Sealed, Secret, hex};
use counterfoil_core::port::entropy::Entropy;
use counterfoil_core::port::sealer::Sealer;
use serde::Deserialize;

use crate::secret_source::SecretSource;

const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 8;
const HEADER_LEN: usize = 1 + KEY_ID_LEN + NONCE_LEN;
/// The shortest text that is taken for a key: 43 letters and digits hold 256 bits.
const KEY_TEXT_SHORTEST: usize = 43;

/// The keys that seal and open, the first of which seals.
pub struct Keyring(Vec<RingKey>);

struct RingKey {
    id: [u8; KEY_ID_LEN],
    prk: Prk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringText {
    primary: String,
    #[serde(default)]
    older: Vec<String>,
}

impl Keyring {
    /// Reads `{"primary": "…", "older": ["…"]}`; each key is a random text of at least 43 characters.
    ///
    /// # Errors
    /// `Misconfigured`, without a word of what was there.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let ring: KeyringText = serde_json::from_str(text.expose())
            .map_err(|_| unusable("The keyring is not of the form {\"primary\": \"…\", \"older\": [\"…\"]}."))?;
        let texts = std::iter::once(ring.primary).chain(ring.older).map(Secret::new);
        texts.map(|text| RingKey::derive(&text)).collect::<Result<Vec<_>, _>>().map(Self)
    }

    fn seal(&self, owner: &str, purpose: &str, secret: &Secret, entropy: &dyn Entropy) -> Result<Sealed, Error> {
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

    fn open(&self, owner: &str, purpose: &str, sealed: &Sealed) -> Result<Secret, Error> {
        let bytes = sealed.as_bytes();
        let (header, ciphertext) = bytes.split_at_checked(HEADER_LEN).ok_or_else(|| unusable("A sealed secret is cut short."))?;
        if header[0] != VERSION {
            return Err(unusable("A sealed secret has a form that this version does not know."));
        }
        let (id, nonce) = header[1..].split_at(KEY_ID_LEN);
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| {
            unusable(&format!(
                "The keyring does not hold the key {} that sealed this. Put that key back, under \"older\" if there is a new one; nothing was changed.",
                hex(id)
            ))
        })?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unusable("A sealed secret is cut short."))?;
        let mut text = ciphertext.to_vec();
        let opened = key
            .for_owner(owner)?
            .open_in_place(nonce, Aad::from(associated(owner, purpose)), &mut text)
            .map_err(|_| unusable("A sealed secret does not open here: it was changed, or it belongs to another row."))?;
        String::from_utf8(opened.to_vec()).map(Secret::new).map_err(|_| unusable("A sealed secret is not text."))
    }
}

impl RingKey {
    fn derive(text: &Secret) -> Result<Self, Error> {
        if text.expose().len() < KEY_TEXT_SHORTEST {
            return Err(unusable("A key of the keyring is too short: it must be a random text of at least 43 characters."));
        }
        let prk = Salt::new(HKDF_SHA256, b"counterfoil keyring").extract(text.expose().as_bytes());
        let mut id = [0; KEY_ID_LEN];
        fill(&prk, &[b"key id"], &mut id)?;
        Ok(Self { id, prk })
    }

    fn for_owner(&self, owner: &str) -> Result<LessSafeKey, Error> {
        let mut key = [0; 32];
        fill(&self.prk, &[b"seal", owner.as_bytes()], &mut key)?;
        let unbound = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| unusable("A key could not be derived."))?;
        Ok(LessSafeKey::new(unbound))
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn fill(prk: &Prk, info: &[&[u8]], out: &mut [u8]) -> Result<(), Error> {
    let filled = prk.expand(info, Length(out.len())).and_then(|okm| okm.fill(out));
    filled.map_err(|_| unusable("A key could not be derived."))
}

fn associated(owner: &str, purpose: &str) -> Vec<u8> {
    [purpose.as_bytes(), &[0], owner.as_bytes()].concat()
}

fn unusable(message: &str) -> Error {
    Error::Misconfigured { code: "keyring_unusable", message: message.to_owned() }
}

/// The sealer of a process: the keyring is read when it is first needed.
pub struct KeyringSealer {
    source: Arc<SecretSource>,
    entropy: Arc<dyn Entropy>,
}

impl KeyringSealer {
    /// A sealer with the keyring from that source.
    pub fn new(source: Arc<SecretSource>, entropy: Arc<dyn Entropy>) -> Self {
        Self { source, entropy }
    }

    async fn keyring(&self) -> Result<Keyring, Error> {
        Keyring::parse(&self.source.get().await?)
    }
}

#[async_trait]
impl Sealer for KeyringSealer {
    async fn seal(&self, owner: &str, purpose: &'static str, secret: &Secret) -> Result<Sealed, Error> {
        self.keyring().await?.seal(owner, purpose, secret, self.entropy.as_ref())
    }

    async fn open(&self, owner: &str, purpose: &'static str, sealed: &Sealed) -> Result<Secret, Error> {
        self.keyring().await?.open(owner, purpose, sealed)
    }

    async fn check(&self) -> Result<(), Error> {
        self.keyring().await.map(|_| ())
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

    fn refusal(result: Result<Secret, Error>) -> String {
        result.err().expect("must not open").to_string()
    }

    #[test]
    fn s6_what_was_sealed_opens_for_its_owner_and_purpose_alone() {
        let ring = old_ring();
        let sealed = seal(&ring, "a");
        assert!(ring.open("a", "access_token", &sealed).is_ok_and(|secret| secret.expose() == "canary"));
        assert!(refusal(ring.open("b", "access_token", &sealed)).contains("another row"));
        assert!(refusal(ring.open("a", "refresh_token", &sealed)).contains("another row"));
        assert!(!hex(sealed.as_bytes()).contains(&hex(b"canary")));
    }

    #[test]
    fn s6_an_older_key_opens_and_the_primary_seals() {
        let sealed = seal(&old_ring(), "a");
        let rotated = ring(&format!(r#"{{"primary":"{NEW}","older":["{OLD}"]}}"#));
        assert!(rotated.open("a", "access_token", &sealed).is_ok());
        assert!(refusal(old_ring().open("a", "access_token", &seal(&rotated, "a"))).contains("does not hold the key"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
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
    fn a_bad_keyring_is_refused_without_a_word_of_it() {
        for bad in ["", "{}", r#"{"primary":"short-canary"}"#, r#"["canary"]"#, r#"{"primary":"x","canary":1}"#] {
            let error = Keyring::parse(&Secret::new(bad)).err().expect(bad).to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
