//! The beginning of a purge, while a run still stores records.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::Connection;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::purges::{NewPurge, PurgeStore as _};
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::START;
use counterfoil_testkit::wire::{Fault, Rule};

use crate::disconnects::disconnect_of;
use crate::harness::{audit, store};
use crate::imports::after;

/// The purge of a connection after its disconnect.
fn purge_of(connection: &Connection, id: &str) -> NewPurge {
    let audit = audit(connection, Action::ConnectionPurged, id);
    NewPurge { connection: connection.id.clone(), epoch: connection.epoch + 1, at: START, audit }
}

#[tokio::test]
async fn a_record_that_is_stored_during_a_request_fails_it_and_the_next_request_covers_the_record() {
    for had_records in [false, true] {
        let store = store().await;
        let wire = &store.installation.wire;
        let acme = store.consented("acme").await;
        assert_eq!(store.table.disconnect(&disconnect_of(&acme)).await, Ok(Written::Stored));
        let (_, mut lease) = store.under_way().await;
        if had_records {
            store.store_checks(&mut lease, &[1], after(1)).await;
        }
        // The request has read the last change, and waits before it writes.
        wire.reset();
        wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
        let request = purge_of(&acme, "first");
        let run = async {
            while !wire.counts().contains_key("TransactWriteItems") {
                tokio::task::yield_now().await;
            }
            store.store_checks(&mut lease, &[2], after(2)).await;
            wire.release();
        };
        let (begun, ()) = tokio::join!(store.table.begin_purge(&request), run);
        assert_eq!(begun, Ok(Written::Overtaken), "{had_records}");
        assert_eq!(store.table.purge(&acme.id).await, Ok(None));
        assert_eq!(store.table.begin_purge(&purge_of(&acme, "second")).await, Ok(Written::Stored));
        let purge = store.table.purge(&acme.id).await.expect("a table").expect("a purge");
        assert_eq!(purge.last_change, Some(after(2)));
    }
}

#[tokio::test]
async fn the_purge_of_an_epoch_begins_once() {
    let store = store().await;
    let acme = store.consented("acme").await;
    assert_eq!(store.table.disconnect(&disconnect_of(&acme)).await, Ok(Written::Stored));
    assert_eq!(store.table.begin_purge(&purge_of(&acme, "first")).await, Ok(Written::Stored));
    assert_eq!(store.table.begin_purge(&purge_of(&acme, "second")).await, Ok(Written::Overtaken));
}
