//! `/v1/api-keys`: keys that a partner creates, lists, revokes and rotates with a key that has the scope `admin`.

use axum::http::Method;
use counterfoil_core::model::api_key::{PresentedKey, Scope};
use counterfoil_core::model::secret::Secret;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::exchange::refusal;
use crate::harness::{Answer, Ask, BEGINNING, Installation, at, get, post};

const KEYS: &str = "/v1/api-keys";
const DAY: u32 = 86_400;

fn ask(method: Method, path: &str, key: &str, body: &Value) -> Ask {
    Ask::new(method, path).key(key).header("content-type", "application/json").body(body.to_string())
}

async fn create(place: &Installation, key: &str, body: Value) -> Answer {
    ask(Method::POST, KEYS, key, &body).to(&place.server).await
}

/// A new key with these fields, made by the key that has every scope.
async fn made(place: &Installation, body: Value) -> Value {
    let answer = create(place, &place.key, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["data"].clone()
}

async fn rotate(place: &Installation, key: &str, id: &str, body: Value) -> Answer {
    ask(Method::POST, &format!("{KEYS}/{id}/rotate"), key, &body).to(&place.server).await
}

async fn revoke(place: &Installation, key: &str, id: &str) -> Answer {
    Ask::new(Method::DELETE, format!("{KEYS}/{id}")).key(key).to(&place.server).await
}

async fn list(place: &Installation, query: &str) -> Value {
    get(format!("{KEYS}{query}")).key(&place.key).to(&place.server).await.json()
}

/// Whether a key is accepted by a process that has not seen it before.
async fn is_accepted(place: &Installation, key: &str) -> bool {
    let status = get("/api/connections/nobody").key(key).to(&place.process(&[])).await.status;
    assert!([404, 401].contains(&status), "{status}");
    status == 404
}

fn id_of(key: &str) -> String {
    PresentedKey::parse(&Secret::new(key)).expect("well formed").id.to_string()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_else(|| panic!("no {field}: {of}"))
}

#[tokio::test]
async fn a1_a_key_is_created_and_its_text_is_answered_once() {
    let place = Installation::start().await;
    let made = made(&place, json!({ "name": " billing ", "scopes": ["tokens:read", "connections:read", "tokens:read"] })).await;
    let key = text(&made, "key").to_owned();
    assert!(key.starts_with("cf_live_default_") && text(&made, "id") == id_of(&key), "{made}");
    let without_text = json!({
        "id": id_of(&key), "name": "billing", "scopes": ["tokens:read", "connections:read"], "createdAt": "2026-03-02T09:00:00Z",
        "expiresAt": "2026-05-31T09:00:00Z", "lastUsedAt": "2026-03-02T09:00:00Z", "revokedAt": null,
    });
    let mut shown = made.clone();
    shown.as_object_mut().expect("an object").remove("key");
    assert_eq!(shown, without_text);
    assert!(is_accepted(&place, &key).await);
    let listed = list(&place, "").await;
    assert!(listed["data"].as_array().expect("a list").contains(&without_text), "{listed}");
    let random = &key[key.len() - 43..];
    assert!(!listed.to_string().contains(random) && !format!("{:?}", place.rows.all().await).contains(random));
    assert!(place.rows.history_of("PARTNER#default").await.contains(&format!("key_created by key:{}", id_of(&place.key))));
}

#[tokio::test]
async fn a1_a_key_expires_after_1_to_365_days_and_90_if_none_are_given() {
    let place = Installation::start().await;
    for (days, end) in
        [(json!(1), "2026-03-03T09:00:00Z"), (json!(365), "2027-03-02T09:00:00Z"), (Value::Null, "2026-05-31T09:00:00Z")]
    {
        let made = made(&place, json!({ "name": "n", "scopes": ["admin"], "expiresInDays": days })).await;
        assert_eq!(text(&made, "expiresAt"), end);
    }
    let short = made(&place, json!({ "name": "n", "scopes": ["connections:read"], "expiresInDays": 1 })).await;
    place.pass(DAY - 1).await;
    assert!(is_accepted(&place, text(&short, "key")).await);
    place.pass(1).await;
    assert!(!is_accepted(&place, text(&short, "key")).await);
}

#[tokio::test]
async fn a1_a_key_that_only_starts_consents_is_publishable_and_stays_so() {
    let place = Installation::start().await;
    let page = made(&place, json!({ "name": "page", "scopes": ["consent:start"] })).await;
    assert!(text(&page, "key").starts_with("cf_pub_default_"));
    let next = rotate(&place, &place.key, text(&page, "id"), json!({})).await.json();
    assert!(text(&next["data"], "key").starts_with("cf_pub_default_"));
}

#[tokio::test]
async fn a1_nobody_makes_or_rotates_a_key_that_may_do_more() {
    let place = Installation::start().await;
    let less = place.key_of("default", &[Scope::Admin, Scope::ConnectionsRead]).await;
    let before = place.rows.under("PARTNER#default", "KEY#").await;
    let refused = (403, "insufficient_scope".to_owned());
    for scopes in [json!(["tokens:read"]), json!(["admin", "connections:read", "tokens:read"]), json!(["consent:start"])] {
        assert_eq!(refusal(&create(&place, &less, json!({ "name": "n", "scopes": scopes })).await), refused, "{scopes}");
    }
    assert_eq!(refusal(&rotate(&place, &less, &id_of(&place.key), json!({ "overlapSeconds": 0 })).await), refused);
    assert_eq!(place.rows.under("PARTNER#default", "KEY#").await, before);
    for scopes in [json!(["admin", "connections:read"]), json!(["connections:read"])] {
        assert_eq!(create(&place, &less, json!({ "name": "n", "scopes": scopes })).await.status, 201, "{scopes}");
    }
    assert_eq!(revoke(&place, &less, &id_of(&place.key)).await.status, 200, "what it may not make it may revoke");
}

/// An answer that is kept for an `Idempotency-Key` has the text of a key.
#[tokio::test]
async fn a1_a_repeated_request_gets_the_key_of_the_first_only_if_the_caller_may_do_the_same() {
    let place = Installation::start().await;
    let less = place.key_of("default", &[Scope::Admin, Scope::ConnectionsRead]).await;
    let equal = place.key_of("default", &Scope::ALL).await;
    let body = json!({ "name": "n", "scopes": ["tokens:read"] });
    let send = async |key: &str| ask(Method::POST, KEYS, key, &body).header("idempotency-key", "k").to(&place.server).await;
    let first = send(&place.key).await;
    assert_eq!(first.status, 201);
    assert_eq!(send(&place.key).await.body, first.body);
    assert_eq!(send(&equal).await.body, first.body);
    assert_eq!(refusal(&send(&less).await), (403, "insufficient_scope".to_owned()));
    let random = text(&first.json()["data"], "key").rsplit('_').next().expect("a random part").to_owned();
    assert!(!format!("{:?}", place.rows.under("REQUEST#", "").await).contains(&random), "it is sealed");
    let path = format!("{KEYS}/{}/rotate", id_of(&equal));
    let send = async || post(&path).key(&place.key).header("idempotency-key", "k").to(&place.server).await;
    let rotated = send().await;
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    assert_eq!(send().await.body, rotated.body);
}

#[tokio::test]
async fn a1_a_rotated_key_is_valid_until_the_overlap_ends() {
    let place = Installation::start().await;
    let old = made(&place, json!({ "name": "n", "scopes": ["connections:read", "admin"], "expiresInDays": 30 })).await;
    let (id, old_text) = (text(&old, "id").to_owned(), text(&old, "key").to_owned());
    place.pass(10 * DAY).await;
    let new = rotate(&place, &old_text, &id, json!({ "overlapSeconds": 600 })).await;
    assert_eq!(new.status, 201, "a key rotates itself: {}", new.body);
    let new = new.json()["data"].clone();
    let same = |field: &str| assert_eq!(new[field], old[field], "{field}");
    ["name", "scopes"].into_iter().for_each(same);
    assert_eq!((text(&new, "createdAt"), text(&new, "expiresAt")), ("2026-03-12T09:00:00Z", "2026-04-11T09:00:00Z"));
    let listed = list(&place, "").await;
    let shown = listed["data"].as_array().expect("a list").iter().find(|key| key["id"] == id.as_str()).expect("the old key");
    assert_eq!((text(shown, "revokedAt"), text(shown, "expiresAt")), ("2026-03-12T09:10:00Z", "2026-04-01T09:00:00Z"));
    place.pass(599).await;
    assert!(is_accepted(&place, &old_text).await && is_accepted(&place, text(&new, "key")).await);
    place.pass(1).await;
    assert!(!is_accepted(&place, &old_text).await && is_accepted(&place, text(&new, "key")).await);

    let by_default = rotate(&place, &place.key, text(&new, "id"), json!({})).await;
    assert_eq!(by_default.status, 201);
    place.pass(DAY - 1).await;
    assert!(is_accepted(&place, text(&new, "key")).await);
    place.pass(1).await;
    assert!(!is_accepted(&place, text(&new, "key")).await);
    let next = by_default.json()["data"].clone();
    assert_eq!(rotate(&place, &place.key, text(&next, "id"), json!({ "overlapSeconds": 0 })).await.status, 201);
    assert!(!is_accepted(&place, text(&next, "key")).await, "without an overlap it ends at once");
}

#[tokio::test]
async fn a1_a_key_that_has_ended_or_was_rotated_is_not_rotated() {
    let place = Installation::start().await;
    let new = async || made(&place, json!({ "name": "n", "scopes": ["connections:read"], "expiresInDays": 1 })).await;
    let rotated = async |key: &Value| refusal(&rotate(&place, &place.key, text(key, "id"), json!({ "overlapSeconds": 0 })).await);
    let (revoked, expired, twice) = (new().await, new().await, new().await);
    assert_eq!(revoke(&place, &place.key, text(&revoked, "id")).await.status, 200);
    assert_eq!(rotate(&place, &place.key, text(&twice, "id"), json!({ "overlapSeconds": 60 })).await.status, 201);
    assert_eq!(rotated(&twice).await, (409, "key_rotated".to_owned()));
    assert!(is_accepted(&place, text(&twice, "key")).await, "its overlap is as it was");
    assert_eq!(rotated(&revoked).await, (409, "key_revoked".to_owned()));
    place.pass(DAY).await;
    assert_eq!(rotated(&expired).await, (409, "key_expired".to_owned()));
    assert_eq!(rotated(&twice).await, (409, "key_revoked".to_owned()), "its overlap is over");
    for unknown in ["0123456789abcdef", "x"] {
        let answer = rotate(&place, &place.key, unknown, json!({})).await;
        assert_eq!(refusal(&answer), (404, "not_found".to_owned()), "{unknown}");
    }
}

#[tokio::test]
async fn a1_of_rotations_at_once_one_makes_a_key() {
    let place = Installation::start().await;
    let old = made(&place, json!({ "name": "n", "scopes": ["connections:read"] })).await;
    let answers = join_all((0..10).map(|_| rotate(&place, &place.key, text(&old, "id"), json!({})))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        let (status, code) = refusal(answer);
        assert!([(409, "key_rotated"), (503, "storage_unavailable")].contains(&(status, code.as_str())), "{}", answer.body);
    }
    assert_eq!(place.rows.under("PARTNER#default", "KEY#").await.len(), 3);
}

#[tokio::test]
async fn a1_a_key_is_revoked_once_also_during_an_overlap_and_also_the_callers_own() {
    let place = Installation::start().await;
    let old = made(&place, json!({ "name": "n", "scopes": ["connections:read"] })).await;
    rotate(&place, &place.key, text(&old, "id"), json!({})).await;
    place.pass(1).await;
    let first = revoke(&place, &place.key, text(&old, "id")).await.json()["data"].clone();
    assert_eq!(text(&first, "revokedAt"), "2026-03-02T09:00:01Z");
    assert!(!is_accepted(&place, text(&old, "key")).await);
    place.pass(60).await;
    assert_eq!(revoke(&place, &place.key, text(&old, "id")).await.json()["data"], first);
    assert_eq!(refusal(&revoke(&place, &place.key, "0123456789abcdef").await), (404, "not_found".to_owned()));
    assert_eq!(revoke(&place, &place.key, &id_of(&place.key)).await.status, 200, "the last one with the scope admin");
    assert!(!is_accepted(&place, &place.key).await);
}

#[tokio::test]
async fn a10_keys_are_listed_by_pages_to_their_partner_alone() {
    let place = Installation::start().await;
    place.partner("rival", &[]).await;
    let rival = place.key_until("rival", &[Scope::Admin], Some(at(BEGINNING + 1))).await;
    for number in 0..4 {
        made(&place, json!({ "name": format!("key {number}"), "scopes": ["admin"] })).await;
    }
    let (mut names, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = list(&place, &query).await;
        names.extend(page["data"].as_array().expect("a list").iter().map(|key| text(key, "name").to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => query = format!("?limit=2&cursor={next}"),
            None => break,
        }
    }
    names.sort();
    assert_eq!(names, ["key 0", "key 1", "key 2", "key 3", "test"]);
    let theirs = get(KEYS).key(&rival).to(&place.server).await.json();
    assert_eq!(theirs["data"].as_array().expect("a list").len(), 1);
    let cursor = list(&place, "?limit=1").await["nextCursor"].as_str().expect("a cursor").to_owned();
    let answer = get(format!("{KEYS}?cursor={cursor}")).key(&rival).to(&place.server).await;
    assert_eq!(refusal(&answer), (400, "invalid_cursor".to_owned()));
}

#[tokio::test]
async fn a4_an_invalid_key_is_refused_in_the_envelope_and_nothing_is_stored() {
    let place = Installation::start().await;
    let before = place.rows.all().await;
    let good = json!({ "name": "n", "scopes": ["admin"] });
    let cases = [
        ("name", json!(""), "invalid_name"),
        ("name", json!("x".repeat(101)), "invalid_name"),
        ("name", json!("a\nb"), "invalid_name"),
        ("name", json!(1), "invalid_body"),
        ("name", Value::Null, "invalid_body"),
        ("scopes", json!([]), "invalid_scopes"),
        ("scopes", json!(["everything"]), "invalid_scopes"),
        ("scopes", json!("admin"), "invalid_body"),
        ("expiresInDays", json!(0), "invalid_parameter"),
        ("expiresInDays", json!(366), "invalid_parameter"),
        ("expiresInDays", json!(-1), "invalid_body"),
        ("expiresInDays", json!(1.5), "invalid_body"),
        ("expires_in_days", json!(1), "invalid_body"),
        ("publishable", json!(true), "invalid_body"),
    ];
    for (field, value, code) in cases {
        let mut body = good.clone();
        body[field] = value.clone();
        assert_eq!(refusal(&create(&place, &place.key, body).await), (400, code.to_owned()), "{field}: {value}");
    }
    let id = id_of(&place.key);
    for (body, code) in [
        (json!({ "overlapSeconds": 604_801 }), "invalid_parameter"),
        (json!({ "overlapSeconds": -1 }), "invalid_body"),
        (json!({ "overlap": 1 }), "invalid_body"),
        (json!([]), "invalid_body"),
    ] {
        assert_eq!(refusal(&rotate(&place, &place.key, &id, body.clone()).await), (400, code.to_owned()), "{body}");
    }
    assert_eq!(place.rows.all().await, before);
}
