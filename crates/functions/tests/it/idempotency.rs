//! `Idempotency-Key` (A-9): a request that is sent again is carried out once, and gets the same answer.

use std::time::Duration;

use counterfoil_core::model::api_key::Scope;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_functions::routes::routes;
use counterfoil_testkit::wire::{Fault, Rule};
use futures_util::future::join_all;

use crate::exchange::refusal;
use crate::harness::{Answer, Ask, Installation, LARKSPUR, RETURN_URL, get, post, text};

const LINKS: &str = "/v1/connect-links";
const SYNC: &str = "/v1/oauth/quickbooks/sync";
const BODY: &str = r#"{"platform":"quickbooks"}"#;
/// A second more than an attempt may take.
const ATTEMPT_IS_OVER: u32 = 36;

fn keyed(place: &Installation, path: &str, key: &str, body: &'static str) -> Ask {
    let ask = post(path).key(&place.key).header("idempotency-key", key);
    if body.is_empty() { ask } else { ask.header("content-type", "application/json").body(body) }
}

/// Asks for a link.
async fn ask(place: &Installation, key: &str, body: &'static str) -> Answer {
    keyed(place, LINKS, key, body).to(&place.server).await
}

async fn links(place: &Installation) -> usize {
    place.rows.under("PARTNER#", "LINK#").await.len()
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed").is_some_and(|replayed| replayed == "true")
}

fn in_progress() -> (u16, String) {
    (409, "idempotency_in_progress".to_owned())
}

#[tokio::test]
async fn a9_a_repeated_request_gets_the_first_answer() {
    let place = Installation::start().await;
    place.wire.reset();
    let first = ask(&place, "key-1", BODY).await;
    assert_eq!((first.status, is_replay(&first)), (201, false), "{}", first.body);
    let writes = ["PutItem", "UpdateItem"].map(|operation| place.wire.counts()[operation]);
    assert_eq!((writes, place.wire.counts().get("DeleteItem")), ([1, 1], None), "docs/cost.md");
    for server in [&place.server, &place.process(&[])] {
        place.pass(60).await;
        let again = keyed(&place, LINKS, "key-1", BODY).to(server).await;
        assert_eq!((again.status, &again.body, is_replay(&again)), (201, &first.body, true));
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
    for other in [r#"{"platform":"xero"}"#, r#"{ "platform":"quickbooks"}"#, ""] {
        assert_eq!(refusal(&ask(&place, "key-1", other).await), (422, "idempotency_key_reused".to_owned()), "{other}");
    }
    assert_eq!(links(&place).await, 1);

    let nothing = keyed(&place, SYNC, "key-1", r#"{"companyKey":"nobody"}"#).to(&place.server).await;
    assert_eq!(refusal(&nothing), (404, "not_found".to_owned()));
    let again = keyed(&place, SYNC, "key-1", r#"{"companyKey":"nobody"}"#).to(&place.server).await;
    assert_eq!((again.status, &again.body, is_replay(&again)), (404, &nothing.body, true));
}

#[tokio::test]
async fn a9_an_answer_under_way_goes_on_being_the_answer() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    // The import has no time before the function's end.
    let soon = place.clock.now() + Duration::from_secs(3);
    let first = keyed(&place, SYNC, "key-1", "").due_by(soon).to(&place.server).await;
    assert_eq!((first.status, first.json()["data"]["status"].as_str()), (202, Some("queued")), "{}", first.body);
    assert_eq!(post(SYNC).key(&place.key).to(&place.server).await.status, 200, "it has ended");
    let again = keyed(&place, SYNC, "key-1", "").to(&place.server).await;
    assert_eq!((again.status, &again.body, is_replay(&again)), (202, &first.body, true));
    let next = keyed(&place, SYNC, "key-2", "").to(&place.server).await;
    assert_ne!(next.json()["data"]["syncId"], first.json()["data"]["syncId"]);
}

#[tokio::test]
async fn a9_of_many_equal_requests_at_once_one_is_carried_out() {
    let place = Installation::start().await;
    let servers = [place.process(&[]), place.process(&[])];
    let asked = servers.iter().cycle().take(30).map(|server| keyed(&place, LINKS, "key-1", BODY).to(server));
    let answers = join_all(asked).await;
    assert_eq!(links(&place).await, 1);
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(made.iter().filter(|answer| !is_replay(answer)).count(), 1);
    assert!(made.iter().all(|answer| answer.body == made[0].body));
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refusal(answer), in_progress());
    }
}

