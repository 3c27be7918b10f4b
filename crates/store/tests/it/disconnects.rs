//! Disconnects and pending revocations: what each transaction writes, and the condition of each write.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::{Connection, GrantState};
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::model::revocation::{DueRevocation, Revocation, RevocationId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::consents::HandoverStore as _;
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_core::port::store::revocations::Claimed;
use counterfoil_core::port::store::revocations::RevocationStore as _;
use counterfoil_core::port::store::vault::Disconnect;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{START, connection, stored_grant};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::{Timestamp, ToSpan as _};

use crate::harness::{Store, audit, commit, end, last_failure, store};

pub(crate) fn disconnect_of(connection: &Connection) -> Disconnect {
    let mut event = Event::about(connection, Payload::Disconnected, "evt_disconnect".to_owned(), START);
    event.subject.epoch = connection.epoch + 1;
    Disconnect {
        connection: connection.clone(),
        commit_id: CommitId::new(format!("disconnect {}", connection.epoch)),
        revocation: Some(revocation_of(connection)),
        purge: None,
        audit: audit(connection, Action::Disconnected, "disconnect"),
        event,
    }
}

fn revocation_of(connection: &Connection) -> Revocation {
    let id = RevocationId { connection: connection.id.clone(), grant: connection.epoch.into() };
    Revocation::new(id, connection.company.clone(), connection.grant().expect("it has one").clone(), START)
}

fn claim(id: &str, at: Timestamp) -> Claim {
    Claim { id: id.to_owned(), at, until: at + 1.minute() }
}

/// A revocation that has been pending since the start.
async fn pending(store: &Store) -> Revocation {
    let revocation = revocation_of(&connection("acme"));
    store.table.put_revocation(&revocation).await.expect("a table that answers");
    revocation
}

async fn claimed(store: &Store, id: &RevocationId, claim: &Claim) -> Claimed {
    store.table.claim(id, claim).await.expect("a table that answers")
}

async fn due_at(store: &Store, now: Timestamp) -> Vec<RevocationId> {
    let mut due = Vec::new();
    for shard in ALL_SHARDS {
        due.extend(store.table.due_revocations(shard, now, 10).await.expect("a table that answers"));
    }
    let revocation = |due| match due {
        DueRevocation::Pending(id) => Some(id),
        DueRevocation::ExpiredFlow(_) => None,
    };
    due.into_iter().filter_map(revocation).collect()
}

#[tokio::test]
async fn t5_a_disconnect_takes_the_grant_the_entry_and_the_handle_and_leaves_the_rest() {
    let store = store().await;
    let acme = store.consented("acme").await;
    store.table.put_handle(&acme.id, &Fingerprint::of("handle")).await.expect("a table that answers");
    store.table.record_failure(&acme.id, 1, &last_failure(), START).await.expect("a table that answers");
    let dying = store.read(&acme.id).await;
    assert_eq!(store.table.end_grant(&end(&dying, "end")).await, Ok(Written::Stored));
    let dead = store.read(&acme.id).await;
    assert_eq!(store.table.disconnect(&disconnect_of(&dead)).await, Ok(Written::Stored));
    let expected = Connection {
        epoch: 2,
        grant_state: GrantState::Disconnected,
        last_failure: None,
        commit_id: CommitId::new("disconnect 1"),
        updated_at: START,
        disconnected_at: Some(START),
        due_at: None,
        ..acme.clone()
    };
    assert!(store.read(&acme.id).await == expected);
    let item = store.item("CONN#default#acme", "STATE").await.expect("the connection's item");
    for gone in ["access_token", "refresh_token", "region", "missing_scopes", "cause", "trouble", "due_at", "due_shard"] {
        assert!(!item.contains_key(gone), "{gone}");
    }
    assert!(store.item("COMPANY#quickbooks#client#acme", "CONN#default#acme").await.is_none());
    assert!(store.item("CONN#default#acme", "HANDLE").await.is_none());
    let rows = [("AUDIT#", 3), ("evt_", 3), ("REVOCATION#", 1)];
    for (kind, count) in rows {
        assert_eq!(store.count(&acme.id, kind).await, count, "{kind}");
    }
    assert!(store.table.due(acme_shard(), START + 9_999.hours(), None, 10).await.is_ok_and(|due| due.is_empty()));
    assert_eq!(due_at(&store, START).await, [revocation_of(&dead).id]);
}

fn acme_shard() -> u8 {
    Fingerprint::of("CONN#default#acme").shard(16)
}

#[tokio::test]
async fn r5_a_disconnect_that_was_overtaken_changes_nothing() {
    let store = store().await;
    let acme = store.consented("acme").await;
    assert_eq!(store.table.commit(&acme.id, &commit(&acme, "refresh")).await, Ok(Written::Stored));
    let before = store.installation.items_of(&acme.id).await;
    assert_eq!(store.table.disconnect(&disconnect_of(&acme)).await, Ok(Written::Overtaken));
    assert!(store.installation.items_of(&acme.id).await == before);
    let entries = store.table.company_entries(&acme.company, None, 100).await.expect("a table that answers");
    assert!(entries.connections.iter().map(|connection| &connection.id).eq([&acme.id]));
}

#[tokio::test]
async fn a_disconnect_whose_answer_was_lost_is_reported_as_stored() {
    let store = store().await;
    let acme = store.consented("acme").await;
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.disconnect(&disconnect_of(&acme)).await, Ok(Written::Stored));
    assert_eq!(store.read(&acme.id).await.epoch, 2);
}

