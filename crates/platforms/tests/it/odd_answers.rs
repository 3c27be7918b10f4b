//! Token answers in unusual forms, for every platform: an answer with a token gives a grant.

use std::io::Write as _;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::unread::UnreadAnswer;
use counterfoil_core::port::platform::TokenFailure;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::raw::{Bytes, answer, answering, refresh, refresh_at};

const TOKENS: &str = r#""access_token":"access","refresh_token":"refresh""#;
const PLAIN: &str = r#"{"access_token":"access","refresh_token":"refresh","expires_in":600,"token_type":"bearer"}"#;
const JSON: &str = "content-type: application/json\r\n";

fn ok(body: &[u8]) -> Bytes {
    answer(200, JSON, body)
}

fn with(fields: &str) -> Bytes {
    ok(format!("{{{TOKENS},{fields}}}").as_bytes())
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2], mark: bool) -> Bytes {
    let mark = mark.then_some(0xfeff);
    let body: Vec<u8> = mark.into_iter().chain(text.encode_utf16()).flat_map(unit).collect();
    ok(&body)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Fields with invalid values.
fn odd_fields() -> Vec<(String, Bytes)> {
    let values =
        ["\"43200\"", "-1", "0", "1", "3599.5", "1e30", "1e999", "18446744073709551616", "null", "true", "[]", "{}", "\"\""];
    let names = [
        "expires_in",
        "created_at",
        "x_refresh_token_expires_in",
        "x_refresh_token_hard_expires_in",
        "scope",
        "api_domain",
        "token_type",
        "error",
        "id_token",
    ];
    let each = names.iter().flat_map(|name| values.iter().map(move |value| format!("\"{name}\":{value}")));
    let more = [
        "\"scope\":[\"a\",\"b\"]",
        "\"api_domain\":7",
        "\"expires_in\":600,\"expires_in\":\"x\"",
        "\"x\":\"\\ud800\"",
        "\"x\":01",
        "\"created_at\":NaN",
        "\"expires_in\":12 000",
    ];
    each.chain(more.map(str::to_owned)).map(|fields| (fields.clone(), with(&fields))).collect()
}

fn odd_bodies() -> Vec<(String, Bytes)> {
    let large = format!("{{{TOKENS},\"note\":\"{}\"}}", "x".repeat(300 * 1024));
    let huge = format!("{{{TOKENS},\"note\":\"{}\"}}", "x".repeat(6 * 1024 * 1024));
    let deep = format!("\"x\":{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{PLAIN}\r\n", PLAIN.len());
    let cut = format!("HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{{{TOKENS},\"expires_in\":36");
    let no_length = format!("HTTP/1.1 200 OK\r\n\r\n{PLAIN}");
    let invalid = [br#"{"access_token":"access","refresh_token":"refresh","name":""#.as_slice(), b"Z\xfcrich\"}"].concat();
    [
        ("a byte order mark", ok(format!("\u{feff}{PLAIN}").as_bytes())),
        ("UTF-16 LE with a mark", utf16(PLAIN, u16::to_le_bytes, true)),
        ("UTF-16 BE with a mark", utf16(PLAIN, u16::to_be_bytes, true)),
        ("UTF-16 LE", utf16(PLAIN, u16::to_le_bytes, false)),
        ("UTF-16 BE", utf16(PLAIN, u16::to_be_bytes, false)),
        ("Latin-1 in another field", ok(&invalid)),
        ("gzip that says so", answer(200, "content-encoding: gzip\r\n", &gzip(PLAIN.as_bytes()))),
        ("gzip that does not say so", ok(&gzip(PLAIN.as_bytes()))),
        ("gzip that breaks off", ok(&gzip(large.as_bytes())[..400])),
        ("zlib", answer(200, "content-encoding: deflate\r\n", &zlib(PLAIN.as_bytes()))),
        ("deflate", answer(200, "content-encoding: deflate\r\n", &deflate(PLAIN.as_bytes()))),
        ("text behind it", ok(format!("{PLAIN}\n<!-- cached -->").as_bytes())),
        ("another object behind it", ok(format!("{PLAIN}{{}}").as_bytes())),
        ("text before it", ok(format!(")]}}',\n{PLAIN}").as_bytes())),
        ("in a list", ok(format!("[{PLAIN}]").as_bytes())),
        ("in an object", ok(format!("{{\"response\":{PLAIN}}}").as_bytes())),
        ("a field twice", with("\"access_token\":\"access\",\"refresh_token\":\"refresh\",\"scope\":\"a\",\"scope\":\"b\"")),
        ("blanks around the tokens", ok(br#"{"access_token":" access\n","refresh_token":"refresh "}"#)),
        ("an error beside the tokens", with("\"error\":\"invalid_code\"")),
        ("300 KB", ok(large.as_bytes())),
        ("6 MB", ok(huge.as_bytes())),
        ("nested 5,000 deep", with(&deep)),
        ("HTML by its type", answer(200, "content-type: text/html\r\n", PLAIN.as_bytes())),
        ("a chunked body without an end", chunked.into_bytes()),
        ("a body that breaks off", cut.into_bytes()),
        ("a body without a length", no_length.into_bytes()),
    ]
    .map(|(what, answer)| (what.to_owned(), answer))
    .into()
}

fn odd_heads() -> Vec<(String, Bytes)> {
    let statuses = [201, 202, 203, 206, 226, 299].map(|status| (status.to_string(), answer(status, JSON, PLAIN.as_bytes())));
    let many: Vec<_> = (0..600).map(|at| format!("x-{at}: {at}\r\n")).collect();
    let many = many.concat();
    let long = format!("x-long: {}\r\n", "x".repeat(60_000));
    let headers = [
        ("600 headers", many.as_str()),
        ("a header of 60 KB", &long),
        ("a header line without a colon", "nonsense\r\n"),
        ("a header with a blank in its name", "odd name: x\r\n"),
        ("a blank before the colon", "x-odd : x\r\n"),
        ("a header on two lines", "x-odd: one\r\n two\r\n"),
        ("a header with bytes that are no ASCII", "x-odd: Z\u{fc}rich\r\n"),
        ("a header with a control character", "x-odd: a\u{1}b\r\n"),
        ("a Retry-After that is none", "retry-after: soon\r\n"),
    ];
    let headers = headers.map(|(what, headers)| (what.to_owned(), answer(200, headers, PLAIN.as_bytes())));
    statuses.into_iter().chain(headers).collect()
}

#[tokio::test]
async fn no_unusual_form_of_an_answer_loses_a_grant() {
    let mut lost = Vec::new();
    for platform in PlatformName::with_oauth() {
        let odd = [odd_fields(), odd_bodies(), odd_heads()].concat();
        let platform_of_it = answering(platform, odd.iter().map(|(_, answer)| answer.clone()).collect()).await;
        for (what, _) in odd {
            let came = refresh_at(platform_of_it.as_ref()).await.map(|grant| {
                let refresh_token = grant.refresh_token.as_ref().map(Secret::expose);
                grant.access_token.expose() == "access" && refresh_token == Some("refresh") && grant.unread.is_none()
            });
            if came != Ok(true) {
                lost.push(format!("{platform}: {what}: {came:?}"));
            }
        }
    }
    assert!(lost.is_empty(), "{} lost: {lost:#?}", lost.len());
}

#[tokio::test]
async fn a_success_without_a_readable_token_is_returned_to_be_stored() {
    for platform in PlatformName::with_oauth() {
        for (body, kept) in [
            ("<html>maintenance</html>", "<html>maintenance</html>"),
            (r#"{"refresh_token":"refresh"}"#, r#"{"refresh_token":"refresh"}"#),
            (r#"{"access_token":{"value":"a"}}"#, r#"{"access_token":{"value":"a"}}"#),
        ] {
            let failure = refresh(platform, ok(body.as_bytes())).await.err();
            let expected = TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new(kept) };
            assert_eq!(failure, Some(expected), "{platform}: {body}");
        }
        let bytes = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff];
        let expected = TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new("base64:KLUv/QD/") };
        assert_eq!(refresh(platform, ok(&bytes)).await.err(), Some(expected), "{platform}: what is no text is kept as its bytes");
        let empty = refresh(platform, answer(204, "", b"")).await.err();
        assert_eq!(empty, Some(TokenFailure::Broken { status: 204 }), "{platform}: there is nothing to keep");
    }
}

#[tokio::test]
async fn a_refusal_is_read_in_unusual_forms_too() {
    for platform in PlatformName::with_oauth() {
        let refused = r#"{"error":"invalid_grant"}"#;
        for answer in [
            answer(400, JSON, format!("\u{feff}{refused}\n").as_bytes()),
            answer(400, "content-encoding: gzip\r\n", &gzip(refused.as_bytes())),
            answer(401, JSON, refused.as_bytes()),
        ] {
            assert_eq!(refresh(platform, answer).await.err(), Some(TokenFailure::Refused), "{platform}");
        }
        let by_success = refresh(platform, ok(br#"{"error":"invalid_code"}"#)).await.err();
        let expected = if platform == PlatformName::Zoho { TokenFailure::Refused } else { TokenFailure::Broken { status: 200 } };
        assert_eq!(by_success, Some(expected), "{platform}");
    }
}

#[tokio::test]
async fn a_pause_is_read_in_every_form_that_a_platform_may_ask_for_it() {
    let pause = async |headers: &str| match refresh(PlatformName::Xero, answer(429, headers, b"")).await {
        Err(TokenFailure::Throttled { retry_after }) => retry_after.map(|pause| pause.as_secs_f64()),
        other => panic!("{:?}", other.err()),
    };
    assert_eq!(pause("retry-after: 90\r\n").await, Some(90.0));
    assert_eq!(pause("retry-after: 1.5\r\n").await, Some(1.5));
    assert_eq!(pause("retry-after: 100000000000000000000\r\n").await, Some(86_400.0));
    let date = "date: Wed, 16 Sep 2026 11:13:00 GMT\r\nretry-after: Wed, 16 Sep 2026 11:13:30 GMT\r\n";
    assert_eq!(pause(date).await, Some(30.0));
    // If the answer has no date, the pause counts from the time of sending: 2026-09-14 15:33:20.
    assert_eq!(pause("retry-after: Mon, 14 Sep 2026 15:34:20 GMT\r\n").await, Some(60.0));
    assert_eq!(pause("retry-after: soon\r\n").await, None);
    assert_eq!(pause("").await, None);
}