#[tokio::test]
async fn a9_while_the_first_request_is_under_way_the_others_are_told_to_wait() {
    let place = Installation::start().await;
    place.wire.reset();
    place.wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    let others = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !place.wire.counts().contains_key("TransactWriteItems") {
            ticks.tick().await;
        }
        let other = ask(&place, "key-1", BODY).await;
        assert_eq!((refusal(&other), other.header("retry-after")), (in_progress(), Some("2")));
        assert_eq!(refusal(&ask(&place, "key-1", "{}").await), (422, "idempotency_key_reused".to_owned()));
        place.wire.release();
    };
    let (first, ()) = tokio::join!(ask(&place, "key-1", BODY), others);
    assert_eq!(first.status, 201);
    assert_eq!(ask(&place, "key-1", BODY).await.body, first.body);
}

#[tokio::test]
async fn a9_an_attempt_that_died_is_repeated_after_its_end_with_the_same_body_alone() {
    let place = Installation::start().await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::Hold));
    let dying = keyed(&place, LINKS, "key-1", BODY);
    let server = place.server.clone();
    let dying = tokio::spawn(async move { dying.to(&server).await });
    place.wire.held().await;
    dying.abort();
    assert_eq!(refusal(&ask(&place, "key-1", BODY).await), in_progress());
    place.pass(ATTEMPT_IS_OVER).await;
    assert_eq!(refusal(&ask(&place, "key-1", "{}").await), (422, "idempotency_key_reused".to_owned()));
    let second = ask(&place, "key-1", BODY).await;
    assert_eq!((second.status, is_replay(&second)), (201, false), "{}", second.body);
    assert_eq!(ask(&place, "key-1", BODY).await.body, second.body);
    assert_eq!(links(&place).await, 1);
}

#[tokio::test]
async fn a9_an_answer_that_is_no_result_frees_the_key() {
    let place = Installation::start().await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::Throttled).times(20));
    assert_eq!(refusal(&ask(&place, "key-1", BODY).await), (503, "storage_unavailable".to_owned()));
    place.wire.reset();
    assert_eq!(ask(&place, "key-1", BODY).await.status, 201);

    for body in ["[]", "{", r#"{"platform":"sage"}"#, r#"{"platform":"quickbooks","redirectUri":"https://evil.example.com"}"#] {
        assert_eq!(ask(&place, "key-2", body).await.status, 400, "{body}");
    }
    let corrected = ask(&place, "key-2", BODY).await;
    assert_eq!((corrected.status, is_replay(&corrected)), (201, false), "{}", corrected.body);
    assert_eq!(links(&place).await, 2);
}

#[tokio::test]
async fn a9_a_lost_answer_of_the_table_neither_repeats_a_request_nor_blocks_its_key() {
    let place = Installation::start().await;
    for (number, operation) in ["PutItem", "UpdateItem", "TransactWriteItems"].into_iter().enumerate() {
        place.wire.inject(Rule::on(operation, Fault::TimeoutAfterApply));
        let first = ask(&place, operation, BODY).await;
        assert_eq!(first.status, 201, "{operation}: {}", first.body);
        assert_eq!(ask(&place, operation, BODY).await.body, first.body, "{operation}");
        assert_eq!(links(&place).await, number + 1, "{operation}");
    }
    place.wire.inject(Rule::on("PutItem", Fault::TimeoutAfterApply).times(20));
    assert_eq!(refusal(&ask(&place, "begun", BODY).await), (503, "storage_unavailable".to_owned()));
    place.wire.reset();
    assert_eq!(ask(&place, "begun", BODY).await.status, 201, "nothing was begun, and the caller was told to try again");

    place.wire.inject(Rule::on("UpdateItem", Fault::InternalServerError).times(20));
    assert_eq!(ask(&place, "ended", BODY).await.status, 201, "it is carried out");
    place.wire.reset();
    assert_eq!(refusal(&ask(&place, "ended", BODY).await), in_progress(), "its answer was not kept");
    place.pass(ATTEMPT_IS_OVER).await;
    assert_eq!(ask(&place, "ended", BODY).await.status, 201, "it is carried out again");
    assert_eq!(links(&place).await, 6);
}

#[tokio::test]
async fn a9_a_key_is_good_for_one_partner_one_path_and_one_day() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let first = ask(&place, "key-1", BODY).await;
    let rivals = post(LINKS).key(&rival).header("idempotency-key", "key-1").header("content-type", "application/json");
    let rivals = rivals.body(BODY).to(&place.server).await;
    assert_eq!((rivals.status, is_replay(&rivals)), (201, false));
    let (sync, invoices) = (SYNC, "/v1/oauth/quickbooks/import-invoices");
    for path in [sync, invoices] {
        let elsewhere = keyed(&place, path, "key-1", "").to(&place.server).await;
        assert_eq!((elsewhere.status, is_replay(&elsewhere)), (200, false), "{}", elsewhere.body);
    }
    assert_eq!(place.rows.under("REQUEST#", "REQUEST").await.len(), 4, "each in a partition of its own");

    place.clock.advance(Duration::from_secs(86_390));
    assert_eq!(ask(&place, "key-1", BODY).await.body, first.body);
    place.clock.advance(Duration::from_secs(10));
    let next = ask(&place, "key-1", r#"{"platform":"xero"}"#).await;
    assert_eq!((next.status, is_replay(&next)), (201, false), "though DynamoDB has not removed the row: {}", next.body);
}

