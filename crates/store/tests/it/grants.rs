//! The vault's writes to a connection, each conditional on its epoch.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::{Connection, Freshness, GrantState};
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{START, connection, stored_grant};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;

use crate::harness::{Store, audit, commit, end, ended, last_failure, store, text};

fn committed(connection: &Connection, commit: &Commit) -> Connection {
    Connection {
        epoch: commit.epoch + 1,
        grant_state: GrantState::Active(commit.grant.clone()),
        last_failure: None,
        commit_id: commit.commit_id.clone(),
        updated_at: commit.at,
        refreshed_at: Some(commit.at),
        due_at: commit.due_at,
        ..connection.clone()
    }
}

async fn commits(store: &Store, connection: &Connection, commit: &Commit) -> Written {
    store.table.commit(&connection.id, commit).await.expect("a table that answers")
}

#[tokio::test]
async fn r4_a_commit_raises_the_epoch_and_changes_what_a_refresh_changes() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let commit = commit(&connection, "ours");
    assert_eq!(commits(&store, &connection, &commit).await, Written::Stored);
    assert!(store.read(&connection.id).await == committed(&connection, &commit));
}

#[tokio::test]
async fn r4_a_commit_for_an_earlier_epoch_changes_nothing_and_a_commit_recognizes_its_own_write() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let (ours, theirs) = (commit(&connection, "ours"), commit(&connection, "theirs"));
    assert_eq!(commits(&store, &connection, &ours).await, Written::Stored);
    assert_eq!(commits(&store, &connection, &ours).await, Written::Stored, "the same again: a lost answer");
    assert_eq!(commits(&store, &connection, &theirs).await, Written::Overtaken);
    let ahead = Commit { epoch: 9, ..theirs };
    assert_eq!(commits(&store, &connection, &ahead).await, Written::Overtaken);
    assert!(store.read(&connection.id).await == committed(&connection, &ours));
}

#[tokio::test]
async fn a_commit_to_a_missing_connection_creates_none() {
    let store = store().await;
    let nobody = connection("nobody");
    assert_eq!(commits(&store, &nobody, &commit(&nobody, "ours")).await, Written::Overtaken);
    assert!(store.installation.items_of(&nobody.id).await.is_empty());
}

#[tokio::test]
async fn a_dead_grant_is_revived_only_by_the_write_with_an_event() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let commit = commit(&connection, "late");
    let audit = audit(&connection, Action::GrantRevived, "revived");
    let event = Event::about(&connection, Payload::Reauthorized, "evt_revived".to_owned(), START);
    let revives = async || store.table.revive(&commit, &audit, &event).await;
    assert_eq!(revives().await, Ok(Written::Overtaken), "it lives");
    assert_eq!(store.table.end_grant(&end(&connection, "end")).await, Ok(Written::Stored));
    assert_eq!(commits(&store, &connection, &commit).await, Written::Overtaken);
    assert_eq!(revives().await, Ok(Written::Stored));
    assert!(store.read(&connection.id).await == committed(&connection, &commit));
    let item = store.item("CONN#default#acme", "STATE").await.expect("the item");
    assert!(!item.contains_key("cause") && !item.contains_key("trouble"));
}

#[tokio::test]
async fn a_commit_removes_attributes_that_its_grant_does_not_have() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let mut commit = commit(&connection, "bare");
    commit.grant.refresh_token = None;
    commit.grant.refresh_token_expires_at = None;
    commit.grant.hard_expires_at = None;
    commit.grant.missing_scopes.clear();
    commit.due_at = None;
    assert_eq!(commits(&store, &connection, &commit).await, Written::Stored);
    assert!(store.read(&connection.id).await == committed(&connection, &commit));
    let item = store.item("CONN#default#acme", "STATE").await.expect("the item");
    for gone in ["refresh_token", "hard_expires_at", "missing_scopes", "due_at", "due_shard"] {
        assert!(!item.contains_key(gone), "{gone}");
    }
}

