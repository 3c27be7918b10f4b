//! Rows that should not exist are errors that name them.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{Item, flow, lease};

use crate::harness::{Store, store, text};

/// The damage of an attribute.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Gone,
    Text(&'static str),
    Number(&'static str),
}

async fn damage(store: &Store, sound: &Item, (name, damage): (&str, Damage)) {
    let mut item = sound.clone();
    match damage {
        Damage::Gone => item.remove(name),
        Damage::Text(value) => item.insert(name.to_owned(), text(value)),
        Damage::Number(value) => item.insert(name.to_owned(), AttributeValue::N(value.to_owned())),
    };
    store.put(item).await;
}

/// The row in the error.
fn damaged<T>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Damaged { item, problem }) => {
            assert!(!problem.is_empty());
            item
        }
        Err(error) => panic!("not damaged: {error}"),
        Ok(_) => panic!("it was taken for sound"),
    }
}

#[tokio::test]
async fn a_damaged_connection_is_named() {
    let store = store().await;
    let acme = store.consented("acme").await;
    let sound = store.item("CONN#default#acme", "STATE").await.expect("the item");
    let damages = [
        ("epoch", Damage::Gone),
        ("epoch", Damage::Text("one")),
        ("epoch", Damage::Number("-1")),
        ("status", Damage::Text("needs_reauthorization")),
        ("status", Damage::Text("disconnected")),
        ("access_token", Damage::Gone),
        ("issued_at", Damage::Gone),
        ("access_token_expires_at", Damage::Number("999999999999999999")),
        ("partner", Damage::Text("NOT A PARTNER")),
        ("company_key", Damage::Text("")),
        ("trouble", Damage::Text("much")),
    ];
    for case in damages {
        damage(&store, &sound, case).await;
        for item in [damaged(store.table.read(&acme.id).await), damaged(store.table.read_with_lease(&acme.id).await)] {
            assert!(item.starts_with("CONN#"), "{case:?}: {item}");
        }
    }
    store.put(sound).await;
    assert!(store.read(&acme.id).await == acme);
}

#[tokio::test]
async fn a_damaged_lease_is_named() {
    let store = store().await;
    let acme = store.consented("acme").await;
    store.table.take_lease(&acme.id, &lease("lease_1", 1), None).await.expect("a table that answers");
    let sound = store.item("CONN#default#acme", "LEASE").await.expect("the item");
    for case in [("until", Damage::Gone), ("until", Damage::Number("999999999999999999")), ("epoch", Damage::Text("one"))] {
        damage(&store, &sound, case).await;
        let item = damaged(store.table.read_with_lease(&acme.id).await);
        assert!(item.contains("LEASE") || item == "lease_1", "{case:?}: {item}");
        assert!(store.table.read(&acme.id).await.is_ok(), "its connection can be read");
    }
}

#[tokio::test]
async fn a_damaged_flow_is_named() {
    let store = store().await;
    let flow = flow("acme", "state");
    store.table.begin(&flow).await.expect("a new flow");
    let sound = store.item(&format!("FLOW#{}", flow.id.as_str()), "FLOW").await.expect("the item");
    for case in [
        ("stage", Damage::Text("consumed")),
        ("stage", Damage::Text("exchanged")),
        ("stage", Damage::Text("failed")),
        ("expires_at", Damage::Gone),
        ("key_id", Damage::Text("short")),
        ("flow_id", Damage::Text("short")),
    ] {
        damage(&store, &sound, case).await;
        let item = damaged(store.table.flow(&flow.id).await);
        assert!(item.contains("flow") && !item.contains(flow.id.as_str()), "its id is in no log: {case:?}: {item}");
    }
}

#[tokio::test]
async fn a_damaged_partner_is_named() {
    let store = store().await;
    let id = counterfoil_core::model::name::PartnerId::default_partner();
    let sound = store.item("PARTNER#default", "PARTNER").await.expect("the item");
    for case in [("name", Damage::Gone), ("created_at", Damage::Text("long ago")), ("partner", Damage::Text("NOT A PARTNER"))] {
        damage(&store, &sound, case).await;
        damaged(store.table.partner(&id).await);
    }
}