#[tokio::test]
async fn a9_a_key_that_is_not_one_is_refused_and_nothing_begins() {
    let place = Installation::start().await;
    let invalid = || (400, "invalid_idempotency_key".to_owned());
    let too_long = "x".repeat(256);
    for key in ["", " ", "a b", "ü", &too_long] {
        assert_eq!(refusal(&ask(&place, key, BODY).await), invalid(), "{key}");
    }
    let twice = keyed(&place, LINKS, "key-1", BODY).header("idempotency-key", "key-1").to(&place.server).await;
    assert_eq!(refusal(&twice), invalid());
    assert_eq!(ask(&place, &too_long[1..], BODY).await.status, 201);

    let before = place.rows.under("REQUEST#", "").await.len();
    let lesser = place.key_of("default", &[Scope::ConnectionsRead]).await;
    for (key, status) in [("nobody's", 401), (lesser.as_str(), 403)] {
        let refused = post(LINKS).key(key).header("idempotency-key", "key-2").body(BODY).to(&place.server).await;
        assert_eq!(refused.status, status);
    }
    let large = keyed(&place, LINKS, "key-2", "").body("x".repeat(65_537)).to(&place.server).await;
    assert_eq!(refusal(&large), (413, "body_too_large".to_owned()));
    assert_eq!((links(&place).await, place.rows.under("REQUEST#", "").await.len()), (1, before));
}

#[tokio::test]
async fn a9_the_row_has_neither_the_key_nor_the_answer_in_clear() {
    let place = Installation::start().await;
    let made = ask(&place, "a-key-to-look-for", BODY).await;
    let data = made.json()["data"].clone();
    let [url, id] = ["url", "id"].map(|name| data[name].as_str().expect("text").to_owned());
    let token = url.rsplit('/').next().expect("a token");
    let rows = place.rows.under("REQUEST#", "REQUEST").await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let answer = row["answer"].as_b().expect("bytes").as_ref();
    for canary in ["a-key-to-look-for", token, &id, "quickbooks"] {
        assert!(!String::from_utf8_lossy(answer).contains(canary), "{canary}");
        assert!(!format!("{row:?}").contains(canary), "{canary}");
    }
    assert_eq!(text(row, "PK").rsplit('#').next().map(str::len), Some(64), "a hash");
    let ttl: i64 = row["ttl"].as_n().expect("a number").parse().expect("seconds");
    assert_eq!(ttl, crate::harness::BEGINNING + 86_400);
}

#[tokio::test]
async fn a9_pages_may_send_the_key_and_read_what_comes_with_it() {
    let place = Installation::start().await;
    let origin = url::Url::parse(RETURN_URL).expect("an address").origin().ascii_serialization();
    let preflight = Ask::new(axum::http::Method::OPTIONS, LINKS).header("origin", &origin).to(&place.server).await;
    assert!(preflight.header("access-control-allow-headers").is_some_and(|names| names.contains("idempotency-key")));
    for (body, status) in [(BODY, 201), (BODY, 201), ("{}", 422)] {
        let answer = keyed(&place, LINKS, "key-1", body).header("origin", &origin).to(&place.server).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (status, Some(&*origin)));
        let exposed = answer.header("access-control-expose-headers").expect("headers").split(", ").collect::<Vec<_>>();
        for name in ["idempotency-replayed", "link", "retry-after"] {
            assert!(exposed.contains(&name), "{exposed:?}");
        }
    }
}

#[tokio::test]
async fn a9_the_routes_that_create_or_start_something_take_the_key() {
    let taking: Vec<_> = routes().iter().filter(|route| route.is_idempotent).map(|route| (route.method, route.path)).collect();
    let expected = [
        LINKS,
        "/v1/api-keys",
        "/v1/api-keys/{id}/rotate",
        "/v1/oauth/{platform}/sync",
        "/v1/oauth/{platform}/import-invoices",
        "/v1/deliveries/{id}/replay",
        "/v1/webhooks",
        "/v1/webhooks/{id}/rotate-secret",
        "/v1/webhooks/{id}/test",
        "/v1/webhooks/{id}/replay",
    ]
    .map(|path| ("POST", path));
    assert_eq!(taking, expected);
    let place = Installation::start().await;
    let ignored = get(LINKS).key(&place.key).header("idempotency-key", "not a key").to(&place.server).await;
    assert_eq!(ignored.status, 200, "{}", ignored.body);
}