#[tokio::test]
async fn r5_a_commit_changes_only_attributes_of_the_grant() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let mut item = store.item("CONN#default#acme", "STATE").await.expect("the item");
    item.insert("freshness".to_owned(), text("adaptive"));
    store.put(item).await;
    let keeps = async |what: &str| {
        let item = store.item("CONN#default#acme", "STATE").await.expect("the item");
        assert_eq!(item.get("freshness"), Some(&text("adaptive")), "{what}");
        assert_eq!(item.get("list_sk"), Some(&text("acme")), "{what}");
    };
    assert_eq!(commits(&store, &connection, &commit(&connection, "ours")).await, Written::Stored);
    keeps("commit").await;
    store.table.record_failure(&connection.id, 2, &last_failure(), START).await.expect("a table that answers");
    keeps("trouble").await;
    let second = store.read(&connection.id).await;
    assert_eq!(store.table.end_grant(&end(&second, "end")).await, Ok(Written::Stored));
    keeps("end").await;
    let third = Connection { epoch: 3, commit_id: CommitId::new("again"), ..connection };
    store.write_consent(&third, Some(&second)).await;
    keeps("consent").await;
    assert!(store.read(&third.id).await == Connection { freshness: Freshness::Adaptive, ..third });
}

#[tokio::test]
async fn a_failure_is_recorded_with_every_field_only_for_its_own_epoch() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let due_at = START + 1.minute();
    let record = async |epoch| store.table.record_failure(&connection.id, epoch, &last_failure(), due_at).await;
    assert_eq!(record(2).await, Ok(Written::Overtaken));
    assert!(store.read(&connection.id).await == connection);
    assert_eq!(record(1).await, Ok(Written::Stored));
    let troubled = Connection {
        last_failure: Some(last_failure()),
        updated_at: last_failure().at,
        due_at: Some(due_at),
        ..connection.clone()
    };
    assert!(store.read(&connection.id).await == troubled);
}

#[tokio::test]
async fn r8_a_grant_ends_once_with_its_audit_row_and_its_event() {
    let store = store().await;
    let connection = store.consented("acme").await;
    let rows = async || (store.count(&connection.id, "AUDIT#").await, store.count(&connection.id, "evt_").await);
    assert_eq!(rows().await, (1, 1), "the consent's");
    let other_epoch = Connection { epoch: 2, ..connection.clone() };
    assert_eq!(store.table.end_grant(&end(&other_epoch, "other")).await, Ok(Written::Overtaken));
    assert_eq!(store.table.end_grant(&end(&connection, "one")).await, Ok(Written::Stored));
    assert_eq!(store.table.end_grant(&end(&connection, "two")).await, Ok(Written::Overtaken));
    assert!(store.read(&connection.id).await == ended(&connection));
    assert_eq!(rows().await, (2, 2));
    let event = store.item("EVENTS#default", "evt_one").await.expect("the event");
    for (name, value) in [
        ("event_id", "evt_one"),
        ("event", "oauth.reauthorization_required"),
        ("partner", "default"),
        ("company_key", "acme"),
        ("platform", "quickbooks"),
        ("company_id", "acme"),
        ("company_name", "The acme Company"),
        ("reason", "rotation_lost"),
    ] {
        assert_eq!(event.get(name), Some(&text(value)), "{name}");
    }
    let audit = store.item("CONN#default#acme", "AUDIT#one").await.expect("the audit row");
    assert_eq!((audit.get("action"), audit.get("actor")), (Some(&text("grant_ended")), Some(&text("vault"))));
}

#[tokio::test]
async fn r8_an_end_whose_answer_was_lost_is_stored_once_and_reported_as_stored() {
    let store = store().await;
    let connection = store.consented("acme").await;
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.end_grant(&end(&connection, "end")).await, Ok(Written::Stored));
    assert_eq!(store.count(&connection.id, "evt_").await, 2);
}

#[tokio::test]
async fn r4_a_commit_whose_answer_was_lost_is_reported_as_stored() {
    let store = store().await;
    let connection = store.consented("acme").await;
    store.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    assert_eq!(commits(&store, &connection, &commit(&connection, "ours")).await, Written::Stored);
    let again = Commit { epoch: 2, grant: stored_grant("again"), ..commit(&connection, "again") };
    assert_eq!(commits(&store, &connection, &again).await, Written::Stored);
    assert_eq!(store.read(&connection.id).await.epoch, 3);
}
