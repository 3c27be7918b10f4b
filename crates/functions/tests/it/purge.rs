//! `DELETE /api/connections/{company_key}?purge=true`: what is stored of the connection is removed, and both its answer and the
//! connection say how far that is.

use std::time::Duration;

use axum::http::Method;
use counterfoil_functions::worker::purger::purge;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, HARBOR, Installation, LARKSPUR, get, post};

const SYNC: &str = "/v1/oauth/quickbooks/sync";

async fn delete(place: &Installation, query: &str) -> Answer {
    Ask::new(Method::DELETE, format!("/api/connections/beach-blend{query}")).key(&place.key).to(&place.server).await
}

async fn read(place: &Installation, path: &str) -> Answer {
    get(path).key(&place.key).to(&place.server).await
}

async fn data(place: &Installation, path: &str) -> Value {
    read(place, path).await.json()["data"].clone()
}

async fn import(place: &Installation) -> Value {
    post(SYNC).key(&place.key).to(&place.server).await.json()["data"].clone()
}

/// Runs the worker until nothing is due any more.
pub(crate) async fn work(place: &Installation) {
    for _ in 0..3 {
        let report = purge(&place.app(), Duration::from_secs(600)).await;
        report.unwrap_or_else(|error| panic!("{error}"));
        place.pass(31).await;
    }
}

#[tokio::test]
async fn the_answer_and_the_connection_say_how_far_the_purge_is() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    assert!(place.connection("beach-blend").await.json().get("purge").is_none(), "there was none");
    let sync = import(&place).await["syncId"].as_str().expect("an id").to_owned();
    let check = data(&place, "/v1/checks?limit=1").await[0]["id"].as_str().expect("an id").to_owned();

    let answer = delete(&place, "?purge=true").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let begun = answer.json();
    assert_eq!(
        (&begun["status"], &begun["company_name"], &begun["revocation"]),
        (&json!("disconnected"), &json!(""), &json!("settled"))
    );
    let requested_at = begun["purge"]["requested_at"].clone();
    let running = json!({ "status": "running", "removed": 0, "requested_at": requested_at, "completed_at": null });
    assert_eq!(begun["purge"], running);
    assert_eq!(place.connection("beach-blend").await.json()["purge"], running);
    assert_eq!(delete(&place, "?purge=true").await.json()["purge"], running, "once more");

    work(&place).await;
    let done = place.connection("beach-blend").await.json()["purge"].clone();
    assert_eq!((&done["status"], &done["requested_at"]), (&json!("completed"), &requested_at));
    assert!(done["removed"].as_u64() > Some(165) && done["completed_at"].as_i64() >= requested_at.as_i64(), "{done}");
    assert_eq!(delete(&place, "?purge=true").await.json()["purge"], done);
    assert_eq!(delete(&place, "").await.json()["purge"], done);
    for list in ["/v1/checks", "/v1/syncs", "/v1/checks?companyKey=beach-blend&updatedSince=2020-01-01T00:00:00Z"] {
        assert_eq!(data(&place, list).await, json!([]), "{list}");
    }
    for gone in [format!("/v1/checks/{check}"), format!("/v1/syncs/{sync}")] {
        assert_eq!(read(&place, &gone).await.status, 404, "{gone}");
    }
    let listed = read(&place, "/api/connections").await.json()["connections"][0].clone();
    assert_eq!((&listed["status"], listed.get("purge")), (&json!("disconnected"), None));

    place.connect("beach-blend", LARKSPUR).await;
    let again = place.connection("beach-blend").await.json();
    assert_eq!((&again["status"], &again["company_name"]), (&json!("active"), &json!("Larkspur Roofing LLC")));
    assert_eq!(again["purge"], done);
    assert_eq!(import(&place).await["checksImported"], 165, "as if for the first time");
}

#[tokio::test]
async fn another_value_of_purge_is_refused_and_false_keeps_everything() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    import(&place).await;
    for (query, code) in [
        ("?purge=", "empty_parameter"),
        ("?purge=1", "invalid_parameter"),
        ("?purge=TRUE", "invalid_parameter"),
        ("?purge=true&purge=true", "repeated_parameter"),
    ] {
        assert_eq!(delete(&place, query).await.problem(), (400, code.to_owned()), "{query}");
    }
    assert_eq!(place.connection("beach-blend").await.json()["status"], "active");
    let kept = delete(&place, "?purge=false").await.json();
    assert_eq!(
        (&kept["status"], &kept["company_name"], kept.get("purge")),
        (&json!("disconnected"), &json!("Larkspur Roofing LLC"), None)
    );
    work(&place).await;
    assert_eq!(data(&place, "/v1/checks?limit=1").await.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_import_of_several_connections_has_one_less_and_is_over() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.connect("harbor", HARBOR).await;
    let group = import(&place).await["syncId"].as_str().expect("an id").to_owned();
    let whole = async || data(&place, &format!("/v1/syncs/{group}")).await;
    assert_eq!(whole().await["connectionsTotal"], 2);
    delete(&place, "?purge=true").await;
    work(&place).await;
    let left = whole().await;
    assert_eq!((&left["status"], &left["connectionsTotal"]), (&json!("completed"), &json!(1)));
    assert_eq!(left["connections"].as_array().expect("a list").len(), 1);
    assert_eq!(left["connections"][0]["companyKey"], "harbor");
    assert_eq!(data(&place, &format!("/v1/syncs?parentId={group}")).await.as_array().map(Vec::len), Some(1));
}
