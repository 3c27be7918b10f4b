//! Counts lost grants for unusual token answers: intact tokens with something around them that no document describes.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{Platform, Refresh};
use counterfoil_functions::config::Config;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_platforms::{facts_of, variables};
use counterfoil_store::aws::local_config;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const TOKENS: &str = r#""access_token":"access","refresh_token":"refresh""#;

/// Prints how many of all forms lose a grant, over all platforms.
pub(crate) async fn print() {
    let forms = forms();
    let (mut lost, mut tried) = (Vec::new(), 0);
    for name in PlatformName::with_oauth() {
        for (form, answer) in &forms {
            tried += 1;
            if !is_kept(name, answer.clone()).await {
                lost.push(format!("{name}: {form}"));
            }
        }
    }
    println!(
        "  {:<32} {} forms at {} platforms: {} of {tried} lost",
        "odd token answers",
        forms.len(),
        PlatformName::with_oauth().count(),
        lost.len()
    );
    for lost in lost {
        println!("    {lost}");
    }
}

/// The bytes of each answer, with a name for what is unusual about it.
fn forms() -> Vec<(String, Vec<u8>)> {
    let mut forms = Vec::new();
    for (field, values) in [
        (
            "expires_in",
            &[r#""43200""#, "-1", "0", "1", "3599.5", "1e30", "18446744073709551616", "43200000", "null", "[]", "{}"][..],
        ),
        ("created_at", &[r#""now""#, "1.5", "1e30", "-7"]),
        ("x_refresh_token_expires_in", &[r#""soon""#, "1.5", "-1"]),
        ("refresh_token_expires_in", &[r#""soon""#, "1e30", "null"]),
        ("scope", &[r#"["a","b"]"#, "7", "{}"]),
        ("api_domain", &["7", "null", r#"["x"]"#]),
    ] {
        forms.extend(
            values.iter().map(|value| (format!("{field}: {value}"), ok(format!("{{\"{field}\":{value},{TOKENS}}}").as_bytes()))),
        );
    }
    let plain = format!("{{{TOKENS}}}");
    for status in ["201 Created", "202 Accepted", "203 Non-Authoritative Information"] {
        forms.push((status.to_owned(), answer(status, "", plain.as_bytes())));
    }
    let utf16 =
        |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| mark.into_iter().chain(plain.encode_utf16().flat_map(unit)).collect::<Vec<_>>();
    let long = format!("{{\"note\":\"{}\",{TOKENS}}}", "x".repeat(300_000));
    let headers: String = (0..120).map(|number| format!("X-Odd-{number}: 1\r\n")).collect::<Vec<_>>().concat();
    forms.extend([
        ("a byte order mark".to_owned(), ok(&[b"\xef\xbb\xbf", plain.as_bytes()].concat())),
        ("UTF-16, little endian".to_owned(), ok(&utf16([0xff, 0xfe], u16::to_le_bytes))),
        ("UTF-16, big endian".to_owned(), ok(&utf16([0xfe, 0xff], u16::to_be_bytes))),
        ("gzip".to_owned(), answer("200 OK", "Content-Encoding: gzip\r\n", &gzip(plain.as_bytes()))),
        ("300 KB".to_owned(), ok(long.as_bytes())),
        ("text behind the object".to_owned(), ok(format!("{plain} and more").as_bytes())),
        ("a field twice".to_owned(), ok(format!("{{{TOKENS},{TOKENS}}}").as_bytes())),
        ("a header that is none".to_owned(), answer("200 OK", "X Odd\u{1}: \u{2}\r\n", plain.as_bytes())),
        ("120 headers".to_owned(), answer("200 OK", &headers, plain.as_bytes())),
    ]);
    forms
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "", body)
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Whether a refresh with this answer returns both tokens.
async fn is_kept(name: PlatformName, answer: Vec<u8>) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let platform = platform(name, &format!("http://{}", listener.local_addr().expect("bound"))).await;
    let serve = async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.read(&mut [0; 8 * 1024]).await;
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    };
    let token = Secret::new("old");
    let refresh = Refresh {
        refresh_token: &token,
        redirect_uri: None,
        region: None,
        sent_at: Timestamp::now(),
        listen: Duration::from_secs(10),
    };
    let ((), grant) = tokio::join!(serve, platform.refresh(refresh));
    grant.is_ok_and(|grant| {
        grant.access_token.expose() == "access" && grant.refresh_token.is_some_and(|token| token.expose() == "refresh")
    })
}

/// The product's own platform with its token endpoint at this address.
async fn platform(name: PlatformName, address: &str) -> std::sync::Arc<dyn Platform> {
    let mut given: BTreeMap<String, String> = [("TABLE_NAME".to_owned(), "none".to_owned())].into();
    let keys = variables::of_client(name, Environment::Production).into_iter();
    given.extend(keys.map(|variable| (variable, "key".to_owned())));
    given.insert(variables::variable(name, variables::TOKEN_URL), address.to_owned());
    let config = Config::from_variables(&given)
        .unwrap_or_else(|problem| panic!("{}: {problem}", facts_of(name).expect("it has OAuth").token));
    let app = assemble(&config, &local_config("http://127.0.0.1:9"), World::real());
    app.platforms.get(name, Environment::Production).await.unwrap_or_else(|error| panic!("{error}"))
}
