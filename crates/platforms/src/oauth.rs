//! Token requests, and the one table of what their answers mean (R-8). Bodies are never logged: status, length and the
//! platform's own name for the request are (T-2).
//!
//! The request is a form and a header, and the answers are where platforms differ: errors inside a 200, throttling inside a
//! 400, expiries by other names. So this is read here, with bounds, and not by a general OAuth client.

use std::time::Duration;

use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::time::later;
use counterfoil_core::port::platform::TokenFailure;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::Deserialize;

use crate::http::{Answer, NoAnswer, send};
use crate::vendor::Rules;

/// A platform's words for what went wrong.
pub(crate) struct Words {
    /// The code or the refresh token is no good.
    pub(crate) refused: &'static [&'static str],
    /// Our own credentials are wrong.
    pub(crate) client_refused: &'static [&'static str],
    /// Too many requests, by a word instead of a status: come back after that time.
    pub(crate) throttled: Option<(&'static str, Duration)>,
    /// Whether they also come with HTTP 200.
    pub(crate) in_success: bool,
}

/// As RFC 6749 has them.
pub(crate) const STANDARD_WORDS: Words = Words {
    refused: &["invalid_grant"],
    client_refused: &["invalid_client", "unauthorized_client"],
    throttled: None,
    in_success: false,
};

/// A token answer as RFC 6749 and the platforms have it; what is not listed is ignored.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: Option<u64>,
    pub(crate) x_refresh_token_expires_in: Option<u64>,
    pub(crate) x_refresh_token_hard_expires_in: Option<u64>,
    pub(crate) scope: Option<String>,
    /// When the token was made, in seconds since 1970 (`FreshBooks`).
    pub(crate) created_at: Option<i64>,
    /// The API of the grant's data centre (Zoho).
    pub(crate) api_domain: Option<String>,
}

/// A grant ends no later than that after its consent (Intuit's blog, "Important changes to refresh token policy").
const HARD_LIFE: Duration = Duration::from_secs(5 * 365 * 86_400);

impl TokenAnswer {
    /// The grant that it brings. Times count from the request's start unless the answer says when the token was made (R-11).
    pub(crate) fn into_grant(self, rules: &Rules, region: Option<String>, sent_at: Timestamp) -> Grant {
        let life = lifetime(self.expires_in, rules.access_token_life);
        let issued_at = made_at(self.created_at, life, sent_at);
        let unused = rules.refresh_token_life.map(|default| lifetime(self.x_refresh_token_expires_in, default));
        let hard = self.x_refresh_token_hard_expires_in.map(|seconds| lifetime(Some(seconds), HARD_LIFE));
        let is_between = |c: char| c == ',' || c.is_whitespace();
        let scopes = |scope: String| scope.split(is_between).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        Grant {
            access_token: Secret::new(self.access_token),
            refresh_token: self.refresh_token.map(Secret::new),
            issued_at,
            access_token_expires_at: later(issued_at, life),
            refresh_token_expires_at: unused.map(|life| later(sent_at, life)),
            hard_expires_at: hard.map(|life| later(sent_at, life)),
            scopes: self.scope.map(scopes),
            region,
        }
    }
}

