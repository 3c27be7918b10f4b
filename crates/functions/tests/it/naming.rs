//! Who may name a connection, and what an anonymous start reveals about existing ones (O-20, O-17).

use counterfoil_core::model::api_key::Scope;
use serde_json::json;

use crate::authorize::authorize;
use crate::exchange::refusal;
use crate::harness::{Answer, Browser, HARBOR, Installation, LARKSPUR, OTHER_KEYS, get, parameter};
use crate::platforms::callback;

/// A whole consent in a browser for one of Intuit's companies.
async fn consent(place: &Installation, start: &str, realm: &str) -> Answer {
    let mut curl = Browser::curl(&place.server);
    let callback = callback(place, &mut curl, start, &[("realm", realm)]).await;
    curl.get(callback).await
}

#[tokio::test]
async fn o20_a_publishable_key_can_name_no_connection() {
    for open in ["true", "false"] {
        let place = Installation::start_with(&[("OPEN_START", open)]).await;
        place.partner("rival", &[]).await;
        for (partner, may) in [("default", open == "true"), ("rival", false)] {
            let publishable = place.key_of(partner, &[Scope::ConsentStart]).await;
            let by_header = get("/oauth/start/acme").key(&publishable).to(&place.server).await;
            let by_address = get(format!("/oauth/start/acme?api_key={publishable}")).to(&place.server).await;
            for (answer, is_browsers) in [(by_header, false), (by_address, true)] {
                if may {
                    assert_eq!((answer.status, answer.header("set-cookie").is_some()), (302, is_browsers), "{}", answer.body);
                } else {
                    assert_eq!(answer.problem(), (403, "insufficient_scope".to_owned()), "{partner}, OPEN_START={open}");
                }
            }
            let named = authorize("quickbooks", "&companyKey=acme").replace("default", partner);
            let handed = get(named).key(&publishable).to(&place.server).await;
            assert_eq!(refusal(&handed), (403, "insufficient_scope".to_owned()), "{partner}, OPEN_START={open}");
        }
        let nobodys = get(authorize("quickbooks", "&companyKey=acme")).to(&place.server).await;
        assert_eq!(refusal(&nobodys), (401, "unauthenticated".to_owned()), "no code for what a browser has named");
    }
}

#[tokio::test]
async fn o20_a_name_with_a_platforms_prefix_is_its_companys_alone() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let own = format!("quickbooks-{HARBOR}");
    let with_key = format!("?api_key={}", place.key);
    for authority in ["", with_key.as_str()] {
        for key in [own.as_str(), "quickbooks-main"] {
            let squat = consent(&place, &format!("/oauth/start/{key}{authority}"), LARKSPUR).await;
            assert_eq!(squat.problem(), (409, "reserved_company_key".to_owned()), "{key}{authority}");
        }
    }
    let link = json!({ "platform": "quickbooks", "companyKey": own });
    let by_link = consent(&place, &crate::links::made(&place, link).await, LARKSPUR).await;
    assert_eq!(parameter(by_link.location(), "error").as_deref(), Some("reserved_company_key"));
    assert!(place.rows.under("CONN#", "STATE").await.is_empty());
    let other = get(format!("/oauth/start/{own}?platform=xero")).key(&place.key).to(&place.server).await;
    assert_eq!(other.problem(), (400, "reserved_company_key".to_owned()), "said at once to whoever may know");

    let real = consent(&place, &authorize("quickbooks", ""), HARBOR).await;
    assert!(parameter(real.location(), "code").is_some(), "{}", real.location());
    let named = consent(&place, &format!("/oauth/start/{own}"), HARBOR).await;
    assert_eq!((named.status, named.text("realm_id").as_str()), (200, HARBOR));
}

#[tokio::test]
async fn o20_a_connection_that_has_such_a_name_stays_renewable_and_gives_way_once_disconnected() {
    let place = Installation::start().await;
    let taken = format!("quickbooks-{HARBOR}");
    place.connect("acme", LARKSPUR).await;
    place.rows.copy("acme", &taken).await;
    place.rows.copy("acme", "xero-1").await;
    for key in [taken.as_str(), "xero-1"] {
        let renewed = consent(&place, &format!("/oauth/start/{key}?platform=quickbooks"), LARKSPUR).await;
        assert_eq!((renewed.status, renewed.text("realm_id").as_str()), (200, LARKSPUR), "{key}");
    }
    let switched = consent(&place, &format!("/oauth/start/xero-1?api_key={}", place.key), HARBOR).await;
    assert_eq!(switched.problem(), (409, "reserved_company_key".to_owned()), "not switched, by a key either");
    let unnamed = consent(&place, &authorize("quickbooks", ""), HARBOR).await;
    assert_eq!(parameter(unnamed.location(), "error").as_deref(), Some("other_company"), "while it lives");

    place.rows.disconnect(&taken).await;
    let real = consent(&place, &format!("/oauth/start/{taken}"), HARBOR).await;
    assert_eq!((real.status, real.text("realm_id").as_str()), (200, HARBOR));
    assert_eq!(real.text("company_name"), "Harbor & Pine Florists");
    let epoch = &place.rows.connection(&taken).await.expect("the connection")["epoch"];
    assert_eq!(epoch.as_n().map(String::as_str), Ok("3"), "it only ever rises");
}

#[tokio::test]
async fn o17_an_anonymous_start_has_the_same_answer_whichever_connections_exist() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for key in ["living", "disconnected"] {
        place.connect(key, LARKSPUR).await;
    }
    place.rows.disconnect("disconnected").await;
    let sandbox = "4620816365000000001";
    let tried = consent(&place, "/oauth/start/tried?company_name=Sandbox", sandbox).await;
    assert_eq!(tried.json()["uses_sandbox_credentials"], json!(true), "{}", tried.body);
    for query in ["", "?platform=xero", "?company_name=Other", "?company_name=sandbox"] {
        place.wire.reset();
        let mut seen = Vec::new();
        for key in ["living", "disconnected", "tried", "unknown"] {
            let answer = get(format!("/oauth/start/{key}{query}")).to(&place.server).await;
            let mut page = url::Url::parse(answer.location()).expect("a whole address");
            let fixed: Vec<_> =
                page.query_pairs().into_owned().filter(|(name, _)| !["state", "code_challenge"].contains(&&**name)).collect();
            page.set_query(None);
            let cookie = answer.header("set-cookie").map(|cookie| cookie.split_once(';').expect("rules").1.to_owned());
            seen.push((answer.status, page.to_string(), fixed, cookie, place.wire.counts()));
            place.wire.reset();
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{query}: {seen:?}");
        assert_eq!(seen[0].0, 302);
    }
}

#[tokio::test]
async fn o17_an_anonymous_consent_does_not_postpone_a_revocation() {
    let place = Installation::start().await;
    place.connect("shop", LARKSPUR).await;
    place.stand_ins.fault("revoke", "status").await;
    let gone =
        crate::harness::Ask::new(axum::http::Method::DELETE, "/api/connections/shop").key(&place.key).to(&place.server).await;
    assert_eq!(gone.json()["platform_told"], json!(false), "{}", gone.body);
    let due = async || place.rows.under("CONN#default#shop", "REVOCATION#").await[0]["due_at"].clone();
    let before = due().await;
    assert_eq!(consent(&place, "/oauth/start/shop", HARBOR).await.problem(), (409, "connection_disconnected".to_owned()));
    assert_eq!(due().await, before);
}
