//! The import of the story, and the reading of its records.

use counterfoil_core::model::sync::{SyncKind, Trigger};
use counterfoil_core::service::sync::begin::{SyncRequest, begin};
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

use super::{LONG_UNUSED, Story};
use crate::event::Sample;

impl Story {
    /// A request starts an import, and the worker that a message wakes continues it. A key that was long unused reads it back.
    pub(super) async fn imports_the_books(&mut self) {
        let event = HttpEvent::post("/v1/oauth/quickbooks/sync").header("x-api-key", &self.key);
        let event = event.header("idempotency-key", "the-first-import");
        let imported = self.ask("sync", &event.to_json()).await.json(200)["data"].clone();
        assert_eq!(imported["status"], "completed", "{imported}");
        let connection = self.deployment.connection().await;
        let request =
            SyncRequest { kind: SyncKind::ImportInvoices, full: false, is_dry: false, trigger: Trigger::Schedule, parent: None };
        let run = begin(&self.deployment.operator, &connection, &request).await.expect("the table answers");
        for event in [Sample::of("sync-worker").to_json(), json!({})] {
            let ran = self.function("sync-worker").lambda.invoke(&event).await;
            assert_eq!(ran.expect("the run ends"), Value::Null);
        }

        let key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(key.clone());
        let read = async |path: &str| {
            let event = HttpEvent::get(path).header("x-api-key", &key).to_json();
            self.ask("records", &event).await.json(200)["data"].clone()
        };
        let told = read(&format!("/v1/syncs/{}", run.id.as_str())).await;
        assert_eq!((&told["status"], &told["reconciliation"]["matches"]), (&json!("completed"), &json!(true)), "{told}");
        let checks = read("/v1/checks?companyKey=beach-blend&updatedSince=2020-01-01T00:00:00Z&limit=1").await;
        let one = read(&format!("/v1/checks/{}", checks[0]["id"].as_str().expect("an id"))).await;
        assert_eq!(one, checks[0]);
        assert!(read("/v1/invoices").await.as_array().is_some_and(|invoices| !invoices.is_empty()));

        // The platform tells of a change: its body is encoded, and signed as it was before that.
        let told = self.ask("platform-webhooks", &Sample::of("platform-webhooks").to_json()).await;
        assert_eq!((told.status, told.body.as_str()), (200, ""));
        let state = self.deployment.operator.syncs.state(&connection.id).await.expect("the table answers");
        assert_eq!(state.notified.kinds.len(), 1);
    }
}
