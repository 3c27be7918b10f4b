//! Requests for the published libraries of Standard Webhooks, which verify them afterwards (`tests/standardwebhooks`).

use std::fs;
use std::path::Path;

use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::signing_secret;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::entropy::{Entropy as _, SystemEntropy};
use counterfoil_core::port::webhooks::{Message, Webhooks as _};
use counterfoil_webhooks::Sender;
use serde_json::{Map, Value, json};

use crate::samples::notifications;
use crate::server::{Request, Server, TIME, answer};

#[tokio::test]
async fn requests_are_written_with_the_secrets_of_their_signatures() {
    let mut server = Server::start(answer(200, "", b"")).await;
    let (url, sender) = (server.url(), Sender::new(true));
    let mut requests = Vec::new();
    for notification in notifications() {
        // Before a rotation, and during its overlap.
        for secrets in [vec![new_secret()], vec![new_secret(), new_secret()]] {
            let at = SystemClock::start().now();
            sender.send(Message { url: &url, secrets: &secrets, notification: &notification, at, time: TIME }).await;
            requests.push(written(&server.request().await, &secrets));
        }
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("signed-requests.json");
    fs::write(file, Value::from(requests).to_string()).expect("a file");
}

fn new_secret() -> Secret {
    let mut random = [0; 32];
    SystemEntropy.fill(&mut random);
    signing_secret(random)
}

fn written(request: &Request, secrets: &[Secret]) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: Map<_, _> = names.map(|name| (name.to_owned(), json!(request.header(name)))).into_iter().collect();
    let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
    json!({ "secrets": secrets, "headers": headers, "body": request.body })
}
