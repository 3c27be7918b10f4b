//! Sends token requests and maps their answers to meanings (R-8). Bodies are never logged; status, length and the platform's id of the
//! request are (T-2).
//!
//! The request is a form and a header. Platforms differ in the answers: errors inside a 200, throttling inside a 400, expiries under other
//! names. So answers are read here, within bounds, and not by a general OAuth client.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::reference::Reference;
use counterfoil_core::model::retry_after;
use counterfoil_core::model::unread::UnreadAnswer;
use counterfoil_core::port::platform::{NotExchanged, TokenFailure};
use jiff::Timestamp;
use reqwest::RequestBuilder;

use crate::fields::Fields;
use crate::http::{HttpAnswer, NoAnswer, send};
use crate::rules::{Revoking, Rules, Words};
use crate::text::decoded;
use crate::token_answer::TokenAnswer;

/// Sends a token request and waits for its answer for `listen`. `secrets` are the secrets of the request: an error code that contains one
/// is not logged. `region` returns the grant's data centre for the API in the answer.
pub(crate) async fn request_token(
    request: RequestBuilder,
    secrets: &[&str],
    rules: &Rules,
    (sent_at, listen): (Timestamp, Duration),
    region: impl FnOnce(Option<&str>) -> Option<String>,
) -> Result<Grant, NotExchanged> {
    let answer = match send(request, rules.trace, listen).await {
        Ok(answer) => answer,
        Err(failure) => {
            tracing::warn!(?failure, "no token answer");
            return Err(match failure {
                NoAnswer::NotSent => TokenFailure::NotSent.into(),
                NoAnswer::Lost => TokenFailure::NoAnswer.into(),
            });
        }
    };
    let HttpAnswer { status, body, is_whole, trace, .. } = &answer;
    let text = decoded(body.clone());
    let unrepeated = |said: &&str| !secrets.iter().any(|secret| said.contains(secret));
    let (word, trace) = (error_code(&text), Some(trace.as_str()).filter(unrepeated).unwrap_or_default());
    let said = Reference::of_answer(word.as_deref().filter(unrepeated), status.as_u16(), trace);
    tracing::info!(status = status.as_u16(), bytes = body.len(), is_whole, trace, error = said.error, "token answer");
    let token = meaning(&answer, &text, &rules.words, sent_at).map_err(|failure| NotExchanged { failure, said })?;
    let region = region(token.api_domain().as_deref());
    Ok(token.into_grant(rules, region, sent_at, unread(body, &text)))
}

fn meaning<'a>(answer: &HttpAnswer, text: &'a str, words: &Words, now: Timestamp) -> Result<TokenAnswer<'a>, TokenFailure> {
    let status = answer.status.as_u16();
    let broken = TokenFailure::Broken { status };
    let retry_after = answer.retry_after.as_deref().and_then(|value| retry_after::read(value, answer.date.as_deref(), now));
    let refusal = || refusal(text, words, retry_after);
    match status {
        200..=299 => TokenAnswer::read(Fields::of(text, &["access_token", "error"])).map_err(|fields| {
            let says_error = fields.text("error").is_some();
            match text.trim().is_empty() {
                false if !says_error => TokenFailure::Unreadable { status, answer: unread(&answer.body, text) },
                false if words.in_success => refusal().unwrap_or(broken),
                true if answer.body.is_empty() && !answer.is_whole => TokenFailure::NoAnswer,
                _ => broken,
            }
        }),
        429 => Err(TokenFailure::Throttled { retry_after }),
        400 | 401 | 403 => Err(refusal().unwrap_or(broken)),
        // A gateway timed out. The server behind it may still be processing the request.
        408 | 504 | 522 | 524 => Err(TokenFailure::NoAnswer),
        // The platform may have processed the request before it was overloaded.
        503 => Err(retry_after.map_or(broken, |retry_after| TokenFailure::Overloaded { retry_after })),
        _ => Err(broken),
    }
}

/// The text of an unreadable answer, or its bytes if the text does not have all of them.
fn unread(body: &[u8], text: &str) -> UnreadAnswer {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return UnreadAnswer::new(format!("base64:{}", STANDARD.encode(body)));
    }
    UnreadAnswer::new(text)
}

/// The meaning of the error code in a body; `None` if the code is missing or unknown.
fn refusal(text: &str, words: &Words, retry_after: Option<Duration>) -> Option<TokenFailure> {
    let code = error_code(text)?;
    let code = code.as_str();
    match words.throttled {
        _ if words.refused.contains(&code) => Some(TokenFailure::Refused),
        _ if words.client_refused.contains(&code) => Some(TokenFailure::ClientRefused),
        Some((word, pause)) if word == code => Some(TokenFailure::Throttled { retry_after: Some(retry_after.unwrap_or(pause)) }),
        _ => None,
    }
}

/// Whether an answer to a revocation means that the token is invalid, by this request or before it (RFC 7009, section 2.2).
pub(crate) fn is_over(answer: &HttpAnswer, words: &Words, revoking: Revoking) -> bool {
    let text = decoded(answer.body.clone());
    let refusal = refusal(&text, words, None);
    match answer.status.as_u16() {
        200 | 204 | 400 if refusal == Some(TokenFailure::Refused) => true,
        200 | 204 => !words.in_success || error_code(&text).is_none(),
        400 => revoking.dead_is_400 && refusal.is_none(),
        _ => false,
    }
}

/// The error code in a body.
fn error_code(text: &str) -> Option<String> {
    Fields::of(text, &["error"]).text("error")
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::quickbooks::Quickbooks;
    use crate::rules::STANDARD_WORDS;
    use crate::vendor::Vendor as _;
    use crate::xero::Xero;
    use crate::zoho::Zoho;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        let status = StatusCode::from_u16(status).expect("a status");
        let retry_after = Some("7".to_owned());
        HttpAnswer {
            status,
            retry_after,
            date: None,
            trace: String::new(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            is_whole: true,
        }
    }

    fn failure(status: u16, body: &str) -> TokenFailure {
        meaning(&answer(status, body), body, &STANDARD_WORDS, Timestamp::UNIX_EPOCH).err().expect("a failure")
    }

    #[test]
    fn t5_an_unknown_token_counts_as_revoked_and_a_throttled_request_does_not() {
        let is_over = |rules: &Rules, status: u16, body: &str| {
            super::is_over(&answer(status, body), &rules.words, rules.revoking.expect("it revokes"))
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
    fn r8_failures_are_classified_by_their_body() {
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
    fn a7_a_success_without_a_token_is_kept_unless_it_is_empty_or_an_error() {
        for body in ["{}", "garbage", r#"{"access_token":""}"#, r#"{"access_token":"a b"}"#, r#"{"access_token":7}"#] {
            let kept = TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new(body) };
            assert_eq!(failure(200, body), kept, "{body}");
        }
        for body in ["", " \n", r#"{"error":"invalid_grant"}"#] {
            assert_eq!(failure(200, body), TokenFailure::Broken { status: 200 }, "{body}");
        }
    }

    #[test]
    fn a_body_that_is_cut_off_before_any_token_is_no_answer() {
        let cut = HttpAnswer { is_whole: false, ..answer(200, "") };
        let failure = meaning(&cut, "", &STANDARD_WORDS, Timestamp::UNIX_EPOCH).err();
        assert_eq!(failure, Some(TokenFailure::NoAnswer));
    }
}
