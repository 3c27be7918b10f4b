//! Authorization codes: one use, ten minutes, bound to the keys and the redirect URI they were made for.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::environment::Environment;
use super::grant::{Consent, GrantId};
use crate::random;

/// The life of a code [two set-up guides; Intuit itself names none].
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// The most codes that can be alive at once.
const MAX_CODES: usize = 10_000;

/// The codes that are not yet out of date, the used ones too: only so is a second use told from a made-up code.
#[derive(Default)]
pub(super) struct Codes(HashMap<String, Code>);

struct Code {
    redirect_uri: String,
    consent: Consent,
    expires_at: Timestamp,
    used_for: Option<GrantId>,
}

/// What a code that was presented turned out to be.
pub(super) enum Presented<'a> {
    /// Unknown, out of date, or made for other keys or another redirect URI.
    Wrong,
    /// Good; `used_for` is to be set to the grant that it gives.
    Fresh { consent: Consent, used_for: &'a mut Option<GrantId> },
    /// Good once, and used for that grant.
    Used(GrantId),
}

impl Codes {
    /// A new code for what the user agreed to; `None` where too many are alive.
    pub(super) fn issue(&mut self, consent: Consent, redirect_uri: &str, now: Timestamp) -> Option<String> {
        self.0.retain(|_, code| now < code.expires_at);
        if self.0.len() >= MAX_CODES {
            return None;
        }
        let value = format!("XAB1{}", random::alphanumeric(46));
        let code = Code { redirect_uri: redirect_uri.to_owned(), consent, expires_at: now + CODE_LIFE, used_for: None };
        self.0.insert(value.clone(), code);
        Some(value)
    }

    pub(super) fn present(&mut self, value: &str, environment: Environment, redirect_uri: &str, now: Timestamp) -> Presented<'_> {
        match self.0.get_mut(value) {
            Some(code)
                if now < code.expires_at && code.consent.environment == environment && code.redirect_uri == redirect_uri =>
            {
                match code.used_for {
                    Some(grant) => Presented::Used(grant),
                    None => Presented::Fresh { consent: code.consent.clone(), used_for: &mut code.used_for },
                }
            }
            _ => Presented::Wrong,
        }
    }
}
