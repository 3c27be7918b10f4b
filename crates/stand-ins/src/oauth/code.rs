//! Authorization codes. Each works once, for minutes, and belongs to the client, the redirect URI and the PKCE challenge of its consent.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::authorize::AuthorizeRequest;
use super::grant::{Consent, GrantId};
use super::refusal::Refusal;

/// The largest number of codes that are valid at once.
const MAX_CODES: usize = 10_000;

/// The codes that have not expired, including used ones, so that a second use differs from an unknown code.
#[derive(Default)]
pub(super) struct Codes(HashMap<String, Code>);

struct Code {
    redirect_uri: String,
    challenge: Option<String>,
    consent: Consent,
    expires_at: Timestamp,
    used_for: Option<GrantId>,
}

/// The parameters of an exchange.
pub(crate) struct Exchange {
    pub(crate) keys: &'static str,
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    pub(crate) verifier: Option<String>,
}

/// A code that matches its request.
pub(super) enum Presented<'a> {
    /// The code was not used. `used_for` must be set to the grant that it gives.
    Fresh { consent: Consent, used_for: &'a mut Option<GrantId> },
    /// The code was used for this grant.
    Used(GrantId),
}

impl Codes {
    /// Makes a code for a consent; `None` if there are too many.
    pub(super) fn issue(
        &mut self,
        value: String,
        consent: Consent,
        ask: &AuthorizeRequest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Option<String> {
        self.0.retain(|_, code| now < code.expires_at);
        if self.0.len() >= MAX_CODES {
            return None;
        }
        let (redirect_uri, challenge) = (ask.redirect_uri_text.clone(), ask.challenge.clone());
        self.0.insert(value.clone(), Code { redirect_uri, challenge, consent, expires_at, used_for: None });
        Some(value)
    }

    pub(super) fn present(&mut self, exchange: &Exchange, now: Timestamp) -> Result<Presented<'_>, Refusal> {
        let code = self.0.get_mut(&exchange.code).ok_or(Refusal::DeadCode)?;
        if code.expires_at <= now || code.consent.keys != exchange.keys {
            return Err(Refusal::DeadCode);
        }
        if code.redirect_uri != exchange.redirect_uri {
            return Err(Refusal::OtherRedirectUri);
        }
        if !fits(code.challenge.as_deref(), exchange.verifier.as_deref()) {
            return Err(Refusal::DeadCode);
        }
        Ok(match code.used_for {
            Some(grant) => Presented::Used(grant),
            None => Presented::Fresh { consent: code.consent.clone(), used_for: &mut code.used_for },
        })
    }
}

/// Whether the verifier matches the challenge (RFC 7636, section 4.6). Both must be there, or neither.
fn fits(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    let hashed = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())));
    challenge == hashed.as_deref()
}
