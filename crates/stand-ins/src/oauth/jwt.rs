//! Tokens in the form of JWTs (RFC 7519), with readable parts and an invalid signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::random;

/// The length of an RS256 signature in bytes.
const SIGNATURE_BYTES: usize = 256;

/// A token with these claims.
pub(crate) fn signed_by_no_one(claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "kid": "stand-in", "typ": "JWT" });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&header), part(claims), random::base64url(SIGNATURE_BYTES))
}
