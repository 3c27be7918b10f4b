//! A notification of a platform's stand-in, through `counterfoil dev`, to the records.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::harness::{Dev, Machine, realm};

/// The partner API's answer to a request with the key of `dev.json`.
async fn data(dev: &Dev, path: &str) -> Value {
    let answer = dev.client.get(dev.url(path)).header("X-API-Key", dev.told("api_key")).send().await.expect("answers");
    answer.json::<Value>().await.expect("JSON")["data"].clone()
}

#[tokio::test]
async fn a_change_at_the_stand_in_is_imported_without_a_request() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    let books = format!("books/{}", realm());
    dev.tell_stand_in(&format!("{books}/add"), &json!({ "entity": "invoices", "count": 1 })).await;
    let url = dev.url("/webhooks/quickbooks");
    dev.tell_stand_in(&format!("{books}/notify"), &json!({ "entity": "invoices", "url": url })).await;
    let imported = async {
        let mut tick = interval(Duration::from_millis(50));
        loop {
            tick.tick().await;
            let runs = data(&dev, "/v1/syncs").await;
            if runs[0]["status"] == "completed" {
                return runs;
            }
        }
    };
    let runs = timeout(Duration::from_secs(60), imported).await.expect("a run that ends");
    let run = &runs[0];
    assert_eq!(
        (runs.as_array().map(Vec::len), &run["trigger"], &run["kind"]),
        (Some(1), &json!("platform"), &json!("import_invoices"))
    );
    assert!(run["invoicesImported"].as_u64().is_some_and(|imported| imported > 100), "{run}");
    dev.stop().await;
}
