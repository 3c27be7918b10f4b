//! Sealing a whole table again after a rotation.

mod desktop;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::{Company, ConfirmedCompany, Connection, GrantState};
use counterfoil_core::model::flow::KeptCode;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::idempotency::{IdempotencyKey, KeyedRequest, RequestAttempt};
use counterfoil_core::model::kept_answer::{AnswerOf, KeptAnswer};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::revocation::{GrantId, Revocation, RevocationId};
use counterfoil_core::model::secret::{Sealed, Secret};
use counterfoil_core::port::entropy::SystemEntropy;
use counterfoil_core::port::sealer::Sealer as _;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::consents::AwaitedExchange;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::consents::KeptGrant;
use counterfoil_core::port::store::idempotency::IdempotencyStore as _;
use counterfoil_core::port::store::revocations::RevocationStore as _;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_core::service::partner::idempotency::sealing_owner;
use counterfoil_store::sealing::{Keyring, KeyringSealer, key_id};
use counterfoil_store::secret_source::{Place, SecretSource};
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::{Item, START, TABLE, company, connection, flow, stored_grant};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Store, commit, kept, store};

const OLD_KEY: &str = "the-old-key-of-forty-three-characters-or-more-1";
const NEW_KEY: &str = "the-new-key-of-forty-three-characters-or-more-2";

