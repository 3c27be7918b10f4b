//! Webhooks on the laptop: from a consent to a signed request.

use counterfoil_testkit::receiver::Receiver;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Dev, Machine};

async fn endpoint(dev: &Dev, url: &str) -> (StatusCode, Value) {
    let request = dev.client.post(dev.url("/v1/webhooks")).header("x-api-key", dev.told("api_key"));
    let answer = request.json(&json!({ "url": url })).send().await.expect("answers");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn an_event_is_delivered_at_once_and_again_after_a_failure() {
    let machine = Machine::new();
    let receiver = Receiver::start().await;
    let dev = machine.dev(&["--ephemeral", "--allow-loopback-webhooks"]).await;
    let (status, made) = endpoint(&dev, &receiver.url()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    receiver.answer(500);
    dev.connect("acme").await;
    let first = receiver.next().await;
    receiver.answer(200);
    assert_eq!((&first[0].json()["event"], &first[0].json()["data"]["companyKey"]), (&json!("oauth.connected"), &json!("acme")));
    let second = receiver.next().await;
    assert_eq!(second[0].header("webhook-id"), first[0].header("webhook-id"));
    assert_ne!(second[0].header("webhook-signature"), first[0].header("webhook-signature"), "the timestamp is another one");
}

#[tokio::test]
async fn a6_without_the_option_an_endpoint_on_this_machine_is_refused() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let (status, refused) = endpoint(&dev, "https://127.0.0.1:8443/hooks").await;
    assert_eq!((status, &refused["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_url")));
}
