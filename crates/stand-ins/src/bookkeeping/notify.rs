//! The control route that makes a platform send its webhook: a signed notification that records of a company changed.

use std::io;
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::Json;
use axum::extract::{Path, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use super::Bookkeeper;
use crate::books::Entity;
use crate::clock::real_delay;
use crate::oauth::control::{ControlBody, Ours, Refused};

/// How long the receiver's answer is waited for. Xero waits five seconds, Intuit three.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const ANSWER_MOST: u64 = 64 * 1024;

/// A platform's notification before it is signed.
pub(crate) struct Notification {
    /// The header with the signature.
    pub(crate) header: &'static str,
    /// The key that signs it.
    pub(crate) key: &'static str,
    pub(crate) body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notifying {
    entity: Entity,
    /// The registered address: `http`, as on the laptop.
    url: String,
}

pub(crate) async fn notify<P: Bookkeeper>(
    State(stand_in): Ours<P>,
    Path(company): Path<String>,
    ControlBody(Notifying { entity, url }): ControlBody<Notifying>,
) -> Result<Json<Value>, Refused> {
    let now = stand_in.desk.clock.now();
    let notification = P::notification(&company, entity, now);
    let notification = notification.ok_or_else(|| Refused::because("this platform sends no notification of that"))?;
    let url = Url::parse(&url).map_err(Refused::because)?;
    tokio::select! {
        sent = send(&url, &notification) => match sent {
            Ok(status) => Ok(Json(json!({ "status": status }))),
            Err(error) => Err(Refused::because(format!("the receiver could not be reached: {error}"))),
        },
        () = real_delay(ANSWERED_WITHIN) => Err(Refused::because("the receiver did not answer in time")),
    }
}

/// Posts the notification, and returns the status of the answer.
async fn send(url: &Url, notification: &Notification) -> io::Result<u16> {
    let invalid = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason);
    let (Some(host), Some(port), "http") = (url.host_str(), url.port_or_known_default(), url.scheme()) else {
        return Err(invalid("the url must be an http address"));
    };
    let body = notification.body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, notification.key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, body.as_bytes()));
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n{header}: {signature}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}",
        path = url.path(),
        header = notification.header,
        length = body.len(),
    );
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MOST).read_to_end(&mut answer).await?;
    let status = String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| invalid("the answer is not HTTP"))
}
