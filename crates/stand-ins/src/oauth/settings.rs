//! The rules that a test can bend while the stand-in runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::temper::Temper;
use crate::books::traffic::Allowed;
use crate::fault::MAX_DELAY_MS;

/// The longest life of an access token that can be set: a day.
const MAX_ACCESS_TOKEN_SECONDS: u32 = 86_400;

/// What the control route `settings` shows and takes; it begins with the platform's own rules.
///
/// The route also takes `temper`, the name of a [`Temper`]: it sets the fields of that preset, and the fields beside it
/// are put over them. What else a platform can do to a refresh is a [fault](crate::fault): `status_after_rotating` and
/// `answer_lost_after_rotating` for an answer that never comes, `slow` (or `token_delay_ms`) for one that comes late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches that a test turns one by one")]
pub struct Settings {
    /// The life of an access token, in seconds: 1 to 86,400.
    pub access_token_seconds: u32,
    /// How old, in seconds, an access token is when it is given: its life is so much shorter than `expires_in` says, and
    /// less than that. At `FreshBooks` `created_at` tells, where a refresh was seen to keep an older one.
    pub access_token_age_seconds: u32,
    /// From which age on, in seconds, a refresh token's value is replaced when it is used: 0 for every use, `null` for
    /// never.
    pub rotate_after_seconds: Option<u32>,
    /// How long, in seconds, a refresh token that was replaced still gets the answer that it got when it was replaced:
    /// the same refresh token and, while that is good, the same access token.
    pub grace_seconds: u32,
    /// How long every answer of the token endpoint is held back, in milliseconds: at most 120,000.
    pub token_delay_ms: u32,
    /// Whether a refresh token that was replaced ends its grant when it is presented again, after the grace.
    pub revoke_on_reuse: bool,
    /// Whether a refresh token that is presented while another request with it is in flight ends its grant; where not,
    /// it is answered as if it came after that one.
    pub revoke_on_race: bool,
    /// Whether revoking a token ends every grant of its holder's (at QuickBooks a company, elsewhere a user), not only the
    /// token's own.
    pub revoke_ends_company: bool,
    /// Whether the API refuses to tell of companies, for want of permission.
    pub company_info_denied: bool,
    /// The scopes granted at consent, space separated; `null`: those asked for. Where they differ from those asked
    /// for, the token answers carry `scope`.
    pub granted_scope: Option<String>,
    /// How many refreshes of one grant are answered in ten minutes; `null`: all.
    pub refreshes_per_ten_minutes: Option<u32>,
    /// How many grants one user can give in a minute; `null`: any number.
    pub grants_per_minute: Option<u32>,
    /// How many refresh tokens of one user live at once: at least 1, one more deletes the oldest; `null`: any number.
    pub refresh_tokens_per_user: Option<u32>,
    /// How many access tokens of one grant live at once: at least 1, one more deletes the oldest; `null`: any number.
    pub access_tokens_per_grant: Option<u32>,
    /// How many requests for records of one company are answered in a second; `null`: all.
    pub requests_per_second: Option<u32>,
    /// How many requests for records of one company are answered in a minute of the clock; `null`: all.
    pub requests_per_minute: Option<u32>,
    /// How many requests for records of one company are answered in a day, which begins at midnight UTC; `null`: all.
    pub requests_per_day: Option<u32>,
    /// How many requests for records of one company are under way at once; `null`: any number.
    pub concurrent_requests: Option<u32>,
    /// How many requests for records of all companies are answered in a minute of the clock; `null`: all.
    pub app_requests_per_minute: Option<u32>,
    /// Whether filters and orders work that no document confirms: at QuickBooks `PaymentType`, at Zoho the order of vendor
    /// payments by `last_modified_time`, at `FreshBooks` searching bill payments.
    pub unconfirmed_filters: bool,
}

/// Why the settings stayed as they were.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadSettings {
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    #[error("access_token_seconds must be between 1 and {MAX_ACCESS_TOKEN_SECONDS}")]
    AccessTokenSeconds,
    #[error("access_token_age_seconds must be less than access_token_seconds")]
    AccessTokenAge,
    #[error("refresh_tokens_per_user and access_tokens_per_grant must be at least 1, or null")]
    NoTokens,
    #[error("token_delay_ms must be at most {MAX_DELAY_MS}")]
    TokenDelay,
}

/// Intuit's rules; another platform's are in its own module.
impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_seconds: 3600,
            access_token_age_seconds: 0,
            rotate_after_seconds: Some(86_400),
            grace_seconds: 0,
            token_delay_ms: 0,
            revoke_on_reuse: true,
            revoke_on_race: true,
            revoke_ends_company: true,
            company_info_denied: false,
            granted_scope: None,
            refreshes_per_ten_minutes: None,
            grants_per_minute: None,
            refresh_tokens_per_user: None,
            access_tokens_per_grant: None,
            // The current page says ten requests in a second, an older one ten at once [Intuit, "API call limits and throttles"].
            requests_per_second: None,
            requests_per_minute: Some(500),
            requests_per_day: None,
            concurrent_requests: Some(10),
            app_requests_per_minute: None,
            unconfirmed_filters: true,
        }
    }
}

impl Settings {
    /// How many requests for records are answered.
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed {
            per_second: self.requests_per_second,
            per_minute: self.requests_per_minute,
            per_day: self.requests_per_day,
            app_per_minute: self.app_requests_per_minute,
            at_once: self.concurrent_requests,
        }
    }

    /// These settings with `changes` put over them: first the temper, then the other fields.
    pub(crate) fn with(&self, mut changes: Map<String, Value>) -> Result<Self, BadSettings> {
        let mut base = self.clone();
        if let Some(temper) = changes.remove("temper") {
            serde_json::from_value::<Temper>(temper)?.apply_to(&mut base);
        }
        let mut merged = serde_json::to_value(base)?;
        if let Some(fields) = merged.as_object_mut() {
            fields.extend(changes);
        }
        let settings: Self = serde_json::from_value(merged)?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether they are within their bounds.
    pub(crate) fn check(&self) -> Result<(), BadSettings> {
        if !(1..=MAX_ACCESS_TOKEN_SECONDS).contains(&self.access_token_seconds) {
            Err(BadSettings::AccessTokenSeconds)
        } else if self.access_token_age_seconds >= self.access_token_seconds {
            Err(BadSettings::AccessTokenAge)
        } else if self.token_delay_ms > MAX_DELAY_MS {
            Err(BadSettings::TokenDelay)
        } else if self.refresh_tokens_per_user == Some(0) || self.access_tokens_per_grant == Some(0) {
            Err(BadSettings::NoTokens)
        } else {
            Ok(())
        }
    }

    pub(crate) fn token_delay(&self) -> Duration {
        Duration::from_millis(self.token_delay_ms.into())
    }
}
