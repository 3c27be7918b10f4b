//! Partners and their keys.

use counterfoil_core::model::api_key::{ApiKey, PresentedKey, Scope, compose};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_testkit::fixture::{START, connection_id};
use jiff::ToSpan as _;

use crate::harness::store;

fn partner(id: &str) -> Partner {
    Partner {
        id: PartnerId::parse(id).expect("a partner id"),
        name: "A Partner".to_owned(),
        redirect_uris: vec!["https://partner.test/done".to_owned()],
        created_at: START,
    }
}

pub(crate) fn key(partner: &str, seed: u8) -> ApiKey {
    let text = compose(&PartnerId::parse(partner).expect("a partner id"), false, &[seed; 64]);
    let presented = PresentedKey::parse(&text).expect("well formed");
    ApiKey {
        id: presented.id,
        partner: presented.partner,
        hash: presented.hash,
        name: "a key".to_owned(),
        scopes: Scope::ALL.into(),
        created_at: START,
        expires_at: Some(START + 24.hours()),
        revoked_at: None,
        last_used_at: START,
    }
}

#[tokio::test]
async fn a_partner_comes_back_as_it_was_made_and_is_made_once() {
    let store = store().await;
    let made = partner("acme");
    assert_eq!(store.table.partner(&made.id).await, Ok(None));
    assert_eq!(store.table.create_partner(&made).await, Ok(Written::Stored));
    assert_eq!(store.table.partner(&made.id).await, Ok(Some(made.clone())));
    let other = Partner { name: "Another".to_owned(), ..made.clone() };
    assert_eq!(store.table.create_partner(&other).await, Ok(Written::Overtaken));
    let uris = ["https://a.test".to_owned(), "https://b.test".to_owned()];
    assert_eq!(store.table.set_redirect_uris(&made.id, &uris).await, Ok(Written::Stored));
    assert_eq!(store.table.partner(&made.id).await, Ok(Some(Partner { redirect_uris: uris.clone().into(), ..made.clone() })));
    assert_eq!(store.table.set_redirect_uris(&made.id, &[]).await, Ok(Written::Stored));
    assert_eq!(store.table.partner(&made.id).await, Ok(Some(Partner { redirect_uris: vec![], ..made })));
    let nobody = PartnerId::parse("nobody").expect("a partner id");
    assert_eq!(store.table.set_redirect_uris(&nobody, &uris).await, Ok(Written::Overtaken));
    assert_eq!(store.table.partner(&nobody).await, Ok(None));
}

#[tokio::test]
async fn partners_are_listed_by_id() {
    let store = store().await;
    for id in ["zeta", "acme"] {
        store.table.create_partner(&partner(id)).await.expect("a table that answers");
    }
    let listed = store.table.partners().await.expect("a table that answers");
    assert_eq!(listed.iter().map(PartnerId::as_str).collect::<Vec<_>>(), ["acme", "default", "zeta"]);
}

#[tokio::test]
async fn a_key_comes_back_as_it_was_made_without_the_key_itself() {
    let store = store().await;
    let (ours, theirs) = (key("acme", 1), key("acme-2", 2));
    for key in [&ours, &theirs] {
        assert_eq!(store.table.create_key(key).await, Ok(Written::Stored));
    }
    assert_eq!(store.table.create_key(&ours).await, Ok(Written::Overtaken));
    assert_eq!(store.table.key(&ours.partner, &ours.id).await, Ok(Some(ours.clone())));
    assert_eq!(store.table.key(&ours.partner, &theirs.id).await, Ok(None), "another partner's");
    assert_eq!(store.table.keys(&ours.partner).await, Ok(vec![ours.clone()]));
    let item = store.item("PARTNER#acme", &format!("KEY#{}", ours.id)).await.expect("the item");
    let text = compose(&ours.partner, false, &[1; 64]);
    let random = text.expose().rsplit('_').next().expect("a random part");
    assert!(!format!("{item:?}").contains(random));
}

#[tokio::test]
async fn a_key_is_touched_and_revoked_where_it_is() {
    let store = store().await;
    let made = key("acme", 1);
    store.table.create_key(&made).await.expect("a table that answers");
    let later = START + 2.hours();
    store.table.touch_key(&made.partner, &made.id, later).await.expect("a table that answers");
    assert_eq!(store.table.revoke_key(&made.partner, &made.id, later).await, Ok(Written::Stored));
    let expected = ApiKey { last_used_at: later, revoked_at: Some(later), ..made.clone() };
    assert_eq!(store.table.key(&made.partner, &made.id).await, Ok(Some(expected)));
    let unknown = key("acme", 9);
    store.table.touch_key(&unknown.partner, &unknown.id, later).await.expect("a table that answers");
    assert_eq!(store.table.revoke_key(&unknown.partner, &unknown.id, later).await, Ok(Written::Overtaken));
    assert_eq!(store.table.keys(&made.partner).await.expect("a table that answers").len(), 1, "neither makes one");
}

#[tokio::test]
async fn a_key_and_a_connection_come_in_one_request() {
    let store = store().await;
    let (acme, made) = (store.consented("acme").await, key("default", 1));
    store.table.create_key(&made).await.expect("a table that answers");
    store.installation.wire.reset();
    let both = async |key: &ApiKey, company_key: &str| {
        let found = store.table.key_and_connection((&key.partner, &key.id), &connection_id(company_key)).await;
        found.expect("a table that answers")
    };
    let (found_key, found_connection) = both(&made, "acme").await;
    assert_eq!(found_key, Some(made.clone()));
    assert!(found_connection == Some(acme));
    assert_eq!(store.installation.wire.requests().len(), 1);
    assert!(both(&made, "nobody").await.1.is_none());
    assert!(both(&key("default", 2), "acme").await.0.is_none());
}
