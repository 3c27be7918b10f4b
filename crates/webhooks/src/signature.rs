//! Signatures of requests, by Standard Webhooks (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::SECRET_PREFIX;
use jiff::Timestamp;

/// The header `webhook-signature`: a signature for each secret, in their order, separated by spaces. `at` is signed to the second.
///
/// A secret that is not `whsec_` and base64 gives no signature.
pub(crate) fn sign(secrets: &[Secret], id: &str, at: Timestamp, body: &str) -> String {
    let signed = format!("{id}.{}.{body}", at.as_second());
    let signatures = secrets.iter().filter_map(key).map(|key| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    });
    signatures.collect::<Vec<_>>().join(" ")
}

fn key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().strip_prefix(SECRET_PREFIX)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn signed(secrets: &[&str]) -> String {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        let at = Timestamp::constant(1_614_265_330, 999_999_999);
        sign(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#)
    }

    #[test]
    fn w1_a_signature_equals_the_reference_vector() {
        assert_eq!(signed(&[SECRET]), SIGNATURE);
    }

    #[test]
    fn w2_each_secret_signs_in_their_order() {
        let newer = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let [first, second] = [signed(&[newer]), signed(&[SECRET])];
        assert_ne!(first, second);
        assert_eq!(signed(&[newer, SECRET]), format!("{first} {second}"));
    }

    #[test]
    fn a_malformed_secret_gives_no_signature() {
        assert_eq!(signed(&["", "whsec_*", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SECRET]), SIGNATURE);
    }
}