/// When a token was made: what the platform says, unless its clock is ahead of ours or the token would be over already.
fn made_at(created_at: Option<i64>, life: Duration, sent_at: Timestamp) -> Timestamp {
    let said = created_at.and_then(|seconds| Timestamp::from_second(seconds).ok());
    said.filter(|said| *said <= sent_at && later(*said, life) > sent_at).unwrap_or(sent_at)
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

/// A token longer than this is no token.
const TOKEN_LONGEST: usize = 16 * 1024;

/// Sends a token request and reads its answer.
pub(crate) async fn request_token(request: RequestBuilder, rules: &Rules) -> Result<TokenAnswer, TokenFailure> {
    let result = send(request, rules.trace).await;
    match &result {
        Ok(answer) => {
            tracing::info!(status = answer.status.as_u16(), bytes = answer.body.len(), trace = answer.trace, "token answer");
        }
        Err(failure) => tracing::warn!(?failure, "no token answer"),
    }
    match result {
        Ok(answer) => meaning(&answer, &rules.words),
        Err(NoAnswer::NotSent) => Err(TokenFailure::NotSent),
        Err(NoAnswer::Lost) => Err(TokenFailure::NoAnswer),
        Err(NoAnswer::TooLarge(status)) => Err(TokenFailure::Broken { status: status.as_u16() }),
    }
}

fn meaning(answer: &Answer, words: &Words) -> Result<TokenAnswer, TokenFailure> {
    let status = answer.status.as_u16();
    let broken = TokenFailure::Broken { status };
    match status {
        200 => match serde_json::from_slice::<TokenAnswer>(&answer.body) {
            Ok(token) if is_token(&token.access_token) && token.refresh_token.as_deref().is_none_or(is_token) => Ok(token),
            _ if words.in_success => Err(refusal(answer, words).unwrap_or(broken)),
            _ => Err(broken),
        },
        429 => Err(TokenFailure::Throttled { retry_after: answer.retry_after }),
        400 | 401 | 403 => Err(refusal(answer, words).unwrap_or(broken)),
        // A gateway gave up waiting: whoever is behind it may still be at it.
        408 | 504 | 522 | 524 => Err(TokenFailure::NoAnswer),
        // It may have acted before it was overloaded.
        503 => Err(answer.retry_after.map_or(broken, |retry_after| TokenFailure::Overloaded { retry_after })),
        _ => Err(broken),
    }
}

/// What the word in an error's body means; `None` where it is none that is known.
fn refusal(answer: &Answer, words: &Words) -> Option<TokenFailure> {
    let code = error_code(&answer.body)?;
    let code = code.as_str();
    match words.throttled {
        _ if words.refused.contains(&code) => Some(TokenFailure::Refused),
        _ if words.client_refused.contains(&code) => Some(TokenFailure::ClientRefused),
        Some((word, pause)) if word == code => {
            Some(TokenFailure::Throttled { retry_after: Some(answer.retry_after.unwrap_or(pause)) })
        }
        _ => None,
    }
}

/// Whether an answer to a revocation means that the token is over: by this request, or before it (RFC 7009, 2.2).
pub(crate) fn is_over(answer: &Answer, rules: &Rules) -> bool {
    let refusal = refusal(answer, &rules.words);
    match answer.status.as_u16() {
        200 | 204 | 400 if refusal == Some(TokenFailure::Refused) => true,
        200 | 204 => !rules.words.in_success || error_code(&answer.body).is_none(),
        400 => rules.revoking.dead_is_400 && refusal.is_none(),
        _ => false,
    }
}

/// The word in an error's body.
fn error_code(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<ErrorAnswer>(body).ok().map(|answer| answer.error)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= TOKEN_LONGEST && text.bytes().all(|b| b.is_ascii_graphic())
}

/// An `expires_in` that can be, else the platform's default.
pub(crate) fn lifetime(seconds: Option<u64>, default: Duration) -> Duration {
    const LONGEST: u64 = 20 * 365 * 86_400;
    seconds.filter(|seconds| (1..=LONGEST).contains(seconds)).map_or(default, Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;
    use crate::quickbooks::Quickbooks;
    use crate::vendor::Vendor as _;
    use crate::xero::Xero;
    use crate::zoho::Zoho;

    fn read(status: u16, body: &str) -> Result<TokenAnswer, TokenFailure> {
        let status = StatusCode::from_u16(status).expect("a status");
        let retry_after = Some(Duration::from_secs(7));
        meaning(&Answer { status, retry_after, trace: String::new(), body: body.as_bytes().to_vec() }, &STANDARD_WORDS)
    }

    fn failure(status: u16, body: &str) -> TokenFailure {
        read(status, body).err().expect("a failure")
    }

    #[test]
    fn t5_an_unknown_token_is_over_and_a_throttled_request_has_told_nobody() {
        let is_over = |rules: &Rules, status: u16, body: &str| {
            let status = StatusCode::from_u16(status).expect("a status");
            super::is_over(&Answer { status, retry_after: None, trace: String::new(), body: body.as_bytes().to_vec() }, rules)
        };
        let [intuit, xero, zoho] = [&Quickbooks::RULES, &Xero::RULES, &Zoho::RULES];
        assert!(is_over(intuit, 200, "") && is_over(intuit, 400, "") && is_over(xero, 200, "") && is_over(zoho, 400, ""));
        assert!(is_over(zoho, 200, r#"{"status":"success"}"#) && is_over(zoho, 200, r#"{"error":"invalid_code"}"#));
        assert!(is_over(xero, 400, r#"{"error":"invalid_grant"}"#), "it need not say 200");
        assert!(!is_over(xero, 400, "") && !is_over(xero, 401, "") && !is_over(xero, 429, "") && !is_over(xero, 503, ""));
        assert!(!is_over(zoho, 400, r#"{"error":"Access Denied"}"#) && !is_over(zoho, 200, r#"{"error":"general_error"}"#));
        assert!(!is_over(intuit, 400, r#"{"error":"invalid_client"}"#));
    }

    #[test]
    fn r8_failures_are_told_apart_by_their_body() {
        let invalid_grant = r#"{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}"#;
        assert_eq!(failure(400, invalid_grant), TokenFailure::Refused);
        assert_eq!(failure(400, r#"{"error_description":"Token invalid","error":"invalid_grant"}"#), TokenFailure::Refused);
        assert_eq!(failure(401, r#"{"error":"invalid_client"}"#), TokenFailure::ClientRefused);
        assert_eq!(failure(400, r#"{"error":"unauthorized_client"}"#), TokenFailure::ClientRefused);
        assert_eq!(failure(503, ""), TokenFailure::Overloaded { retry_after: Duration::from_secs(7) });
        assert_eq!(failure(429, ""), TokenFailure::Throttled { retry_after: Some(Duration::from_secs(7)) });
        for (status, body) in
            [(400, "<html>"), (400, r#"{"error":"invalid_request"}"#), (401, ""), (500, invalid_grant), (302, "")]
        {
            assert_eq!(failure(status, body), TokenFailure::Broken { status }, "{status} {body}");
        }
    }

    #[test]
    fn a7_a_token_answer_without_a_usable_token_is_broken() {
        for body in [
            "",
            "{}",
            "garbage",
            r#"{"access_token":""}"#,
            r#"{"access_token":"a b"}"#,
            r#"{"access_token":"a","refresh_token":""}"#,
        ] {
            assert_eq!(failure(200, body), TokenFailure::Broken { status: 200 }, "{body}");
        }
        assert!(read(200, r#"{"access_token":"a","surplus":[1]}"#).is_ok_and(|token| token.refresh_token.is_none()));
    }

    #[test]
    fn r11_a_token_counts_from_when_it_was_made_if_that_can_be() {
        let at = |seconds| Timestamp::from_second(seconds).expect("in range");
        let made = |created_at| made_at(created_at, Duration::from_secs(3_600), at(10_000));
        assert_eq!(made(None), at(10_000));
        assert_eq!(made(Some(9_000)), at(9_000));
        for absurd in [10_001, 6_400, 0, i64::MAX] {
            assert_eq!(made(Some(absurd)), at(10_000), "{absurd}");
        }
    }

    #[test]
    fn r11_a_missing_or_absurd_lifetime_is_the_default() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(lifetime(None, hour), hour);
        assert_eq!(lifetime(Some(0), hour), hour);
        assert_eq!(lifetime(Some(u64::MAX), hour), hour);
        assert_eq!(lifetime(Some(5), hour), Duration::from_secs(5));
    }
}
