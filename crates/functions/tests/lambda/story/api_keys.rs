//! The keys of the story that a partner makes over the API.

use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

use super::Story;

const KEYS: &str = "/v1/api-keys";

impl Story {
    /// A partner creates, lists, rotates and revokes a key.
    pub(super) async fn has_a_key_rotated(&mut self) {
        let create = HttpEvent::post(KEYS).json(&json!({ "name": "billing", "scopes": ["tokens:read"] }));
        let made = self.keys(create.header("idempotency-key", "a-key-for-billing"), 201).await;
        let rotate = HttpEvent::post(&format!("{KEYS}/{}/rotate", id(&made))).json(&json!({ "overlapSeconds": 60 }));
        let new = self.keys(rotate.header("idempotency-key", "the-next-key-for-billing"), 201).await;
        self.keep(&made["key"]);
        self.keep(&new["key"]);
        self.keys(HttpEvent::new("DELETE", &format!("{KEYS}/{}", id(&made))), 200).await;
        let listed = self.keys(HttpEvent::get(KEYS), 200).await;
        assert!(listed.as_array().is_some_and(|keys| keys.iter().any(|key| key["id"] == new["id"])), "{listed}");
        self.is_audited(&new).await;
    }

    /// Each row has the gateway's id of its request, and the address that the gateway saw.
    async fn is_audited(&self, new: &Value) {
        let ask = HttpEvent::get("/api/audit?action=key_rotated").header("x-api-key", &self.key);
        let audit = self.ask("connections", &ask.to_json()).await.json(200)["audit"].clone();
        assert_eq!((&audit[0]["detail"]["key"], audit.as_array().map(Vec::len)), (&new["id"], Some(1)), "{audit}");
        let event = ask.to_json();
        assert_eq!(audit[0]["source_ip"], event["requestContext"]["http"]["sourceIp"]);
        assert!(audit[0]["request_id"].is_string(), "{audit}");
        let ask = HttpEvent::get("/api/connections/beach-blend/audit").header("x-api-key", &self.key);
        let audit = self.ask("connections", &ask.to_json()).await.json(200)["audit"].clone();
        assert!(audit.as_array().is_some_and(|rows| rows.iter().any(|row| row["action"] == "connected")), "{audit}");
    }

    async fn keys(&self, ask: HttpEvent, status: u64) -> Value {
        self.ask("connections", &ask.header("x-api-key", &self.key).to_json()).await.json(status)["data"].clone()
    }
}

fn id(key: &Value) -> &str {
    key["id"].as_str().expect("an id")
}
