//! Partners and their keys.

use counterfoil_core::model::api_key::{ApiKey, PresentedKey, Scope, compose};
use counterfoil_core::model::audit::{Action, Audit};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::partners::{OperatorStore as _, PartnerStore as _};
use counterfoil_core::port::store::{Created, Written};
use counterfoil_testkit::fixture::{START, by_operator, connection_id};
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

fn change(partner: &PartnerId) -> Audit {
    by_operator(partner, Action::RedirectUriAdded)
}

#[tokio::test]
async fn a_partner_is_created_once_and_read_back_unchanged() {
    let store = store().await;
    let made = partner("acme");
    assert_eq!(store.table.partner(&made.id).await, Ok(None));
    let create = async |partner: &Partner| store.table.create_partner(partner, &change(&partner.id)).await;
    assert_eq!(create(&made).await, Ok(Created::Stored));
    assert_eq!(store.table.partner(&made.id).await, Ok(Some(made.clone())));
    let other = Partner { name: "Another".to_owned(), ..made.clone() };
    assert_eq!(create(&other).await, Ok(Created::Exists));
    assert_eq!(store.table.partner(&made.id).await, Ok(Some(made.clone())));
    assert_eq!(store.installation.items_under("PARTNER#acme").await.len(), 2, "the partner and one audit row");
}

#[tokio::test]
async fn o10_redirect_uris_are_replaced_only_as_they_were_read() {
    let store = store().await;
    let made = partner("acme");
    store.table.create_partner(&made, &change(&made.id)).await.expect("a table that answers");
    let set = async |read: &Partner, uris: &[String]| store.table.set_redirect_uris(read, uris, &change(&read.id)).await;
    let uris = ["https://a.test".to_owned(), "https://b.test".to_owned()];
    assert_eq!(set(&made, &uris).await, Ok(Written::Stored));
    let now = Partner { redirect_uris: uris.clone().into(), ..made.clone() };
    assert_eq!(store.table.partner(&made.id).await, Ok(Some(now.clone())));
    assert_eq!(set(&made, &[]).await, Ok(Written::Overtaken), "somebody else changed them");
    assert_eq!(set(&now, &[]).await, Ok(Written::Stored));
    let none = Partner { redirect_uris: vec![], ..made };
    assert_eq!(store.table.partner(&none.id).await, Ok(Some(none.clone())));
    let mut row = store.item("PARTNER#acme", "PARTNER").await.expect("the item");
    row.remove("redirect_uris");
    store.put(row).await;
    assert_eq!(set(&none, &uris).await, Ok(Written::Stored), "a row without the attribute");
    assert_eq!(store.installation.items_under("PARTNER#acme").await.len(), 5, "the partner and four audit rows");
    let nobody = partner("nobody");
    assert_eq!(set(&nobody, &uris).await, Ok(Written::Overtaken));
    assert_eq!(store.table.partner(&nobody.id).await, Ok(None));
}

#[tokio::test]
async fn partners_are_listed_by_id() {
    let store = store().await;
    for id in ["zeta", "acme"] {
        store.table.create_partner(&partner(id), &change(&partner(id).id)).await.expect("a table that answers");
    }
    let listed = store.table.partners().await.expect("a table that answers");
    assert_eq!(listed.iter().map(PartnerId::as_str).collect::<Vec<_>>(), ["acme", "default", "zeta"]);
}

#[tokio::test]
async fn a_stored_key_is_read_back_without_the_key_itself() {
    let store = store().await;
    let (ours, theirs) = (key("acme", 1), key("acme-2", 2));
    for key in [&ours, &theirs] {
        assert_eq!(store.table.create_key(key, &by_operator(&key.partner, Action::KeyCreated)).await, Ok(Created::Stored));
    }
    assert_eq!(store.table.create_key(&ours, &by_operator(&ours.partner, Action::KeyCreated)).await, Ok(Created::Exists));
    assert_eq!(store.table.key(&ours.partner, &ours.id).await, Ok(Some(ours.clone())));
    assert_eq!(store.table.key(&ours.partner, &theirs.id).await, Ok(None), "another partner's");
    assert_eq!(store.table.keys(&ours.partner, None, 100).await, Ok(vec![ours.clone()]));
    let item = store.item("PARTNER#acme", &format!("KEY#{}", ours.id)).await.expect("the item");
    let text = compose(&ours.partner, false, &[1; 64]);
    let random = text.expose().rsplit('_').next().expect("a random part");
    assert!(!format!("{item:?}").contains(random));
}