fn text(primary: &str, older: &[&str]) -> Secret {
    let older = older.iter().map(|key| format!("{key:?}")).collect::<Vec<_>>().join(",");
    Secret::new(format!(r#"{{"primary":{primary:?},"older":[{older}]}}"#))
}

fn ring(primary: &str, older: &[&str]) -> Keyring {
    Keyring::parse(&text(primary, older)).unwrap_or_else(|error| panic!("{error}"))
}

fn with_keyring(text: Secret) -> KeyringSealer {
    let source = SecretSource::new(Place::Given(text), Keyring::parse, Arc::new(MovableClock::new(START)));
    KeyringSealer::new(Arc::new(source), Arc::new(SystemEntropy))
}

async fn sealed(owner: &str, purpose: &'static str, secret: &str) -> Sealed {
    let sealed = with_keyring(text(OLD_KEY, &[])).seal(owner, purpose, &Secret::new(secret)).await;
    sealed.unwrap_or_else(|error| panic!("{error}"))
}

/// A grant that the old key sealed for this owner.
async fn sealed_grant(owner: &str) -> StoredGrant {
    StoredGrant {
        access_token: sealed(owner, "access_token", "the access token").await,
        refresh_token: Some(sealed(owner, "refresh_token", "the refresh token").await),
        ..stored_grant(owner)
    }
}

/// A connection whose tokens the old key sealed.
async fn sealed_connection(store: &Store, company_key: &str) -> Connection {
    let grant = sealed_grant(&format!("connection default/{company_key}")).await;
    let connection = Connection { grant_state: GrantState::Active(grant), ..connection(company_key) };
    store.write_consent(&connection, None).await;
    connection
}

async fn all(store: &Store) -> Vec<Item> {
    store.installation.client().scan().table_name(TABLE).send().await.expect("a table").items.unwrap_or_default()
}

fn without_bytes(items: &[Item]) -> Vec<BTreeMap<String, AttributeValue>> {
    let plain = |item: &Item| item.clone().into_iter().filter(|(_, value)| !value.is_b()).collect();
    let mut items: Vec<BTreeMap<_, _>> = items.iter().map(plain).collect();
    items.sort_by_key(|item| format!("{:?}{:?}", item["PK"], item["SK"]));
    items
}

#[tokio::test]
async fn a_reseal_seals_every_value_of_an_older_key_again_and_changes_nothing_else() {
    let store = store().await;
    let acme = sealed_connection(&store, "acme").await;
    let mut beside = store.item("CONN#default#acme", "STATE").await.expect("the item");
    beside.insert("SK".to_owned(), crate::harness::text("REVOCATION#1"));
    store.put(beside).await;
    let mut begun = flow("acme", "state");
    begun.verifier = Some(sealed(begun.id.as_str(), "verifier", "the verifier").await);
    store.table.begin(&begun).await.expect("a new flow");

    let rotated = ring(NEW_KEY, &[OLD_KEY]);
    let (old, new) = (ring(OLD_KEY, &[]).primary(), rotated.primary());
    assert_eq!(store.table.sealed_values().await, Ok(BTreeMap::from([(old, 5)])));
    let before = all(&store).await;
    let done = store.table.reseal(&rotated, &SystemEntropy).await.expect("a table that answers");
    assert_eq!((done.values, done.overtaken, done.unopened), (5, 0, 0));
    assert_eq!(store.table.sealed_values().await, Ok(BTreeMap::from([(new, 5)])));
    assert_eq!(without_bytes(&all(&store).await), without_bytes(&before));

    let new_alone = with_keyring(text(NEW_KEY, &[]));
    let grant = store.read(&acme.id).await.grant().expect("it is connected").clone();
    let open = async |owner: &str, purpose, sealed: &Sealed| {
        new_alone.open(owner, purpose, sealed).await.map(|secret| secret.expose().to_owned())
    };
    let owner = "connection default/acme";
    assert_eq!(open(owner, "access_token", &grant.access_token).await.as_deref(), Ok("the access token"));
    let refresh_token = grant.refresh_token.expect("one");
    assert_eq!(open(owner, "refresh_token", &refresh_token).await.as_deref(), Ok("the refresh token"));
    let kept = store.table.flow(&begun.id).await.expect("a table that answers").expect("a flow");
    assert_eq!(open(begun.id.as_str(), "verifier", &kept.verifier.expect("one")).await.as_deref(), Ok("the verifier"));

    let again = store.table.reseal(&rotated, &SystemEntropy).await.expect("a table that answers");
    assert_eq!(again.values, 0, "there is nothing left to do");
}

/// Every attribute with a sealed value, after the kind of its row.
const SEALED: [&str; 17] = [
    "AUTH_SESSION AUTH_SESSION client_secret",
    "CONN ANSWER answer",
    "CONN CONSENT access_token",
    "CONN CONSENT refresh_token",
    "CONN REVOCATION access_token",
    "CONN REVOCATION refresh_token",
    "CONN STATE access_token",
    "CONN STATE refresh_token",
    "DESKTOP JOB request",
    "FLOW ANSWER answer",
    "FLOW FLOW access_token",
    "FLOW FLOW code",
    "FLOW FLOW refresh_token",
    "FLOW FLOW verifier",
    "JOB_END END part",
    "JOB_END PART part",
    "REQUEST REQUEST answer",
];

fn sealed_attributes(items: &[Item]) -> BTreeSet<String> {
    let kind = |value: &AttributeValue| value.as_s().expect("text").split('#').next().unwrap_or_default().to_owned();
    let of = |item: &Item| {
        let row = format!("{} {}", kind(&item["PK"]), kind(&item["SK"]));
        let sealed = item.iter().filter(|(_, value)| value.as_b().is_ok_and(|bytes| is_sealed(bytes.as_ref())));
        sealed.map(|(name, _)| format!("{row} {name}")).collect::<Vec<_>>()
    };
    items.iter().flat_map(of).collect()
}

fn is_sealed(bytes: &[u8]) -> bool {
    key_id(&Sealed::from_bytes(bytes.to_vec())).is_some()
}

/// One row of each kind that has a sealed value, as the store writes it.
async fn every_sealed_row(store: &Store) {
    let connection = sealed_connection(store, "acme").await;
    let owner = "connection default/acme";
    let of = |grant| RevocationId { connection: connection.id.clone(), grant };
    let revocation = Revocation::new(of(GrantId::Epoch(1)), company("acme"), sealed_grant(owner).await, START);
    store.table.put_revocation(&revocation).await.expect("a table");
    let begun = async |state: &str| {
        let mut flow = flow("acme", state);
        flow.verifier = Some(sealed(flow.id.as_str(), "verifier", "the verifier").await);
        store.table.begin(&flow).await.expect("a new flow");
        assert_eq!(store.table.consume(&flow.id, "attempt", START).await, Ok(true));
        flow
    };
    let postponed = begun("postponed").await;
    let code = sealed(postponed.id.as_str(), "code", "the code").await;
    let kept_code = KeptCode { code, claim: None, region: None, until: postponed.expires_at };
    store.table.keep_code(&postponed.id, &kept_code).await.expect("a table");
    for state in ["exchanged", "waits"] {
        let flow = begun(state).await;
        let grant = sealed_grant(flow.id.as_str()).await;
        let kept = KeptGrant { grant: grant.clone(), ..kept(&flow, state) };
        assert_eq!(store.table.keep_grant(&kept).await, Ok(Written::Stored));
        if state == "waits" {
            let Company { company_id, api_base_url, .. } = company("acme");
            let company_of_it = ConfirmedCompany { company_id, name: "Acme".to_owned(), api_base_url };
            let revocation = Revocation::new(of(GrantId::Consent(flow.id.clone())), company("acme"), grant, START);
            let waiting = AwaitedExchange { flow: flow.id.clone(), company: company_of_it, revocation };
            assert_eq!(store.table.await_exchange(&waiting).await, Ok(Written::Stored));
        }
    }
    for (of, owner) in [
        (AnswerOf::Connection(connection.id.clone()), owner.to_owned()),
        (AnswerOf::Flow(postponed.id.clone()), postponed.id.as_str().to_owned()),
    ] {
        let text = sealed(&owner, "answer", "the answer").await;
        let platform = PlatformName::Quickbooks;
        let kept = KeptAnswer { of, epoch: 1, hash: "hash".to_owned(), platform, at: START, text };
        store.table.keep_answer(&kept).await.expect("a table");
    }
    let key = IdempotencyKey::parse(b"key").expect("a key");
    let request = KeyedRequest::new(PartnerId::default_partner(), "POST /v1/connect-links", &key, b"{}");
    let owner = sealing_owner(&request.partner, &request.name);
    let attempt = RequestAttempt { id: "attempt".to_owned(), request, started_at: START, ends_at: START };
    assert!(store.table.begin_attempt(&attempt).await.is_ok_and(|earlier| earlier.is_none()));
    let answer = sealed(&owner, "answer", "the answer").await;
    assert_eq!(store.table.answer_attempt(&attempt, Some(&answer), START).await, Ok(Written::Stored));
    desktop::every_sealed_row(store).await;
}

#[tokio::test]
async fn every_kind_of_row_with_a_sealed_value_is_sealed_again() {
    let store = store().await;
    every_sealed_row(&store).await;
    let found = sealed_attributes(&all(&store).await);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), SEALED);
    let rotated = ring(NEW_KEY, &[OLD_KEY]);
    let done = store.table.reseal(&rotated, &SystemEntropy).await.expect("a table that answers");
    assert_eq!((done.unopened_items, done.overtaken), (Vec::<String>::new(), 0));
    let counts = store.table.sealed_values().await.expect("a table that answers");
    assert_eq!(counts.into_keys().collect::<Vec<_>>(), [rotated.primary()]);
}

