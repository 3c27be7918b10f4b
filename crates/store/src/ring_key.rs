//! A key of the keyring, and the keys that are derived from it.

use aws_lc_rs::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use counterfoil_core::model::secret::{Secret, hex};
use counterfoil_core::{Error, Misconfiguration};

pub(crate) struct RingKey {
    pub(crate) id: [u8; KEY_ID_LEN],
    pub(crate) prk: Prk,
}

impl RingKey {
    pub(crate) fn id(&self) -> String {
        hex(&self.id)
    }

    pub(crate) fn derive(text: &Secret) -> Result<Self, Error> {
        if text.expose().len() < KEY_TEXT_SHORTEST {
            return Err(unusable("A key of the keyring is too short: it must be a random text of at least 43 characters."));
        }
        let prk = Salt::new(HKDF_SHA256, b"counterfoil keyring").extract(text.expose().as_bytes());
        let mut id = [0; KEY_ID_LEN];
        fill(&prk, &[b"key id"], &mut id)?;
        Ok(Self { id, prk })
    }

    pub(crate) fn for_owner(&self, owner: &str) -> Result<LessSafeKey, Error> {
        let mut key = [0; 32];
        fill(&self.prk, &[b"seal", owner.as_bytes()], &mut key)?;
        let unbound = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| unusable("A key could not be derived."))?;
        Ok(LessSafeKey::new(unbound))
    }
}

pub(crate) const KEY_ID_LEN: usize = 8;

/// The shortest text of a key: 43 letters and digits have 256 bits.
pub(crate) const KEY_TEXT_SHORTEST: usize = 43;

pub(crate) struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

pub(crate) fn fill(prk: &Prk, info: &[&[u8]], out: &mut [u8]) -> Result<(), Error> {
    let filled = prk.expand(info, Length(out.len())).and_then(|okm| okm.fill(out));
    filled.map_err(|_| unusable("A key could not be derived."))
}

pub(crate) fn unusable(message: &str) -> Error {
    Error::Misconfigured { what: Misconfiguration::KeyringUnusable, message: message.to_owned() }
}