#[tokio::test]
async fn a_key_is_touched_and_revoked_only_if_it_exists() {
    let store = store().await;
    let made = key("acme", 1);
    store.table.create_key(&made, &by_operator(&made.partner, Action::KeyCreated)).await.expect("a table that answers");
    let later = START + 2.hours();
    store.table.touch_key(&made.partner, &made.id, later).await.expect("a table that answers");
    let revoke = async |key: &ApiKey, at| {
        let audit = Audit { at, ..by_operator(&key.partner, Action::KeyRevoked) };
        store.table.revoke_key(&key.partner, &key.id, &audit).await
    };
    assert_eq!(revoke(&made, later).await, Ok(Written::Stored));
    assert_eq!(revoke(&made, later + 1.hour()).await, Ok(Written::Overtaken), "it is revoked");
    let expected = ApiKey { last_used_at: later, revoked_at: Some(later), ..made.clone() };
    assert_eq!(store.table.key(&made.partner, &made.id).await, Ok(Some(expected)));
    let unknown = key("acme", 9);
    store.table.touch_key(&unknown.partner, &unknown.id, later).await.expect("a table that answers");
    assert_eq!(revoke(&unknown, later).await, Ok(Written::Overtaken));
    assert_eq!(store.table.keys(&made.partner, None, 100).await.expect("a table that answers").len(), 1, "neither makes one");
}

#[tokio::test]
async fn a1_a_key_is_replaced_once_and_only_while_it_is_not_revoked() {
    let store = store().await;
    let (old, new) = (key("acme", 1), key("acme", 2));
    store.table.create_key(&old, &by_operator(&old.partner, Action::KeyCreated)).await.expect("a table that answers");
    let from = START + 1.hour();
    let replace = async |old: &ApiKey, new: &ApiKey| {
        let audit = by_operator(&new.partner, Action::KeyRotated);
        store.table.replace_key(&old.id, from, new, &audit).await
    };
    assert_eq!(replace(&old, &new).await, Ok(Written::Stored));
    let expected = ApiKey { revoked_at: Some(from), ..old.clone() };
    assert_eq!(store.table.key(&old.partner, &old.id).await, Ok(Some(expected)));
    assert_eq!(store.table.key(&new.partner, &new.id).await, Ok(Some(new.clone())));
    let before = store.installation.items_under("PARTNER#acme").await;
    assert_eq!(replace(&old, &key("acme", 3)).await, Ok(Written::Overtaken), "though its end is to come");
    assert_eq!(replace(&key("acme", 9), &key("acme", 3)).await, Ok(Written::Overtaken), "an unknown one");
    assert!(store.installation.items_under("PARTNER#acme").await == before, "neither a key nor an audit row");
}

#[tokio::test]
async fn keys_are_listed_by_pages() {
    let store = store().await;
    for seed in 1..=5 {
        let key = key("acme", seed);
        store.table.create_key(&key, &by_operator(&key.partner, Action::KeyCreated)).await.expect("a table that answers");
    }
    let (partner, mut ids, mut after) = (PartnerId::parse("acme").expect("an id"), Vec::new(), None);
    for expected in [2, 2, 1] {
        let page = store.table.keys(&partner, after.as_ref(), 2).await.expect("a table that answers");
        assert_eq!(page.len(), expected);
        ids.extend(page.into_iter().map(|key| key.id));
        after = ids.last().cloned();
    }
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn a_key_and_a_connection_are_read_in_one_request() {
    let store = store().await;
    let (acme, made) = (store.consented("acme").await, key("default", 1));
    store.table.create_key(&made, &by_operator(&made.partner, Action::KeyCreated)).await.expect("a table that answers");
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