#[tokio::test]
async fn an_interrupted_reseal_is_finished_by_the_next() {
    let store = store().await;
    for number in 0..5 {
        sealed_connection(&store, &format!("acme-{number}")).await;
    }
    let rotated = ring(NEW_KEY, &[OLD_KEY]);
    store.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply).times(1));
    store.installation.wire.inject(Rule::on("UpdateItem", Fault::InternalServerError).times(1_000));
    assert!(store.table.reseal(&rotated, &SystemEntropy).await.is_err());
    store.installation.wire.reset();
    store.table.reseal(&rotated, &SystemEntropy).await.expect("a table that answers");
    assert_eq!(store.table.sealed_values().await, Ok(BTreeMap::from([(rotated.primary(), 10)])));
}

#[tokio::test]
async fn a_value_that_does_not_open_is_named_and_not_changed() {
    let store = store().await;
    sealed_connection(&store, "acme").await;
    sealed_connection(&store, "sound").await;
    let mut damaged = store.item("CONN#default#acme", "STATE").await.expect("the item");
    let mut bytes = damaged["access_token"].as_b().expect("bytes").clone().into_inner();
    *bytes.last_mut().expect("a byte") ^= 1;
    damaged.insert("access_token".to_owned(), AttributeValue::B(bytes.into()));
    store.put(damaged.clone()).await;
    let done = store.table.reseal(&ring(NEW_KEY, &[OLD_KEY]), &SystemEntropy).await.expect("a table that answers");
    assert_eq!((done.values, done.unopened), (3, 1));
    assert_eq!(done.unopened_items, ["CONN#default#acme/STATE access_token"]);
    let left = store.item("CONN#default#acme", "STATE").await.expect("the item");
    assert_eq!(left["access_token"], damaged["access_token"]);

    let done = store.table.reseal(&ring(OLD_KEY, &[]), &SystemEntropy).await.expect("a table that answers");
    assert_eq!((done.values, done.unopened), (0, 3), "of a key that is not in the keyring");
}

#[tokio::test]
async fn a_refresh_that_commits_after_a_reseal_is_not_refused() {
    let store = store().await;
    let acme = sealed_connection(&store, "acme").await;
    store.table.reseal(&ring(NEW_KEY, &[OLD_KEY]), &SystemEntropy).await.expect("a table that answers");
    let committed = store.table.commit(&acme.id, &commit(&acme, "ours")).await;
    assert_eq!(committed, Ok(Written::Stored));
    assert_eq!(store.table.read(&acme.id).await.expect("a table").expect("a connection").epoch, 2);
}
