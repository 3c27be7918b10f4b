//! The source of randomness: strings in the alphabets of the platforms' codes and tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// `bytes` random bytes in base64url without padding.
pub(crate) fn base64url(bytes: usize) -> String {
    URL_SAFE_NO_PAD.encode(random_bytes(bytes))
}

/// `length` letters and digits, about 5.9 bits each. The first letters are slightly more frequent, which does not matter here.
pub(crate) fn alphanumeric(length: usize) -> String {
    in_alphabet(length, ALPHANUMERIC)
}

/// `length` lower-case hexadecimal digits.
pub(crate) fn hex(length: usize) -> String {
    in_alphabet(length, HEX)
}

fn in_alphabet(length: usize, alphabet: &[u8]) -> String {
    random_bytes(length).into_iter().map(|byte| char::from(alphabet[usize::from(byte) % alphabet.len()])).collect()
}

fn random_bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has randomness");
    bytes
}

/// A version 4 UUID (RFC 9562).
pub(crate) fn uuid() -> String {
    let digits = hex(30);
    format!("{}-{}-4{}-a{}-{}", &digits[..8], &digits[8..12], &digits[12..15], &digits[15..18], &digits[18..])
}
