//! The text of a keyring, as an operator changes it. The first key seals.

use counterfoil_core::Error;
use counterfoil_core::model::secret::{Secret, hex};
use counterfoil_core::port::entropy::Entropy;
use serde::{Deserialize, Serialize};

use crate::ring_key::RingKey;
use crate::ring_key::unusable;

/// `{"primary": "…", "older": ["…"]}`. Fields of later versions are dropped.
pub struct KeyringText {
    keys: Vec<Secret>,
    ids: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Form {
    primary: String,
    #[serde(default)]
    older: Vec<String>,
}

impl KeyringText {
    /// Parses a keyring. Each key is a random text of at least 43 characters.
    ///
    /// # Errors
    /// `Misconfigured`. The message repeats nothing of the text.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let form: Form = serde_json::from_str(text.expose())
            .map_err(|_| unusable("The keyring is not of the form {\"primary\": \"…\", \"older\": [\"…\"]}."))?;
        Self::of(std::iter::once(form.primary).chain(form.older).map(Secret::new).collect())
    }

    fn of(keys: Vec<Secret>) -> Result<Self, Error> {
        let ids = keys.iter().map(|key| RingKey::derive(key).map(|key| key.id())).collect::<Result<_, _>>()?;
        Ok(Self { keys, ids })
    }

    /// A new key of 256 random bits.
    pub fn new_key(entropy: &dyn Entropy) -> Secret {
        let mut random = [0; 32];
        entropy.fill(&mut random);
        Secret::new(hex(&random))
    }

    /// The id of each key, in hex. The first key seals.
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    pub(crate) fn keys(&self) -> &[Secret] {
        &self.keys
    }

    /// This keyring with one more key, which only opens.
    ///
    /// # Errors
    /// `Misconfigured` if the key is too short.
    pub fn adding(&self, key: Secret) -> Result<Self, Error> {
        Self::of(self.keys.iter().cloned().chain([key]).collect())
    }

    /// This keyring with the key of this id as the primary one; `None` if it does not have the key.
    pub fn promoting(&self, id: &str) -> Option<Self> {
        let place = self.ids.iter().position(|known| known == id)?;
        let order = || std::iter::once(place).chain((0..self.ids.len()).filter(|other| *other != place));
        let (keys, ids) = (order().map(|at| self.keys[at].clone()).collect(), order().map(|at| self.ids[at].clone()).collect());
        Some(Self { keys, ids })
    }

    /// The keyring as text.
    pub fn text(&self) -> Secret {
        let texts: Vec<String> = self.keys.iter().map(|key| key.expose().to_owned()).collect();
        let (primary, older) = texts.split_first().map(|(first, rest)| (first.clone(), rest.to_vec())).unwrap_or_default();
        Secret::new(serde_json::to_string(&Form { primary, older }).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_core::port::entropy::SystemEntropy;

    use super::*;

    #[test]
    fn a_key_is_added_behind_the_others_and_promoted_before_them() {
        let old = KeyringText::of(vec![KeyringText::new_key(&SystemEntropy)]).expect("a key");
        let added = old.adding(KeyringText::new_key(&SystemEntropy)).expect("a key");
        let [primary, new] = added.ids() else { panic!("two keys") };
        assert_eq!(*primary, old.ids()[0]);
        let promoted = added.promoting(new).expect("it is there");
        assert_eq!(promoted.ids(), [new.clone(), primary.clone()]);
        assert_eq!(KeyringText::parse(&promoted.text()).expect("its own text").ids(), promoted.ids());
        assert!(added.promoting("0000000000000000").is_none());
    }

    #[test]
    fn an_unknown_field_does_not_lose_the_keys() {
        let key = "a-key-of-forty-three-characters-or-more-1234567";
        assert!(KeyringText::parse(&Secret::new(format!(r#"{{"primary":"{key}","made_at":1}}"#))).is_ok());
    }
}
