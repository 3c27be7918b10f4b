//! Signatures of requests, by Standard Webhooks (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::signing_key;
use jiff::Timestamp;

/// The header `webhook-signature`: a signature for each secret, in their order, separated by spaces. `at` is signed to the second.
///
/// `None` without a secret, and if one is not `whsec_` and base64.
pub(crate) fn sign(secrets: &[Secret], id: &str, at: Timestamp, body: &str) -> Option<String> {
    let signed = format!("{id}.{}.{body}", at.as_second());
    let signature = |secret| {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &signing_key(secret)?), signed.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(tag)))
    };
    let signatures = secrets.iter().map(signature).collect::<Option<Vec<_>>>()?;
    (!signatures.is_empty()).then(|| signatures.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn signed(secrets: &[&str]) -> Option<String> {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        let at = Timestamp::constant(1_614_265_330, 999_999_999);
        sign(&secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#)
    }

    #[test]
    fn w1_a_signature_equals_the_reference_vector() {
        assert_eq!(signed(&[SECRET]).as_deref(), Some(SIGNATURE));
    }

    #[test]
    fn w2_each_secret_signs_in_their_order() {
        let newer = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let [first, second] = [signed(&[newer]), signed(&[SECRET])].map(|signature| signature.expect("a signature"));
        assert_ne!(first, second);
        assert_eq!(signed(&[newer, SECRET]), Some(format!("{first} {second}")));
    }

    #[test]
    fn a_malformed_secret_gives_no_signature() {
        assert_eq!(signed(&[]), None);
        for malformed in ["", "whsec_", "whsec_*", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(signed(&[SECRET, malformed]), None, "{malformed}");
        }
    }
}
