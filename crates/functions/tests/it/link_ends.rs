//! The end of a connect link: its uses, its key, its connection, its revocation (O-12).

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::port::clock::Clock as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Browser, HARBOR, Installation, LARKSPUR, get, parameter};
use crate::links::{create, list, path, send, told};
use crate::platforms::callback;

/// The status of a link in the list, and the answer when it is opened.
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
    let cancelled = unsure.get(place.stand_ins.cancel(&page).await).await;
    assert_eq!(parameter(cancelled.location(), "error").as_deref(), Some("access_denied"));
    assert_eq!(stands(&place, &made).await, ("active".to_owned(), 200), "a consent that was refused is none");

    assert!(parameter(&told(&place, path(&made), LARKSPUR).await, "code").is_some());
    assert_eq!(stands(&place, &made).await, ("used".to_owned(), 404));
    assert_eq!(parameter(late.get(&begun).await.location(), "error").as_deref(), Some("link_used"));
    assert_eq!(place.connection("shop").await.text("realm_id"), LARKSPUR, "nothing was switched");
}

#[tokio::test]
async fn o12_of_many_concurrent_consents_a_link_completes_as_many_as_it_has_uses() {
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
async fn o12_a_link_ends_with_the_key_that_created_it() {
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
        // A later link or key restores the connection, and the earlier links stay invalid.
        if stands(&place, &after).await.1 == 200 {
            assert_eq!(parameter(browser.get(&begun).await.location(), "error").as_deref(), Some("connection_disconnected"));
            assert!(parameter(&told(&place, path(&after), LARKSPUR).await, "code").is_some());
            place.connect(&own, LARKSPUR).await;
        }
    }
}

#[tokio::test]
async fn o12_a_link_of_an_earlier_version_can_complete_one_consent() {
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
async fn o12_an_expired_revoked_or_unknown_link_opens_nothing() {
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
async fn o12_a_consent_of_a_link_fails_if_the_link_is_revoked_but_not_if_it_expires() {
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
