//! Secrets. Their types have no Debug, no Display and no Serialize, so that a log line with a secret does not compile.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

/// A token, code, verifier, client secret or API key in the clear. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value. A review must look at each call.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Its SHA-256, to compare secrets without storing them.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.expose())
    }

    /// Its SHA-256 in base64url: the challenge of a PKCE verifier (RFC 7636, 4.2).
    pub fn s256(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.expose().as_bytes()))
    }

    /// Whether `tag` is the HMAC-SHA256 of the message under this key, compared in constant time (RFC 2104).
    pub fn authenticates(&self, message: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, self.expose().as_bytes()), message, tag).is_ok()
    }
}

/// A SHA-256 in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

const SHORT: usize = 16;

impl Fingerprint {
    /// The fingerprint of a text, or of bytes.
    pub fn of(value: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        let hash = digest::digest(&digest::SHA256, value.as_ref());
        Self(hex(hash.as_ref()))
    }

    /// A fingerprint from the table.
    pub fn stored(hex: String) -> Self {
        Self(hex)
    }

    /// 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 16 hex digits, which identify the value in lists and logs.
    pub fn short(&self) -> &str {
        self.0.get(..SHORT).unwrap_or(&self.0)
    }

    /// Whether a text has the form of [`Self::short`].
    pub(crate) fn is_short(text: &str) -> bool {
        text.len() == SHORT && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Compares two fingerprints in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }

    /// A number that spreads evenly.
    pub(crate) fn number(&self) -> u32 {
        self.0.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// A number from 0 to `shards - 1` that spreads evenly.
    pub fn shard(&self, shards: u8) -> u8 {
        let byte = u8::from_str_radix(self.0.get(..2).unwrap_or("0"), 16).unwrap_or(0);
        byte % shards
    }
}

/// A sealed secret: ciphertext that only the keyring opens, and only for the owner and the purpose that it was sealed for.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Wraps stored ciphertext.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The ciphertext.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    static_assertions::assert_not_impl_any!(Secret: std::fmt::Debug, std::fmt::Display, serde::Serialize);
    static_assertions::assert_not_impl_any!(Sealed: std::fmt::Debug, std::fmt::Display, serde::Serialize);

    #[test]
    fn o7_the_challenge_equals_the_example_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(verifier.s256(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_tag_equals_the_example_of_the_rfc_and_no_other_counts() {
        // RFC 4231, test case 2.
        let (key, message) = (Secret::new("Jefe"), b"what do ya want for nothing?");
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let digits = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"));
        let tag: Vec<u8> = digits.collect();
        assert!(key.authenticates(message, &tag));
        assert!(!key.authenticates(message, &tag[..31]) && !key.authenticates(message, &[]));
        assert!(!key.authenticates(b"what do ya want for nothing", &tag));
        assert!(!Secret::new("jefe").authenticates(message, &tag));
    }

    #[test]
    fn a_fingerprint_is_the_sha_256_of_the_value() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Secret::new("abc").fingerprint().as_str(), expected);
        assert!(Fingerprint::of("abc").matches(&Fingerprint::stored(expected.to_owned())));
        assert!(!Fingerprint::of("abd").matches(&Fingerprint::of("abc")));
        assert_eq!(Fingerprint::of("abc").shard(16), 0xba % 16);
    }
}
