//! The answers about runs over HTTP: their fields, and runs that wait, are queued, or store nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_functions::metrics::NAMESPACE;
use counterfoil_functions::worker::sync_worker::{self, WorkerEvent};
use counterfoil_testkit::metric_line::measurements;
use serde_json::{Value, json};

use crate::harness::{Installation, LARKSPUR, Logs};
use crate::imports::{INVOICES, SYNC, connected};

/// Compares the names of an object's fields with these: all of them, and no others.
fn has_exactly(value: &Value, names: &str) {
    let found: BTreeSet<_> = value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect();
    assert_eq!(found, names.split_whitespace().collect());
}

#[tokio::test]
async fn the_answers_of_imports_and_records_have_exactly_these_fields() {
    const NUMBERS: &str = "checksImported checksUpdated errors";
    const WHOLE: &str = "platform syncId kind status dryRun resumesAt connections connectionsTotal skipped";
    const PART: &str = "companyKey companyId companyName syncId status reason message resumesAt";
    const RECORD: &str = "id companyKey companyId platform entityType externalId number date dueDate currency memo status
        createdAt changedAt importedAt updatedAt syncId";
    let place = connected().await;
    let answer = place.import(SYNC, &json!({})).await.json()["data"].clone();
    has_exactly(&answer, &[WHOLE, NUMBERS].join(" "));
    has_exactly(&answer["connections"][0], &[PART, NUMBERS].join(" "));
    let invoices = place.import(INVOICES, &json!({})).await.json()["data"].clone();
    has_exactly(&invoices, &[WHOLE, NUMBERS, "invoicesImported invoicesUpdated"].join(" "));
    has_exactly(&invoices["connections"][0], &[PART, NUMBERS, "invoicesImported invoicesUpdated"].join(" "));

    let run = place.data(&format!("/v1/syncs/{}", answer["syncId"].as_str().expect("an id"))).await;
    has_exactly(
        &run,
        "id kind platform companyKey companyId companyName parentId status trigger mode dryRun reason message startedAt finishedAt
        resumesAt progress checksImported checksUpdated checksVoided checksDeleted checksUnchanged invoicesImported invoicesUpdated
        invoicesVoided invoicesDeleted invoicesUnchanged errors errorSamples leftOut requests reconciliation",
    );
    has_exactly(&run["progress"], "pages recordsSeen recordsTotal percent");
    has_exactly(&run["reconciliation"], "matches scope platform stored");
    has_exactly(&run["reconciliation"]["stored"], "checks invoices");
    has_exactly(&run["reconciliation"]["stored"]["checks"], "count sums");

    let check = place.data("/v1/checks?limit=1&status=issued").await[0].clone();
    has_exactly(&check, &[RECORD, "amount payee bankAccount pays"].join(" "));
    has_exactly(&check["payee"], "id name");
    let invoice = place.data("/v1/invoices?limit=1").await[0].clone();
    has_exactly(&invoice, &[RECORD, "total balance customer"].join(" "));
}

#[tokio::test]
async fn a_run_that_waits_is_a_202_and_a_second_request_gets_it_or_is_queued_behind_it() {
    let place = connected().await;
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "throttled", "times": 1 })).await;
    let first = place.import(SYNC, &json!({})).await;
    let waiting = first.json()["data"].clone();
    assert_eq!((first.status, &waiting["status"]), (202, &json!("waiting")), "{waiting}");
    assert!(waiting["resumesAt"].is_string() && waiting["resumesAt"] == waiting["connections"][0]["resumesAt"], "{waiting}");
    let again = place.import(SYNC, &json!({ "full": true })).await;
    assert_eq!((again.status, &again.json()["data"]["syncId"]), (202, &waiting["syncId"]));
    let queued = place.import(INVOICES, &json!({})).await;
    let (status, queued) = (queued.status, queued.json()["data"].clone());
    assert_eq!((status, &queued["status"], &queued["resumesAt"]), (202, &json!("queued"), &Value::Null));

    place.pass(61).await;
    sync_worker::run(place.app(), WorkerEvent::default(), Duration::from_secs(58)).await.expect("a run");
    for (of, field) in [(waiting, "checksImported"), (queued, "invoicesImported")] {
        let run = place.data(&format!("/v1/syncs/{}", of["syncId"].as_str().expect("an id"))).await;
        assert_eq!((&run["status"], &run["resumesAt"]), (&json!("completed"), &Value::Null), "{run}");
        assert!(run[field].as_u64() > Some(0), "{run}");
    }
}

#[tokio::test]
async fn a_dry_run_has_the_numbers_and_stores_no_record() {
    let place = connected().await;
    let dry = place.import(SYNC, &json!({ "dryRun": true })).await;
    let (status, dry) = (dry.status, dry.json()["data"].clone());
    assert_eq!((status, &dry["status"], &dry["dryRun"]), (200, &json!("completed"), &json!(true)));
    assert_eq!(place.data("/v1/checks").await, json!([]));
    let real = place.import(SYNC, &json!({})).await.json()["data"].clone();
    assert_eq!((&real["checksImported"], &real["dryRun"]), (&dry["checksImported"], &json!(false)));
}

#[tokio::test]
async fn a_run_whose_sides_differ_is_measured_for_its_alarm() {
    let logs = Logs::capture();
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let books = json!({ "seed": 7, "checks_only": true, "sizes": { "purchases": 30, "payments": 10 } });
    place.stand_ins.control(&format!("books/{LARKSPUR}"), books).await;
    place.import(SYNC, &json!({})).await;
    // The record that loses its id is stored, and on no page.
    place.stand_ins.control("faults", json!({ "at": "records", "kind": "without_id", "times": 1 })).await;
    let id = place.import(SYNC, &json!({ "full": true })).await.json()["data"]["syncId"].as_str().expect("an id").to_owned();
    let run = place.data(&format!("/v1/syncs/{id}")).await;
    assert_eq!((&run["status"], &run["reconciliation"]["matches"]), (&json!("completed"), &json!(false)), "{run}");
    let measured = measurements(&logs.metric_lines());
    let imports = measured.iter().filter(|it| it.is_of(NAMESPACE, "Imports", &["outcome"]));
    let outcomes: Vec<_> = imports.map(|it| it.dimensions["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["completed", "mismatched"]);
}
