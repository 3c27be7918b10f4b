//! The settings that a test can change while the stand-in runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::rotation_policy::RotationPolicy;
use crate::books::traffic::Allowed;
use crate::fault::MAX_DELAY_MS;

/// The longest life of an access token, in seconds: a day.
const MAX_ACCESS_TOKEN_SECONDS: u32 = 86_400;

/// The settings, as the control route shows and takes them. The first ones are the platform's own rules.
///
/// The route also takes `rotation`, the name of a [`RotationPolicy`]: it sets the fields of that preset, and the other fields of the body override
/// them. Other behaviours of a refresh are [faults](crate::fault): `status_after_rotating` and `answer_lost_after_rotating` for an answer
/// that never arrives, `slow` (or `token_delay_ms`) for one that arrives late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches that a test turns one by one")]
pub struct Settings {
    /// The life of an access token, in seconds: 1 to 86,400.
    pub access_token_seconds: u32,
    /// The age of a new access token, in seconds, less than `access_token_seconds`: its remaining life is shorter than `expires_in` by
    /// this. `FreshBooks` was seen to answer an older token at a refresh, and names its age in `created_at`.
    pub access_token_age_seconds: u32,
    /// The age in seconds from which on a refresh token is replaced when it is used: 0 for every use, `null` for never.
    pub rotate_after_seconds: Option<u32>,
    /// How long, in seconds, a replaced refresh token still gets the answer that replaced it: the same refresh token and, while that is valid,
    /// the same access token.
    pub grace_seconds: u32,
    /// The delay of every answer of the token endpoint, in milliseconds: at most 120,000.
    pub token_delay_ms: u32,
    /// Whether a replaced refresh token ends its grant when it is presented after the grace period.
    pub revoke_on_reuse: bool,
    /// Whether a refresh token that is presented while another request with it is under way ends its grant. If not, it is answered as if it came
    /// after that request.
    pub revoke_on_race: bool,
    /// Whether revoking a token ends every grant of its holder (at QuickBooks a company, elsewhere a user), and not only its own.
    pub revoke_ends_company: bool,
    /// Whether the API refuses requests for companies because of a missing permission.
    pub company_info_denied: bool,
    /// The scopes that a consent grants, separated by spaces; `null` for the requested ones. If they differ, the token answers have `scope`.
    pub granted_scope: Option<String>,
    /// The number of refreshes of one grant that are answered in ten minutes; `null` for all.
    pub refreshes_per_ten_minutes: Option<u32>,
    /// The number of grants that one user can give in a minute; `null` for no limit.
    pub grants_per_minute: Option<u32>,
    /// The number of valid refresh tokens of one user: at least 1. One more deletes the oldest. `null` for no limit.
    pub refresh_tokens_per_user: Option<u32>,
    /// The number of valid access tokens of one grant: at least 1. One more deletes the oldest. `null` for no limit.
    pub access_tokens_per_grant: Option<u32>,
    /// The number of requests for records of one company that are answered in a second; `null` for all.
    pub requests_per_second: Option<u32>,
    /// The number of requests for records of one company that are answered in a minute of the clock; `null` for all.
    pub requests_per_minute: Option<u32>,
    /// The number of requests for records of one company that are answered in a day, which begins at midnight UTC; `null` for all.
    pub requests_per_day: Option<u32>,
    /// The number of concurrent requests for records of one company; `null` for no limit.
    pub concurrent_requests: Option<u32>,
    /// The number of requests for records of all companies that are answered in a minute of the clock; `null` for all.
    pub app_requests_per_minute: Option<u32>,
    /// Whether filters and orders work that are not documented: at QuickBooks `PaymentType`, at Zoho the order of vendor payments by
    /// `last_modified_time`, at `FreshBooks` the search of bill payments.
    pub unconfirmed_filters: bool,
}

/// Why new settings were refused.
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

/// The rules of Intuit. The other platforms' are in their own modules.
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
    /// The limits on requests for records.
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed {
            per_second: self.requests_per_second,
            per_minute: self.requests_per_minute,
            per_day: self.requests_per_day,
            app_per_minute: self.app_requests_per_minute,
            at_once: self.concurrent_requests,
        }
    }

    /// These settings with `changes` applied: first the preset, then the other fields.
    pub(crate) fn with(&self, mut changes: Map<String, Value>) -> Result<Self, BadSettings> {
        let mut base = self.clone();
        if let Some(policy) = changes.remove("rotation") {
            serde_json::from_value::<RotationPolicy>(policy)?.apply_to(&mut base);
        }
        let mut merged = serde_json::to_value(base)?;
        if let Some(fields) = merged.as_object_mut() {
            fields.extend(changes);
        }
        let settings: Self = serde_json::from_value(merged)?;
        settings.check()?;
        Ok(settings)
    }

    /// Checks that the settings are within their bounds.
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
