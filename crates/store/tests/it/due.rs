//! The index of due items.

use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::port::store::DUE_SHARDS;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{START, connection};
use jiff::{Timestamp, ToSpan as _};

use crate::harness::{Store, commit, end, last_failure, store};

async fn due(store: &Store, now: Timestamp) -> Vec<ConnectionId> {
    let mut all = Vec::new();
    for shard in 0..DUE_SHARDS {
        let page = store.table.due(shard, now, None, 250).await.expect("a table that answers");
        all.extend(page.into_iter().map(|entry| entry.connection));
    }
    all
}

#[tokio::test]
async fn r12_a_connection_is_found_from_its_due_time_on_and_events_are_never_due() {
    let store = store().await;
    let acme = store.consented("acme").await;
    let due_at = acme.due_at.expect("it is due some day");
    assert!(due(&store, due_at - 1.millisecond()).await.is_empty());
    assert_eq!(due(&store, due_at).await, [acme.id]);
}

#[tokio::test]
async fn r12_every_write_of_the_vault_sets_the_due_time_and_a_dead_grant_is_never_due() {
    let store = store().await;
    let acme = store.consented("acme").await;
    let far = START + 1_000.hours();
    let at = async || store.read(&acme.id).await.due_at;
    store.table.record_failure(&acme.id, 1, &last_failure(), START + 1.minute()).await.expect("a table that answers");
    assert_eq!(at().await, Some(START + 1.minute()));
    assert_eq!(due(&store, START + 1.minute()).await, std::slice::from_ref(&acme.id));
    let refreshed = commit(&acme, "refresh");
    assert_eq!(store.table.commit(&acme.id, &refreshed).await, Ok(Written::Stored));
    assert!(due(&store, START + 1.minute()).await.is_empty());
    assert_eq!(due(&store, far).await, std::slice::from_ref(&acme.id));
    let second = store.read(&acme.id).await;
    assert_eq!(store.table.end_grant(&end(&second, "end")).await, Ok(Written::Stored));
    assert!(due(&store, far).await.is_empty());
}

#[tokio::test]
async fn r12_the_index_is_sparse() {
    let store = store().await;
    let never = Connection { due_at: None, ..connection("never") };
    assert_eq!(store.write_consent(&never, None).await, ConsentWritten::Stored);
    let acme = store.consented("acme").await;
    let no_more = Commit { due_at: None, ..commit(&acme, "refresh") };
    assert_eq!(store.table.commit(&acme.id, &no_more).await, Ok(Written::Stored));
    assert!(due(&store, START + 1_000.hours()).await.is_empty());
}

#[tokio::test]
async fn r12_a_page_of_due_connections_is_bounded_and_the_longest_overdue_come_first() {
    let store = store().await;
    let mut ids = Vec::new();
    for number in 0..40 {
        let due_at = Some(START + (100 - number).minutes());
        let one = Connection { due_at, ..connection(&format!("company-{number}")) };
        assert_eq!(store.write_consent(&one, None).await, ConsentWritten::Stored);
        ids.push((due_at, one.id));
    }
    ids.sort_by_key(|(due_at, _)| *due_at);
    let far = START + 1_000.hours();
    let mut shards = 0;
    for shard in 0..DUE_SHARDS {
        let found = store.table.due(shard, far, None, 250).await.expect("a table that answers");
        let keys: Vec<_> = found.iter().map(|entry| (Some(entry.since), entry.connection.clone())).collect();
        let in_order: Vec<_> = ids.iter().filter(|entry| keys.contains(entry)).cloned().collect();
        assert_eq!(keys, in_order);
        let first = store.table.due(shard, far, None, 1).await.expect("a table that answers");
        assert_eq!(first, found.iter().take(1).cloned().collect::<Vec<_>>());
        let rest = store.table.due(shard, far, first.first(), 250).await.expect("a table that answers");
        assert_eq!(rest, found.iter().skip(1).cloned().collect::<Vec<_>>(), "reading goes on behind the first");
        shards += usize::from(!found.is_empty());
    }
    assert!(shards > usize::from(DUE_SHARDS) / 2, "{shards} shards hold all");
    assert_eq!(due(&store, far).await.len(), 40);
}
