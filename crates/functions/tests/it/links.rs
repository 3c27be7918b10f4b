//! Connect links: made by a server, sent to a customer, opened in a browser (O-12).

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::port::clock::Clock as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::exchange::refusal;
use crate::harness::{Answer, Ask, BASE_URL, Browser, HARBOR, Installation, LARKSPUR, RETURN_URL, get, parameter};
use crate::platforms::callback;

async fn send(place: &Installation, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
    let ask = Ask::new(method, path).key(key);
    let ask = match body {
        Some(body) => ask.header("content-type", "application/json").body(body.to_string()),
        None => ask,
    };
    ask.to(&place.server).await
}

async fn create(place: &Installation, body: Value) -> Value {
    let answer = send(place, Method::POST, "/v1/connect-links", &place.key, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["data"].clone()
}

/// The path of a new link.
pub(crate) async fn made(place: &Installation, body: Value) -> String {
    path(&create(place, body).await).to_owned()
}

/// The path of a link, which begins with our own address.
fn path(link: &Value) -> &str {
    link["url"].as_str().and_then(|url| url.strip_prefix(BASE_URL)).unwrap_or_else(|| panic!("no address: {link}"))
}

async fn list(place: &Installation, query: &str) -> Value {
    get(format!("/v1/connect-links{query}")).key(&place.key).to(&place.server).await.json()
}

#[tokio::test]
async fn o12_a_link_connects_what_it_was_made_for_in_the_browser_that_opens_it() {
    let place = Installation::start_with(&[("OPEN_START", "false")]).await;
    let made =
        create(&place, json!({ "platform": "quickbooks", "companyKey": "shop", "companyName": "The Shop", "state": "s" })).await;
    assert_eq!((&made["status"], &made["companyKey"]), (&json!("active"), &json!("shop")));
    assert_eq!([&made["createdAt"], &made["expiresAt"]], [&json!("2026-03-02T09:00:00Z"), &json!("2026-03-09T09:00:00Z")]);
    let mut browser = Browser::at(&place.server);
    let good = callback(&place, &mut browser, path(&made), &[("realm", LARKSPUR)]).await;
    assert_eq!(Browser::curl(&place.server).get(&good).await.problem(), (400, "wrong_browser".to_owned()));
    place.pass(1).await;
    let told = browser.get(&good).await.location().to_owned();
    assert!(told.starts_with(RETURN_URL) && parameter(&told, "code").is_some(), "{told}");
    assert_eq!(parameter(&told, "state").as_deref(), Some("s"));
    assert_eq!(place.connection("shop").await.text("company_name"), "The Shop");
    let id = made["id"].as_str().expect("an id");
    assert_eq!(place.rows.history("shop").await, [format!("connected by link:{id}")]);
    assert_eq!(place.rows.refusals("default").await, ["callback_refused: wrong_browser x1"]);
}

#[tokio::test]
async fn o16_a_link_may_switch_the_company_and_revive_what_was_disconnected() {
    let place = Installation::start().await;
    place.connect("shop", LARKSPUR).await;
    for realm in [HARBOR, LARKSPUR] {
        let made = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop" })).await;
        assert!(parameter(&told(&place, path(&made), realm).await, "code").is_some());
        assert_eq!(place.connection("shop").await.text("realm_id"), realm);
        place.rows.disconnect("shop").await;
    }
}

/// From a link to where the browser goes in the end.
async fn told(place: &Installation, link: &str, realm: &str) -> String {
    let mut browser = Browser::curl(&place.server);
    let good = callback(place, &mut browser, link, &[("realm", realm)]).await;
    browser.get(&good).await.location().to_owned()
}

/// What the list says of a link, and what opening it answers.
async fn stands(place: &Installation, made: &Value) -> (String, u16) {
    let listed = list(place, "").await;
    let links = listed["data"].as_array().expect("a list");
    let link = links.iter().find(|link| link["id"] == made["id"]).expect("the link");
    (link["status"].as_str().expect("text").to_owned(), get(path(made)).to(&place.server).await.status)
}

#[tokio::test]
async fn o12_a_link_ends_with_its_first_completed_consent() {
    let place = Installation::start().await;
    let made = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop" })).await;
    assert_eq!((&made["uses"], &made["used"]), (&json!(1), &json!(0)));
    let mut late = Browser::curl(&place.server);
    let begun = callback(&place, &mut late, path(&made), &[("realm", HARBOR)]).await;
    let mut unsure = Browser::curl(&place.server);
    let page = unsure.start(path(&made)).await;
    let cancelled = unsure.get(place.intuit.cancel(&page).await).await;
    assert_eq!(parameter(cancelled.location(), "error").as_deref(), Some("access_denied"));
    assert_eq!(stands(&place, &made).await, ("active".to_owned(), 200), "a consent that was refused is none");

    assert!(parameter(&told(&place, path(&made), LARKSPUR).await, "code").is_some());
    assert_eq!(stands(&place, &made).await, ("used".to_owned(), 404));
    assert_eq!(parameter(late.get(&begun).await.location(), "error").as_deref(), Some("link_used"));
    assert_eq!(place.connection("shop").await.text("realm_id"), LARKSPUR, "nothing was switched");
}

#[tokio::test]
async fn o12_of_many_consents_at_once_a_link_takes_as_many_as_it_has_uses() {
    let place = Installation::start().await;
    let made = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop", "uses": 2 })).await;
    let mut begun = Vec::new();
    for _ in 0..5 {
        let mut browser = Browser::curl(&place.server);
        let good = callback(&place, &mut browser, path(&made), &[("realm", LARKSPUR)]).await;
        begun.push((browser, good));
    }
    let ends = begun.into_iter().map(async |(mut browser, good)| browser.get(&good).await.location().to_owned());
    let ends = join_all(ends).await;
    assert_eq!(ends.iter().filter(|end| parameter(end, "code").is_some()).count(), 2, "{ends:?}");
    assert_eq!(ends.iter().filter(|end| parameter(end, "error").as_deref() == Some("link_used")).count(), 3, "{ends:?}");
    assert_eq!(list(&place, "").await["data"][0]["used"], json!(2));
}

#[tokio::test]
async fn o12_a_link_ends_with_the_key_that_made_it() {
    let place = Installation::start().await;
    let in_a_minute = place.clock.now() + jiff::SignedDuration::from_secs(60);
    let short = place.key_until("default", &Scope::ALL, Some(in_a_minute)).await;
    let revoked = place.key_of("default", &Scope::ALL).await;
    let make = async |key: &str| {
        let body = json!({ "platform": "quickbooks", "companyKey": "shop" });
        send(&place, Method::POST, "/v1/connect-links", key, Some(body)).await.json()["data"].clone()
    };
    let (of_short, of_revoked) = (make(&short).await, make(&revoked).await);
    assert_eq!(of_short["expiresAt"], json!("2026-03-02T09:01:00Z"), "not later than its key");
    let mut browser = Browser::curl(&place.server);
    let begun = callback(&place, &mut browser, path(&of_revoked), &[("realm", LARKSPUR)]).await;
    place.revoke(&revoked).await;
    assert_eq!(stands(&place, &of_revoked).await, ("revoked".to_owned(), 404));
    assert_eq!(parameter(browser.get(&begun).await.location(), "error").as_deref(), Some("authority_revoked"));
    assert!(place.rows.connection("shop").await.is_none());
    assert_eq!(stands(&place, &of_short).await, ("active".to_owned(), 200));
    place.pass(60).await;
    assert_eq!(stands(&place, &of_short).await, ("expired".to_owned(), 404));
}

#[tokio::test]
async fn o12_a_link_ends_with_a_disconnect_of_its_connection_for_good() {
    let place = Installation::start().await;
    let named = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop", "uses": 9 })).await;
    let unnamed = create(&place, json!({ "platform": "quickbooks", "uses": 9 })).await;
    let own = format!("quickbooks-{LARKSPUR}");
    let mut browser = Browser::curl(&place.server);
    let begun = callback(&place, &mut browser, path(&named), &[("realm", LARKSPUR)]).await;
    for link in [&named, &unnamed] {
        assert!(parameter(&told(&place, path(link), LARKSPUR).await, "code").is_some());
    }
    place.pass(1).await;
    for key in ["shop", own.as_str()] {
        let gone = send(&place, Method::DELETE, &format!("/api/connections/{key}"), &place.key, None).await;
        assert_eq!(gone.status, 200, "{}", gone.body);
    }
    place.pass(1).await;
    let after = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop" })).await;
    for _ in 0..2 {
        assert_eq!(stands(&place, &named).await, ("revoked".to_owned(), 404));
        let end = told(&place, path(&unnamed), LARKSPUR).await;
        assert_eq!(parameter(&end, "error").as_deref(), Some("connection_disconnected"));
        // Once a later link, or a key, has brought them back, the same links stay over.
        if stands(&place, &after).await.1 == 200 {
            assert_eq!(parameter(browser.get(&begun).await.location(), "error").as_deref(), Some("connection_disconnected"));
            assert!(parameter(&told(&place, path(&after), LARKSPUR).await, "code").is_some());
            place.connect(&own, LARKSPUR).await;
        }
    }
}

#[tokio::test]
async fn o12_a_link_of_before_uses_and_keys_were_kept_is_good_for_one_consent() {
    let place = Installation::start().await;
    let made = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop" })).await;
    let mut row = place.rows.under("PARTNER#default", "LINK#").await.pop().expect("the link");
    for name in ["key_id", "uses", "used"] {
        row.remove(name);
    }
    place.rows.put(row).await;
    assert_eq!(stands(&place, &made).await, ("active".to_owned(), 200));
    assert!(parameter(&told(&place, path(&made), LARKSPUR).await, "code").is_some());
    assert_eq!(stands(&place, &made).await, ("used".to_owned(), 404));
}

#[tokio::test]
async fn o12_a_link_that_is_over_revoked_or_unknown_opens_nothing() {
    let place = Installation::start().await;
    let short = create(&place, json!({ "platform": "quickbooks", "expiresIn": 60 })).await;
    let revoked = create(&place, json!({ "platform": "quickbooks" })).await;
    let id = revoked["id"].as_str().expect("an id");
    for _ in 0..2 {
        let answer = send(&place, Method::DELETE, &format!("/v1/connect-links/{id}"), &place.key, None).await;
        assert_eq!((answer.status, &answer.json()["data"]["status"]), (200, &json!("revoked")));
    }
    place.pass(60).await;
    let damaged = format!("{}x", path(&revoked));
    for opened in [path(&short), path(&revoked), &damaged, "/connect/default.", "/connect/nobody.x", "/connect/x"] {
        let answer = get(opened).to(&place.server).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{opened}");
        let page = Browser::at(&place.server).get(opened).await;
        assert!(page.status == 404 && page.body.contains("Ask the sender"), "{}", page.body);
    }
    assert!(place.rows.under("FLOW#", "").await.is_empty());
    let history = place.rows.history_of("PARTNER#default").await;
    assert_eq!(history.iter().filter(|row| row.starts_with("link_created by key:")).count(), 2, "{history:?}");
    assert_eq!(history.iter().filter(|row| row.starts_with("link_revoked by key:")).count(), 1, "{history:?}");
    let statuses =
        list(&place, "").await["data"].as_array().expect("a list").iter().map(|link| link["status"].clone()).collect::<Vec<_>>();
    assert!(statuses.contains(&json!("expired")) && statuses.contains(&json!("revoked")), "{statuses:?}");
}

#[tokio::test]
async fn o12_a_customer_who_refused_reads_that_the_link_can_be_opened_again() {
    let place = Installation::start().await;
    place.partner("bare", &[]).await;
    let key = place.key_of("bare", &[Scope::ConnectionsWrite]).await;
    let made = send(&place, Method::POST, "/v1/connect-links", &key, Some(json!({ "platform": "quickbooks" }))).await.json();
    let mut browser = Browser::at(&place.server);
    let page = browser.start(path(&made["data"])).await;
    let result = browser.get(place.intuit.cancel(&page).await).await.location().to_owned();
    let shown = browser.get(&result).await;
    assert!(shown.status == 400 && shown.body.contains("open the link that you were sent once more"), "{}", shown.body);
    assert!(browser.start(path(&made["data"])).await.contains("/connect/oauth2"), "and it can");
}

#[tokio::test]
async fn o12_what_a_link_began_ends_with_its_revocation_and_not_with_its_end() {
    let place = Installation::start().await;
    let consented =
        async |made: &Value, browser: &mut Browser<'_>| callback(&place, browser, path(made), &[("realm", LARKSPUR)]).await;
    let revoked = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop" })).await;
    let mut browser = Browser::curl(&place.server);
    let late = consented(&revoked, &mut browser).await;
    let id = revoked["id"].as_str().expect("an id");
    send(&place, Method::DELETE, &format!("/v1/connect-links/{id}"), &place.key, None).await;
    assert_eq!(parameter(browser.get(&late).await.location(), "error").as_deref(), Some("authority_revoked"));
    assert!(place.rows.connection("shop").await.is_none());
    assert!(place.rows.history("shop").await.is_empty());
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: authority_revoked x1"]);

    let short = create(&place, json!({ "platform": "quickbooks", "expiresIn": 60 })).await;
    let slow = consented(&short, &mut browser).await;
    place.pass(61).await;
    assert!(parameter(browser.get(&slow).await.location(), "code").is_some());
}

#[tokio::test]
async fn o12_only_the_hash_of_a_link_is_kept_and_its_address_is_told_once() {
    let place = Installation::start().await;
    let made = create(&place, json!({ "platform": "xero" })).await;
    let token = path(&made).strip_prefix("/connect/").expect("its path");
    assert!(!format!("{:?}", place.rows.all().await).contains(token.rsplit('.').next().expect("a random part")));
    let listed = list(&place, "").await["data"][0].clone();
    assert_eq!((&listed["id"], listed.get("url")), (&made["id"], None));
}

#[tokio::test]
async fn a10_links_are_listed_by_pages_to_their_partner_alone() {
    let place = Installation::start().await;
    for _ in 0..3 {
        create(&place, json!({ "platform": "zoho" })).await;
    }
    let first = list(&place, "?limit=2").await;
    let cursor = first["nextCursor"].as_str().expect("more");
    let second = list(&place, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!((second["data"].as_array().map(Vec::len), &second["nextCursor"]), (Some(1), &Value::Null));
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    assert_eq!(get("/v1/connect-links").key(&rival).to(&place.server).await.json()["data"], json!([]));
    let id = first["data"][0]["id"].as_str().expect("an id");
    for id in [id, "0123456789abcdef", "x"] {
        let foreign = send(&place, Method::DELETE, &format!("/v1/connect-links/{id}"), &rival, None).await;
        assert_eq!(refusal(&foreign), (404, "not_found".to_owned()), "a2: {id}");
    }
    for cursor in ["x", &cursor[1..]] {
        let answer = get(format!("/v1/connect-links?cursor={cursor}")).key(&place.key).to(&place.server).await;
        assert_eq!(refusal(&answer), (400, "invalid_cursor".to_owned()));
    }
}

#[tokio::test]
async fn a4_an_invalid_link_is_refused_in_the_envelope() {
    let place = Installation::start().await;
    let long = "x".repeat(1_001);
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({ "platform": "sage" }), "invalid_parameter"),
        (json!({ "platform": "xero", "expiresIn": 59 }), "invalid_parameter"),
        (json!({ "platform": "xero", "expiresIn": 2_592_001 }), "invalid_parameter"),
        (json!({ "platform": "xero", "state": long }), "invalid_parameter"),
        (json!({ "platform": "xero", "uses": 0 }), "invalid_parameter"),
        (json!({ "platform": "xero", "uses": 101 }), "invalid_parameter"),
        (json!({ "platform": "xero", "uses": -1 }), "invalid_body"),
        (json!({ "platform": "xero", "companyKey": "a b" }), "invalid_company_key"),
        (json!({ "platform": "xero", "redirectUri": "https://evil.example/" }), "invalid_redirect_uri"),
        (json!({ "platform": "xero", "more": 1 }), "invalid_body"),
    ] {
        let answer = send(&place, Method::POST, "/v1/connect-links", &place.key, Some(body.clone())).await;
        assert_eq!(refusal(&answer), (400, code.to_owned()), "{body}");
    }
    let reader = place.key_of("default", &[Scope::ConnectionsRead]).await;
    let answer = send(&place, Method::POST, "/v1/connect-links", &reader, Some(json!({ "platform": "xero" }))).await;
    assert_eq!(refusal(&answer), (403, "insufficient_scope".to_owned()));
    assert_eq!(list(&place, "").await["data"], json!([]));
}
