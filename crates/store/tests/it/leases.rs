//! The taking of leases.

use counterfoil_core::model::lease::{Lease, LeaseId};
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_core::port::store::vault::Taken;
use counterfoil_testkit::fixture::lease;
use tokio::task::JoinSet;

use crate::harness::{Store, store};

async fn take(store: &Store, lease: &Lease, seen: Option<&str>) -> Taken {
    let id = counterfoil_testkit::fixture::connection_id("acme");
    store.table.take_lease(&id, lease, seen.map(LeaseId::new).as_ref()).await.expect("a table that answers")
}

#[tokio::test]
async fn r2_a_lease_is_taken_over_nothing_or_the_attempt_that_was_seen() {
    let store = store().await;
    store.consented("acme").await;
    let (first, second, third) = (lease("first", 4), lease("second", 4), lease("third", 5));
    assert_eq!(take(&store, &first, None).await, Taken::Ours, "nothing");
    assert_eq!(take(&store, &first, None).await, Taken::Ours, "the same again: a lost answer");
    assert_eq!(take(&store, &second, None).await, Taken::Held, "unseen");
    assert_eq!(take(&store, &second, Some("another")).await, Taken::Held, "another was seen");
    assert_eq!(take(&store, &second, Some("first")).await, Taken::Ours, "the one that was seen");
    assert_eq!(take(&store, &first, None).await, Taken::Held, "a write that comes late");
    assert_eq!(take(&store, &third, None).await, Taken::Held, "one of an older epoch may be at the platform too");
    assert_eq!(take(&store, &third, Some("second")).await, Taken::Ours, "unless it was seen");
    assert_eq!(take(&store, &lease("late", 4), Some("first")).await, Taken::Held, "what was seen is gone");
    let id = counterfoil_testkit::fixture::connection_id("acme");
    let (_, found) = store.table.read_with_lease(&id).await.expect("a table").expect("a connection");
    assert_eq!(found, Some(third));
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_of_fifty_concurrent_attempts_one_takes_the_lease() {
    let store = store().await;
    store.consented("acme").await;
    assert_eq!(take(&store, &lease("over", 1), None).await, Taken::Ours);
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let table = store.table.clone();
        tasks.spawn(async move {
            let id = counterfoil_testkit::fixture::connection_id("acme");
            table
                .take_lease(&id, &lease(&format!("lease_{number}"), 1), Some(&LeaseId::new("over")))
                .await
                .expect("a table that answers")
        });
    }
    let taken = tasks.join_all().await;
    assert_eq!(taken.iter().filter(|taken| **taken == Taken::Ours).count(), 1);
}
