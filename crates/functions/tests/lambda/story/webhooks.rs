//! The webhooks of the story. The built functions connect to no address of this machine, so their attempts fail.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::App;
use counterfoil_core::model::api_key::{ApiKey, KeyId, Scope};
use counterfoil_core::model::event::Event;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent};
use counterfoil_core::service::webhook::endpoints::{NewEndpoint, create_endpoint};
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::aws::local_config;
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::http_event::HttpEvent;
use counterfoil_testkit::webhooks::ScriptedWebhooks;
use serde_json::{Value, json};

use super::{LONG_UNUSED, Story};
use crate::deployment::TABLE;
use crate::hooks::store;

const URL: &str = "https://127.0.0.1:8443/hooks";
/// The courier's time-out in `template.yaml`.
const COURIER_TIME: Duration = Duration::from_secs(90);
const AN_HOUR_AGO: Duration = Duration::from_secs(3_600);

impl Story {
    /// An endpoint that was created an hour ago gets an event that no dispatch has seen, and one that the stream names. It cannot be
    /// reached for days, and is disabled. Then it is enabled, tested, replayed to and deleted.
    pub(super) async fn notifies_an_endpoint(&mut self) {
        let app = self.an_hour_ago();
        let endpoint = self.endpoint(&app).await;
        let lost = lost_event(&app);
        let named = EndpointEvent { id: self.deployment.operator.new_id(Event::ID_PREFIX), ..lost.clone() };
        for event in [&lost, &named] {
            store(&app, event).await;
        }
        for event in [stream(&named.id), json!({})] {
            let dispatched = self.function("dispatcher").lambda.invoke(&event).await;
            assert_eq!(dispatched.expect("the run ends"), json!({ "batchItemFailures": [] }));
        }
        self.age_failures(&endpoint).await;
        let delivered = self.function("courier").lambda.invoke_within(&message(&endpoint), COURIER_TIME).await;
        assert_eq!(delivered.expect("the run ends"), json!({ "batchItemFailures": [] }));

        let key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(key.clone());
        let ask = async |method: &str, path: &str, body: Value, status: u64| {
            let event = HttpEvent::new(method, path).header("x-api-key", &key);
            let event = event.header("idempotency-key", &format!("{method}{path}"));
            let event = if body.is_null() { event } else { event.json(&body) };
            self.ask("webhooks", &event.to_json()).await.json(status)["data"].clone()
        };
        let path = format!("/v1/webhooks/{endpoint}");
        assert_eq!(ask("GET", &path, Value::Null, 200).await["disabledReason"], "failing");
        let log = ask("GET", &format!("/v1/deliveries?endpointId={endpoint}"), Value::Null, 200).await;
        let events: Vec<_> = log.as_array().expect("a list").iter().map(|delivery| delivery["eventId"].clone()).collect();
        assert_eq!(events, [json!(named.id), json!(lost.id)], "{log}");
        assert!(log.to_string().contains("address_refused"), "{log}");
        ask("PATCH", &path, json!({ "status": "enabled" }), 200).await;
        let health = HttpEvent::get("/v1/integrations/health").header("x-api-key", &self.key).to_json();
        let health = self.ask("connections", &health).await.json(200)["data"]["webhooks"].clone();
        assert_eq!((&health["failing"], &health["pending"]), (&json!(0), &json!(0)), "{health}");
        assert_eq!(ask("POST", &format!("{path}/test"), Value::Null, 200).await["status"], "failed");
        let replayed =
            ask("POST", &format!("{path}/replay"), json!({ "since": "2020-01-01T00:00:00Z", "status": "all" }), 200).await;
        assert_eq!(replayed["deliveries"], 3, "{replayed}");
        assert!(ask("GET", "/v1/events", Value::Null, 200).await.as_array().is_some_and(|events| events.len() > 3));
        ask("DELETE", &path, Value::Null, 200).await;
        let refused = HttpEvent::post("/v1/webhooks").header("x-api-key", &self.key).header("idempotency-key", "refused");
        self.ask("webhooks", &refused.json(&json!({ "url": URL })).to_json()).await.json(400);
    }

    /// The operator's process, an hour ago, which permits every address.
    fn an_hour_ago(&self) -> Arc<App> {
        let clock = Arc::new(MovableClock::new(self.deployment.operator.now() - AN_HOUR_AGO));
        let world = World { clock, is_real_time: false, ..World::real() };
        let mut app = assemble(&self.deployment.config(), &local_config(self.deployment.table_endpoint()), world);
        Arc::get_mut(&mut app).expect("nobody else has it").webhooks = Arc::new(ScriptedWebhooks::default());
        app
    }

    async fn endpoint(&mut self, app: &App) -> String {
        let key = ApiKey {
            id: KeyId::parse("0123456789abcdef").expect("an id"),
            partner: PartnerId::default_partner(),
            hash: Fingerprint::of("key"),
            name: "test".to_owned(),
            scopes: Scope::ALL.to_vec(),
            created_at: app.now(),
            expires_at: None,
            revoked_at: None,
            last_used_at: app.now(),
        };
        let new = NewEndpoint { url: URL.to_owned(), description: None, events: Vec::new() };
        let (view, secret) = create_endpoint(app, &key, new).await.unwrap_or_else(|error| panic!("{error}"));
        self.secrets.push(secret.expose().to_owned());
        view.endpoint.id.to_string()
    }

    /// Makes every attempt since long ago a failed one.
    async fn age_failures(&self, endpoint: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let client = Client::new(&local_config(self.deployment.table_endpoint()));
        let request = client.update_item().table_name(TABLE).key("PK", text("WEBHOOKS#default"));
        let request = request.key("SK", text(&format!("ENDPOINT#{endpoint}")));
        let request = request.update_expression("SET failing_since = :long_ago, notified_at = :long_ago");
        request.expression_attribute_values(":long_ago", AttributeValue::N("1".to_owned())).send().await.expect("an endpoint");
    }
}

/// An event about another endpoint.
fn lost_event(app: &App) -> EndpointEvent {
    let other = EndpointId::new(format!("we_{}", "0".repeat(32)));
    EndpointEvent {
        id: app.new_id(Event::ID_PREFIX),
        endpoint: EndpointName { partner: PartnerId::default_partner(), id: other },
        url: URL.to_owned(),
        at: app.now(),
        change: EndpointChange::Failing { failing_since: app.now() },
    }
}

/// A record of the table's stream.
fn stream(event: &str) -> Value {
    json!({ "Records": [{ "eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": {
        "Keys": { "PK": { "S": "EVENTS#default" }, "SK": { "S": event } }, "SequenceNumber": "1", "StreamViewType": "KEYS_ONLY",
    }}]})
}

/// A message of the courier's queue.
fn message(endpoint: &str) -> Value {
    let body = json!({ "partner": "default", "endpoint": endpoint }).to_string();
    json!({ "Records": [{ "messageId": "1", "body": body, "eventSource": "aws:sqs" }] })
}
