//! Endpoints: bounds, changes, audit rows, and other partners.

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::endpoint::ENDPOINTS_MOST;
use counterfoil_core::service::webhook::endpoints::{
    EndpointPatch, NewEndpoint, change_endpoint, create_endpoint, delete_endpoint, list_endpoints, read_endpoint,
};
use counterfoil_core::{App, Error};

use super::{Hooks, URL, create};

async fn refused(app: &App, hooks: &Hooks, url: &str) -> &'static str {
    let new = NewEndpoint { url: url.to_owned(), description: None, events: Vec::new() };
    create_endpoint(app, &hooks.key, new).await.map(|_| ()).expect_err("refused").code()
}

#[tokio::test]
async fn a_partner_has_a_bounded_number_of_endpoints() {
    let hooks = Hooks::new().await;
    for number in 1..ENDPOINTS_MOST {
        create(&hooks.stage, &hooks.key, &format!("https://{number}.example.com"), &[]).await;
    }
    assert_eq!(refused(&hooks.stage.app, &hooks, URL).await, "too_many_endpoints");
    delete_endpoint(&hooks.stage.app, &hooks.key, &hooks.id).await.expect("deleted");
    create(&hooks.stage, &hooks.key, URL, &[]).await;
    assert_eq!(list_endpoints(&hooks.stage.app, &Hooks::partner()).await.expect("a list").len(), ENDPOINTS_MOST);
}

#[tokio::test]
async fn an_address_that_is_not_permitted_is_refused_when_it_is_created_and_changed() {
    let hooks = Hooks::new().await;
    assert_eq!(refused(&hooks.stage.app, &hooks, "http://example.com").await, "invalid_url");
    let patch = EndpointPatch { url: Some("http://example.com".to_owned()), ..EndpointPatch::default() };
    let error = change_endpoint(&hooks.stage.app, &hooks.key, &hooks.id, &patch).await.expect_err("refused");
    assert_eq!(error.code(), "invalid_url");
}

#[tokio::test]
async fn a_change_applies_to_the_next_events_and_leaves_an_audit_row() {
    let hooks = Hooks::new().await;
    let patch = EndpointPatch {
        url: Some("https://new.example.com/token?secret=1".to_owned()),
        events: Some(vec![EventKind::Connected]),
        description: Some("new".to_owned()),
        is_enabled: None,
    };
    change_endpoint(&hooks.stage.app, &hooks.key, &hooks.id, &patch).await.expect("changed");
    hooks.dispatched().await;
    assert_eq!(hooks.deliver().await[0].url, "https://new.example.com/token?secret=1");
    let rows = hooks.stage.installation.items_under("PARTNER#default").await;
    let actions: Vec<_> = rows.iter().filter_map(|(_, row)| Some(row.get("action")?.as_s().ok()?.as_str())).collect();
    assert_eq!(actions, ["partner_created", "endpoint_created", "endpoint_changed"]);
    assert!(!format!("{rows:?}").contains("secret=1"), "the address may contain a secret");
}

#[tokio::test]
async fn a2_an_endpoint_of_another_partner_is_as_unknown_as_none() {
    let hooks = Hooks::new().await;
    let other = PartnerId::parse("other").expect("an id");
    assert_eq!(read_endpoint(&hooks.stage.app, &other, &hooks.id).await, Err(Error::NO_ENDPOINT));
    let key = counterfoil_core::model::api_key::ApiKey { partner: other, ..hooks.key.clone() };
    assert_eq!(delete_endpoint(&hooks.stage.app, &key, &hooks.id).await, Err(Error::NO_ENDPOINT));
    let patch = EndpointPatch::default();
    assert_eq!(change_endpoint(&hooks.stage.app, &key, &hooks.id, &patch).await, Err(Error::NO_ENDPOINT));
}

#[tokio::test]
async fn the_path_of_an_address_is_in_no_audit_row_whatever_its_form() {
    let hooks = Hooks::new().await;
    for url in
        ["https:new.example.com/canary-path", "https:\\\\new.example.com\\canary-path", "https://new.example.com\\canary-path"]
    {
        let patch = EndpointPatch { url: Some(url.to_owned()), ..EndpointPatch::default() };
        change_endpoint(&hooks.stage.app, &hooks.key, &hooks.id, &patch).await.expect("permitted here");
        create(&hooks.stage, &hooks.key, url, &[]).await;
    }
    let rows = hooks.stage.installation.items_under("PARTNER#default").await;
    assert!(rows.len() > 6 && !format!("{rows:?}").contains("canary-path"), "{rows:?}");
}
