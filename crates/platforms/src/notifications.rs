//! Reads what platforms send when books change. The body is untrusted until its signature is verified, and only ids and types are
//! read from it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::notifications::{Change, Notifications};
use serde_json::Value;

use crate::company::is_id;

/// The form of a platform's notifications. The signature is the base64 of the body's HMAC-SHA256.
pub(crate) struct Form {
    /// The header with the signature, in lower case.
    pub(crate) signature: &'static str,
    /// As `Notifications::read`.
    pub(crate) read: fn(&Value) -> Option<Vec<Change>>,
}

/// The notifications of a platform, and the key that signs them.
pub(crate) struct Signed {
    pub(crate) form: Form,
    pub(crate) key: Secret,
}

impl Notifications for Signed {
    fn signature_header(&self) -> &'static str {
        self.form.signature
    }

    fn is_signed(&self, body: &[u8], signature: &str) -> bool {
        STANDARD.decode(signature).is_ok_and(|tag| self.key.authenticates(body, &tag))
    }

    fn read(&self, body: &[u8]) -> Option<Vec<Change>> {
        // Via a `Value`, because a repeated field would otherwise be an error.
        (self.form.read)(&serde_json::from_slice(body).ok()?)
    }
}

/// A change, if the company has a usable id and an import reads such records.
pub(crate) fn change(company_id: Option<&Value>, kind: Option<SyncKind>) -> Option<Change> {
    let company_id = company_id?.as_str().filter(|id| is_id(id))?.to_owned();
    Some(Change { company_id, kind: kind? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> Signed {
        let form = Form { signature: "signature", read: |body| body.get("ok").map(|_| Vec::new()) };
        Signed { form, key: Secret::new("a-webhook-key") }
    }

    /// The body of Xero's "intent to receive".
    const BODY: &[u8] = br#"{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}"#;
    /// From `openssl dgst -sha256 -hmac a-webhook-key -binary | base64`.
    const SIGNATURE: &str = "tJsBfb+927aqtFTEkebF9l812VFBm7FqS+ShTTfxOVg=";

    #[test]
    fn w11_a_signature_of_another_implementation_is_accepted_for_its_own_body_and_key_only() {
        assert!(signed().is_signed(BODY, SIGNATURE));
        assert!(!signed().is_signed(&BODY[1..], SIGNATURE));
        assert!(!signed().is_signed(&[BODY, b" "].concat(), SIGNATURE), "the bytes as they were sent");
        assert!(!Signed { key: Secret::new("another-key"), ..signed() }.is_signed(BODY, SIGNATURE));
        for wrong in ["", "=", "tJsBfb+927aqtFTEkebF9g==", "TJsBfb+927aqtFTEkebF9l812VFBm7FqS+ShTTfxOVg=", "b49b017dbfbddbb6"] {
            assert!(!signed().is_signed(BODY, wrong), "{wrong}");
        }
    }

    #[test]
    fn w11_a_body_that_is_no_json_is_no_notification() {
        for body in ["", "{", "ok", "[1", "{\"ok\":1}}"] {
            assert_eq!(signed().read(body.as_bytes()), None, "{body}");
        }
        assert_eq!(signed().read(br#"{"ok":1,"ok":2}"#), Some(Vec::new()), "the last field of one name counts");
    }
}