#[tokio::test]
async fn t5_a_revocation_is_read_back_unchanged_by_one_claimant_only() {
    let store = store().await;
    let revocation = pending(&store).await;
    let id = &revocation.id;
    assert!(claimed(&store, id, &claim("early", START - 1.second())).await == Claimed::NotDue);
    let held = Revocation { due_at: START + 1.minute(), ..revocation.clone() };
    assert!(claimed(&store, id, &claim("one", START)).await == Claimed::Ours(Box::new(held)));
    assert!(claimed(&store, id, &claim("two", START + 59.seconds())).await == Claimed::NotDue);
    assert!(due_at(&store, START + 59.seconds()).await.is_empty());
    assert!(matches!(claimed(&store, id, &claim("two", START + 1.minute())).await, Claimed::Ours(_)), "the first has run out");
    let unknown = RevocationId { grant: 2.into(), ..id.clone() };
    assert!(claimed(&store, &unknown, &claim("one", START)).await == Claimed::Gone);
    assert_eq!(store.count(&id.connection, "REVOCATION#").await, 1, "asking makes none");
}

#[tokio::test]
async fn t5_a_claim_whose_answer_was_lost_still_counts() {
    let store = store().await;
    let revocation = pending(&store).await;
    store.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    assert!(matches!(claimed(&store, &revocation.id, &claim("one", START)).await, Claimed::Ours(_)));
}

#[tokio::test]
async fn t5_only_the_process_with_the_claim_writes() {
    let store = store().await;
    let revocation = pending(&store).await;
    let (id, acme) = (&revocation.id, connection("acme"));
    let (late, present) = (claim("late", START), claim("present", START + 1.hour()));
    for claim in [&late, &present] {
        assert!(matches!(claimed(&store, id, claim).await, Claimed::Ours(_)));
    }
    let fresh = stored_grant("fresh");
    let confirmed = audit(&acme, Action::GrantRevoked, "confirmed");
    assert_eq!(store.table.renew(id, &late, &fresh).await, Ok(Written::Overtaken));
    assert_eq!(store.table.reschedule(id, &late, 9, START).await, Ok(Written::Overtaken));
    assert_eq!(store.table.complete(&revocation, &late, &confirmed).await, Ok(Written::Overtaken));
    assert_eq!(store.count(&id.connection, "AUDIT#").await, 0);

    assert_eq!(store.table.renew(id, &present, &fresh).await, Ok(Written::Stored));
    assert_eq!(store.table.reschedule(id, &present, 3, START + 2.hours()).await, Ok(Written::Stored));
    let next = claim("next", START + 2.hours());
    let Claimed::Ours(found) = claimed(&store, id, &next).await else { panic!("its time has come") };
    assert!(found.grant == fresh && found.tries == 3 && found.since == START);
    assert_eq!(store.table.complete(&revocation, &next, &confirmed).await, Ok(Written::Stored));
    assert_eq!((store.count(&id.connection, "REVOCATION#").await, store.count(&id.connection, "AUDIT#").await), (0, 1));
}

#[tokio::test]
async fn r15_newer_tokens_of_the_same_grant_replace_a_revocation_and_its_claim() {
    let store = store().await;
    let revocation = pending(&store).await;
    let one = claim("one", START);
    assert!(matches!(claimed(&store, &revocation.id, &one).await, Claimed::Ours(_)));
    let newer = Revocation { grant: stored_grant("newer"), ..revocation };
    store.table.put_revocation(&newer).await.expect("a table that answers");
    let confirmed = audit(&connection("acme"), Action::GrantRevoked, "confirmed");
    assert_eq!(store.table.complete(&newer, &one, &confirmed).await, Ok(Written::Overtaken), "the old ones were revoked");
    let Claimed::Ours(found) = claimed(&store, &newer.id, &claim("two", START)).await else { panic!("it is due at once") };
    assert!(found.grant == newer.grant);
}

#[tokio::test]
async fn r15_a_postponed_revocation_is_not_due_and_a_missing_one_stays_missing() {
    let store = store().await;
    let revocation = pending(&store).await;
    let until = revocation.due_at + 20.minutes();
    store.table.postpone(&revocation.id, until).await.expect("a table");
    assert_eq!((due_at(&store, revocation.due_at).await, due_at(&store, until).await), (vec![], vec![revocation.id.clone()]));
    let unknown = RevocationId { grant: 99.into(), ..revocation.id };
    store.table.postpone(&unknown, until).await.expect("nothing to hold is no failure");
    assert_eq!(due_at(&store, until).await.len(), 1);
}

#[tokio::test]
async fn r15_a_revocation_of_several_companies_is_not_due_for_a_release_that_checks_only_the_first() {
    let store = store().await;
    let one = revocation_of(&connection("one"));
    let several = Revocation { others: vec!["other".to_owned()], ..revocation_of(&connection("several")) };
    for (revocation, worker) in [(&one, "revoke#"), (&several, "revoke-several#")] {
        store.table.put_revocation(revocation).await.expect("a table that answers");
        let pk = format!("CONN#default#{}", revocation.id.connection.company_key);
        let item = store.item(&pk, &format!("REVOCATION#{}", revocation.id.grant)).await.expect("its row");
        assert!(item["due_shard"].as_s().is_ok_and(|shard| shard.starts_with(worker)), "{item:?}");
    }
    let mut due = due_at(&store, START).await;
    due.sort_by_key(|id| id.connection.company_key.to_string());
    assert_eq!(due, [one.id, several.id]);
}
