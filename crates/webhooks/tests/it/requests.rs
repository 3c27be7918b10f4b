//! The requests that endpoints receive.

use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::delivery::Reply;
use counterfoil_core::port::webhooks::{Message, Webhooks as _};
use counterfoil_webhooks::{Data, Sender};
use serde_json::{Value, json};

use crate::samples::notifications;
use crate::server::{AT, Server, TIME, answer, secret, send};

#[tokio::test]
async fn w1_each_kind_of_event_is_posted_with_the_headers_of_standard_webhooks() {
    let mut server = Server::start(answer(204, "", b"")).await;
    let (url, sender) = (server.url(), Sender::new(true));
    for notification in notifications() {
        let message = Message { url: &url, secrets: &[secret()], notification: &notification, at: AT, time: TIME };
        assert_eq!(sender.send(message).await.reply, Reply::Status(204));
        let request = server.request().await;
        assert_eq!(request.line(), "POST /hooks HTTP/1.1");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("webhook-id"), Some(notification.id()));
        assert_eq!(request.header("webhook-timestamp"), Some("1795861860"));
        assert!(request.header("webhook-signature").is_some_and(|value| value.starts_with("v1,")));
        assert!(request.header("user-agent").is_some_and(|value| value.starts_with("Counterfoil-Webhooks/")));
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!(body, json!({ "event": notification.kind().as_str(), "data": Data::of(&notification) }));
    }
}

#[tokio::test]
async fn w2_during_an_overlap_the_new_secrets_signature_is_the_first() {
    let mut server = Server::start(answer(200, "", b"")).await;
    let (url, sender) = (server.url(), Sender::new(true));
    let newer = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let notification = &notifications()[0];
    let mut signatures = Vec::new();
    for secrets in [vec![newer.clone()], vec![secret()], vec![newer, secret()]] {
        sender.send(Message { url: &url, secrets: &secrets, notification, at: AT, time: TIME }).await;
        signatures.push(server.request().await.header("webhook-signature").expect("a signature").to_owned());
    }
    assert_eq!(signatures[2], format!("{} {}", signatures[0], signatures[1]));
}

#[tokio::test]
async fn a_connection_serves_the_deliveries_that_follow() {
    let mut server = Server::start(answer(200, "", &[b'x'; 16 * 1024])).await;
    let (url, sender) = (server.url(), Sender::new(true));
    for _ in 0..3 {
        send(&sender, &url).await;
        assert_eq!(server.request().await.connection, 0);
    }
}
