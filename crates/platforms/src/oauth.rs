//! Token requests, and the one table of what their answers mean (R-8). Bodies are never logged: status, length and the
//! platform's own name for the request are (T-2).
//!
//! The request is a form and a header, and the answers are where platforms differ: errors inside a 200, throttling inside a
//! 400, expiries by other names. So this is read here, with bounds, and not by a general OAuth client.

use std::time::Duration;

use counterfoil_core::port::platform::TokenFailure;
use reqwest::RequestBuilder;
use serde::Deserialize;

use crate::http::{Answer, NoAnswer, send};

/// A token answer as RFC 6749 and Intuit have it; what is not listed is ignored.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: Option<u64>,
    pub(crate) x_refresh_token_expires_in: Option<u64>,
    pub(crate) x_refresh_token_hard_expires_in: Option<u64>,
    pub(crate) scope: Option<String>,
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

/// A token longer than this is no token.
const TOKEN_LONGEST: usize = 16 * 1024;

/// Sends a token request and reads its answer.
pub(crate) async fn request_token(request: RequestBuilder, trace_header: &str) -> Result<TokenAnswer, TokenFailure> {
    let result = send(request, trace_header).await;
    match &result {
        Ok(answer) => {
            tracing::info!(status = answer.status.as_u16(), bytes = answer.body.len(), trace = answer.trace, "token answer");
        }
        Err(failure) => tracing::warn!(?failure, "no token answer"),
    }
    match result {
        Ok(answer) => meaning(&answer),
        Err(NoAnswer::NotSent) => Err(TokenFailure::NotSent),
        Err(NoAnswer::Lost) => Err(TokenFailure::NoAnswer),
        Err(NoAnswer::TooLarge(status)) => Err(TokenFailure::Broken { status: status.as_u16() }),
    }
}

fn meaning(answer: &Answer) -> Result<TokenAnswer, TokenFailure> {
    let status = answer.status.as_u16();
    let broken = TokenFailure::Broken { status };
    match status {
        200 => match serde_json::from_slice::<TokenAnswer>(&answer.body) {
            Ok(token) if is_token(&token.access_token) && token.refresh_token.as_deref().is_none_or(is_token) => Ok(token),
            _ => Err(broken),
        },
        429 => Err(TokenFailure::Throttled { retry_after: answer.retry_after }),
        400 | 401 | 403 => Err(match error_code(&answer.body).as_deref() {
            Some("invalid_grant") => TokenFailure::Refused,
            Some("invalid_client" | "unauthorized_client") => TokenFailure::ClientRefused,
            _ => broken,
        }),
        // A gateway gave up waiting: whoever is behind it may still be at it.
        408 | 504 | 522 | 524 => Err(TokenFailure::NoAnswer),
        503 if answer.retry_after.is_some() => Err(TokenFailure::Throttled { retry_after: answer.retry_after }),
        _ => Err(broken),
    }
}

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

    fn read(status: u16, body: &str) -> Result<TokenAnswer, TokenFailure> {
        let status = StatusCode::from_u16(status).expect("a status");
        meaning(&Answer {
            status,
            retry_after: Some(Duration::from_secs(7)),
            trace: String::new(),
            body: body.as_bytes().to_vec(),
        })
    }

    fn failure(status: u16, body: &str) -> TokenFailure {
        read(status, body).err().expect("a failure")
    }

    #[test]
    fn r8_failures_are_told_apart_by_their_body() {
        let invalid_grant = r#"{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}"#;
        assert_eq!(failure(400, invalid_grant), TokenFailure::Refused);
        assert_eq!(failure(400, r#"{"error_description":"Token invalid","error":"invalid_grant"}"#), TokenFailure::Refused);
        assert_eq!(failure(401, r#"{"error":"invalid_client"}"#), TokenFailure::ClientRefused);
        assert_eq!(failure(400, r#"{"error":"unauthorized_client"}"#), TokenFailure::ClientRefused);
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
    fn r11_a_missing_or_absurd_lifetime_is_the_default() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(lifetime(None, hour), hour);
        assert_eq!(lifetime(Some(0), hour), hour);
        assert_eq!(lifetime(Some(u64::MAX), hour), hour);
        assert_eq!(lifetime(Some(5), hour), Duration::from_secs(5));
    }
}
