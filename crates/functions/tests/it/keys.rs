//! API keys (A-1): where they are sent, why they are refused, and how long a revoked one still works.

use std::time::Duration;

use counterfoil_core::model::api_key::Scope;

use crate::harness::{Answer, Ask, BEGINNING, Installation, LARKSPUR, at, get};

const PATH: &str = "/api/token/beach-blend";

async fn connected() -> Installation {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place
}

#[tokio::test]
async fn a1_a_key_is_read_from_header_bearer_or_query_and_several_must_agree() {
    let place = connected().await;
    let key = &place.key;
    let in_query = format!("{PATH}?api_key={key}");
    let good = [
        get(PATH).key(key),
        get(PATH).header("authorization", format!("Bearer {key}")),
        get(PATH).header("authorization", format!("bEARER   {key}")),
        get(&in_query),
        get(&in_query).key(key).header("authorization", format!("Bearer {key}")),
        get(PATH).key(key).key(key),
        get(PATH).key(key).header("authorization", "Basic dXNlcjpwYXNz"),
    ];
    for ask in good {
        assert_eq!(ask.to(&place.server).await.status, 200);
    }
    let other = place.key_of("default", &Scope::ALL).await;
    let differing = [
        get(&in_query).key(&other),
        get(&in_query).header("authorization", format!("Bearer {other}")),
        get(PATH).key(key).header("authorization", format!("Bearer {other}")),
        get(PATH).key(key).key(&other),
    ];
    for ask in differing {
        assert_eq!(ask.to(&place.server).await.problem(), (400, "ambiguous_api_key".to_owned()));
    }
    let twice = get(format!("{in_query}&api_key={key}")).to(&place.server).await;
    assert_eq!(twice.problem(), (400, "repeated_parameter".to_owned()));
}

#[tokio::test]
async fn a1_every_invalid_key_gets_the_same_401() {
    let place = connected().await;
    let expired = place.key_until("default", &Scope::ALL, Some(at(BEGINNING))).await;
    let revoked = place.key_of("default", &Scope::ALL).await;
    place.revoke(&revoked).await;
    let unknown = format!("cf_live_default_{}", "A".repeat(43));
    let of_nobody = format!("cf_live_nobody_{}", &place.key[place.key.len() - 43..]);
    let cut = &place.key[..place.key.len() - 1];
    let swapped = place.key.replace("cf_live_", "cf_pub_");
    let missing = get(PATH).to(&place.server).await;
    insta::assert_json_snapshot!(missing.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "unauthenticated",
        "detail": "The API key is missing, unknown, expired or revoked.",
        "request_id": "[id]",
        "status": 401,
        "title": "Unauthorized",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 401
    }
    "#);
    for key in [&expired, &revoked, &unknown, &of_nobody, cut, &swapped, "", "x", &"x".repeat(5_000)] {
        let answer = get(PATH).key(key).to(&place.server).await;
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_eq!(without_id(&answer), without_id(&missing), "{key}");
    }
}

fn without_id(answer: &Answer) -> (u16, String) {
    (answer.status, answer.body.replace(&answer.text("request_id"), "[id]"))
}

#[tokio::test]
async fn a1_a_revoked_key_stops_working_within_a_minute() {
    let place = connected().await;
    let key = place.key_of("default", &[Scope::TokensRead]).await;
    let read = async |server| get(PATH).key(&key).to(server).await.status;
    assert_eq!(read(&place.server).await, 200);
    place.revoke(&key).await;
    let fresh = place.process(&[]);
    assert_eq!(read(&fresh).await, 401, "at once where it was not remembered");
    place.clock.advance(Duration::from_secs(60));
    assert_eq!(read(&place.server).await, 401, "and a minute later everywhere");
}

#[tokio::test]
async fn a1_a_key_stops_at_its_expiry_even_if_it_is_cached() {
    let place = connected().await;
    let key = place.key_until("default", &[Scope::TokensRead], Some(at(BEGINNING + 30))).await;
    let read = async || get(PATH).key(&key).to(&place.server).await.status;
    assert_eq!(read().await, 200);
    place.clock.advance(Duration::from_secs(29));
    assert_eq!(read().await, 200);
    place.clock.advance(Duration::from_secs(1));
    assert_eq!(read().await, 401);
}

#[tokio::test]
async fn a1_only_the_hash_of_a_key_is_stored_and_its_last_use_once_a_day() {
    let place = connected().await;
    let random = &place.key[place.key.len() - 43..];
    assert!(place.rows.all().await.iter().all(|row| !format!("{row:?}").contains(random)));
    place.wire.reset();
    for _ in 0..3 {
        place.pass(86_400).await;
        for _ in 0..3 {
            get("/api/connections/beach-blend").key(&place.key).to(&place.server).await;
        }
    }
    assert_eq!(place.wire.counts().get("UpdateItem"), Some(&3));
}

#[tokio::test]
async fn a1_a_key_that_is_not_plain_text_is_a_400() {
    let place = connected().await;
    let bytes = |ask: Ask| ask.header("x-api-key", b"\xff\xfe");
    assert_eq!(bytes(get(PATH)).to(&place.server).await.problem(), (400, "invalid_api_key".to_owned()));
}

/// The monotonic clock of a process that Lambda froze stands still.
#[tokio::test]
async fn a1_a_revoked_key_stops_working_within_a_minute_even_if_the_process_was_frozen() {
    let place = connected().await;
    let key = place.key_of("default", &[Scope::ConnectionsRead]).await;
    let read = async || get("/api/connections/beach-blend").key(&key).to(&place.server).await.status;
    assert_eq!(read().await, 200);
    place.revoke(&key).await;
    place.clock.set_wall(at(BEGINNING + 60));
    assert_eq!(read().await, 401);
}
