//! Nobody gets data of another customer.

use counterfoil_core::model::api_key::Scope;
use serde_json::json;

use super::{VERSION, call, connected, health_check, json as ask, next, received, result, sign_in, user};
use crate::harness::{Installation, get, post};

#[tokio::test]
async fn a_partner_cannot_reach_the_end_users_of_another_one() {
    let place = Installation::start().await;
    let theirs = connected(&place, "theirs").await;
    place.partner("other", &[]).await;
    let key = place.key_of("other", &[Scope::DesktopManage]).await;
    let (id, publishable) = (&theirs.id, place.key_of("other", &[Scope::ConsentStart]).await);
    let session = json!({ "endUserId": id, "publishableKey": publishable });
    let pass = json!({ "HostQueryRq": {} });
    for (name, refused) in [
        ("end user", get(format!("/v1/end-users/{id}")).key(&key)),
        ("deletion", crate::harness::Ask::new(axum::http::Method::DELETE, format!("/v1/end-users/{id}")).key(&key)),
        ("session", ask(post("/v1/auth-sessions"), &key, &session)),
        ("ping", get(format!("/v1/end-users/{id}/ping/quickbooks_desktop")).key(&key)),
        ("passthrough", ask(post(format!("/v1/end-users/{id}/passthrough/quickbooks_desktop")), &key, &pass)),
        ("health check", health_check(&theirs, &key)),
    ] {
        let answer = refused.to(&place.server).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_str()),
            (404, Some("RESOURCE_MISSING")),
            "{name}: {}",
            answer.body
        );
    }
    let list = get("/v1/end-users").key(&key).to(&place.server).await;
    assert_eq!(list.json()["data"], json!([]));
    assert_eq!(get(format!("/v1/end-users/{id}")).key(&place.key).to(&place.server).await.status, 200);
}

#[tokio::test]
async fn a_link_works_only_with_its_own_key_and_a_publishable_key_only_for_its_own_partner() {
    let place = Installation::start().await;
    let user = user(&place, "default", &place.key, "first").await;
    place.partner("other", &[]).await;
    let other = place.key_of("other", &[Scope::ConsentStart]).await;
    let (address, _) = user.link.split_once("?key=").expect("a key");
    for link in [address.to_owned(), format!("{address}?key={other}"), format!("{address}?key=")] {
        for answer in [get(&link).to(&place.server).await, post(&link).to(&place.server).await] {
            assert_eq!(answer.status, 404, "{link}: {}", answer.body);
        }
    }
    let session = json!({ "endUserId": user.id, "publishableKey": other });
    let refused = ask(post("/v1/auth-sessions"), &place.key, &session).to(&place.server).await;
    assert_eq!(refused.json()["error"]["code"], "INVALID_REQUEST", "{}", refused.body);
}

#[tokio::test]
async fn a_password_or_a_ticket_of_one_end_user_is_none_of_another_one() {
    let place = Installation::start().await;
    let (one, other) = (user(&place, "default", &place.key, "one").await, user(&place, "default", &place.key, "other").await);
    let arguments = [("strUserName", &*one.login), ("strPassword", &*other.password)];
    let refused = call("authenticate", &arguments).to(&place.server).await;
    assert_eq!(result(&refused, "authenticate")[1], "nvu");

    let ticket = sign_in(&place.server, &one).await;
    let forged = ticket.replace(&one.login, &other.login);
    sign_in(&place.server, &other).await;
    assert_eq!(next(&place.server, &forged, "").await, "");
    assert_eq!(received(&place.server, &forged, VERSION).await, "-1");
    let connection = get(format!("/v1/end-users/{}", other.id)).key(&place.key).to(&place.server).await.json();
    assert_eq!(connection["integrationConnections"][0]["lastSuccessfulRequestAt"], json!(null));
}
