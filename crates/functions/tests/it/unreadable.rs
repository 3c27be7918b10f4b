//! Whole runs over books with unreadable records: what the API shows of the run, and which records are stored.

use serde_json::{Value, json};

use crate::harness::{Installation, LARKSPUR, get, post};

/// An installation whose books have only checks: 30 purchases, and 10 bill payments.
async fn place() -> Installation {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let books = json!({ "seed": 7, "checks_only": true, "sizes": { "purchases": 30, "payments": 10 } });
    place.stand_ins.control(&format!("books/{LARKSPUR}"), books).await;
    place
}

async fn strike(place: &Installation, fault: &str) {
    place.stand_ins.control("faults", json!({ "at": "records", "kind": fault, "times": 1 })).await;
}

/// Runs an import, and returns the run as the API shows it.
async fn run(place: &Installation) -> Value {
    let answer = post("/v1/oauth/quickbooks/sync").key(&place.key).to(&place.server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.json()["data"]["syncId"].as_str().expect("an id").to_owned();
    get(format!("/v1/syncs/{id}")).key(&place.key).to(&place.server).await.json()["data"].clone()
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_counted_with_its_reason_and_costs_no_other() {
    for (fault, reason, has_id) in [
        ("amount_huge", "amount_unreadable", true),
        ("amount_absent", "amount_unreadable", true),
        ("date_out_of_range", "date_unreadable", true),
        ("without_id", "id_unreadable", false),
    ] {
        let place = place().await;
        strike(&place, fault).await;
        let run = run(&place).await;
        assert_eq!(
            (&run["status"], &run["errors"], &run["checksImported"]),
            (&json!("completed"), &json!(1), &json!(39)),
            "{fault}"
        );
        let sample = &run["errorSamples"][0];
        assert_eq!((&sample["reason"], &sample["entityType"]), (&json!(reason), &json!("Purchase")), "{fault}");
        assert_eq!(sample["externalId"].is_string(), has_id, "{fault}: {sample}");
        let reconciliation = &run["reconciliation"];
        assert_eq!(
            (&reconciliation["matches"], &reconciliation["stored"]["checks"]["count"]),
            (&json!(true), &json!(39)),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn an_unusual_record_that_can_be_read_is_no_error() {
    let faults = ["amount_of_other_type", "unknown_fields", "short_page", "repeated_page", "reordered_page", "cut_off"];
    for fault in faults {
        let place = place().await;
        strike(&place, fault).await;
        let run = run(&place).await;
        assert_eq!(
            (&run["status"], &run["errors"], &run["checksImported"]),
            (&json!("completed"), &json!(0), &json!(40)),
            "{fault}"
        );
        assert_eq!(run["reconciliation"]["matches"], json!(true), "{fault}");
    }
}

#[tokio::test]
async fn a_record_that_becomes_unreadable_stays_as_it_was() {
    let place = place().await;
    run(&place).await;
    let before = get("/v1/checks?limit=100").key(&place.key).to(&place.server).await.json();
    strike(&place, "amount_huge").await;
    let answer = post("/v1/oauth/quickbooks/sync").key(&place.key).header("content-type", "application/json");
    let answer = answer.body(r#"{"full":true}"#).to(&place.server).await.json()["data"].clone();
    assert_eq!((&answer["errors"], &answer["checksUpdated"]), (&json!(1), &json!(0)), "{answer}");
    assert_eq!(get("/v1/checks?limit=100").key(&place.key).to(&place.server).await.json(), before);
}
