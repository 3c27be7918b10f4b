//! The write of a batch: all or nothing, once, only under the lease; and the order of changes up to the last acknowledged one.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::{RecordId, StoredRecord};
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::store::records::{ChangeBlock, RecordStore as _};
use counterfoil_core::port::store::syncs::{Batch, PageLog, SyncStore as _};
use counterfoil_core::port::store::{StoreError, Written};
use counterfoil_testkit::fixture::START;
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::{Timestamp, ToSpan as _};

use crate::harness::{Store, store, text};
use crate::imports::{acme, after, batch, check, check_id, invoice, lease_request};

async fn changes(store: &Store, from: Timestamp, most: u32) -> Vec<ChangeBlock> {
    store.table.changes(&acme(), RecordKind::Check, from, most).await.expect("a table")
}

fn block(at: Timestamp, numbers: &[u32]) -> ChangeBlock {
    ChangeBlock { at, ids: numbers.iter().map(|number| check_id(*number)).collect() }
}

async fn updated_at(store: &Store, number: u32) -> Option<Timestamp> {
    let record: Option<StoredRecord> = store.table.record(&acme().partner, &check_id(number)).await.expect("a table");
    record.map(|record| record.updated_at)
}

#[tokio::test]
async fn a_lease_that_was_overtaken_stores_nothing() {
    let store = store().await;
    let (run, mut first) = store.under_way().await;
    store.store_checks(&mut first, &[1], after(1)).await;
    let second = store.take("second", after(61_001)).await;
    assert_eq!((second.number, second.last_change), (first.number + 1, Some(after(1))));
    let before = store.sync_item().await;

    let late = [check(1, after(2)), check(2, after(2))];
    assert_eq!(store.table.store(&first, &batch(&late)).await, Ok(Written::Overtaken));
    assert_eq!(
        store.table.complete_page(&first, &run, &PageLog { page: 1, ..PageLog::default() }, START).await,
        Ok(Written::Overtaken)
    );
    assert_eq!(store.table.extend(&first, after(3)).await, Ok(Written::Overtaken));
    assert_eq!(store.table.rest(&first, &run, after(3)).await, Ok(Written::Overtaken));

    assert_eq!((updated_at(&store, 1).await, updated_at(&store, 2).await), (Some(after(1)), None));
    assert_eq!(store.sync_item().await, before);
    assert!(store.table.pages(&acme().partner, &run.id, 0, 10).await.expect("a table").is_empty());
}

#[tokio::test]
async fn a_batch_that_is_sent_again_is_stored_once() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    let records = [check(1, after(1)), check(2, after(1))];
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.store(&lease, &batch(&records)).await, Ok(Written::Stored), "its answer was lost");
    assert_eq!(store.table.store(&lease, &batch(&records)).await, Ok(Written::Stored), "the same again");
    let later = Batch { now: after(500), ..batch(&records) };
    assert_eq!(store.table.store(&lease, &later).await, Ok(Written::Stored), "the same at a later time");
    let others = [check(3, after(1))];
    assert_eq!(store.table.store(&lease, &batch(&others)).await, Ok(Written::Overtaken), "another one in its place");
    assert_eq!(updated_at(&store, 3).await, None);
    let before = lease.clone();
    lease.last_change = Some(after(1));
    store.store_checks(&mut lease, &[4], after(2)).await;
    let late = Batch { now: after(501), ..later };
    assert_eq!(store.table.store(&before, &late).await, Ok(Written::Overtaken), "it comes too late");
    assert_eq!(changes(&store, START, 10).await, [block(after(1), &[1, 2])]);
}

#[tokio::test]
async fn a_batch_without_an_answer_is_acknowledged_by_the_process_that_takes_the_lease_next() {
    let store = store().await;
    let (_, mut first) = store.under_way().await;
    store.store_checks(&mut first, &[1], after(1)).await;
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply).times(10));
    let unknown = store.table.store(&first, &batch(&[check(2, after(2))])).await;
    assert!(matches!(unknown, Err(StoreError::Unavailable(_))), "{unknown:?}");
    store.installation.wire.reset();
    let other = store.table.store(&first, &batch(&[check(3, after(3))])).await;
    assert_eq!(other, Ok(Written::Overtaken), "the lease does not know of the block before");
    assert_eq!(changes(&store, START, 10).await, [block(after(1), &[1])], "the mark is before both");

    let mut second = store.take("second", after(61_002)).await;
    assert_eq!(second.last_change, Some(after(2)));
    assert_eq!(store.installation.wire.counts().get("TransactGetItems"), Some(&1));
    store.store_checks(&mut second, &[4], after(4)).await;
    assert_eq!(changes(&store, START, 10).await, [block(after(1), &[1]), block(after(2), &[2])]);
}

#[tokio::test]
async fn no_process_takes_over_before_the_last_block_is_visible() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    store.store_checks(&mut lease, &[1], after(1)).await;
    // A reader may find a transaction that is decided and not yet written to every item.
    let mut state = store.sync_item().await;
    state.insert("last_change".to_owned(), AttributeValue::N(after(2).as_millisecond().to_string()));
    store.put(state).await;
    let attempt = lease_request("second", after(61_001));
    let taken = store.table.take(&acme(), &attempt).await;
    assert!(matches!(taken, Err(StoreError::Busy(_))), "{taken:?}");
    let key = format!("check#{:015}", after(2).as_millisecond());
    let mut block =
        store.item("CHANGES#default#acme", &format!("check#{:015}", after(1).as_millisecond())).await.expect("a block");
    block.insert("SK".to_owned(), text(&key));
    store.put(block).await;
    let lease = store.table.take(&acme(), &attempt).await.expect("a table").expect("the same attempt");
    assert_eq!((lease.number, lease.last_change), (2, Some(after(2))));

    store.installation.wire.inject(Rule::on("TransactGetItems", Fault::TransactionConflict));
    let taken = store.table.take(&acme(), &attempt).await;
    assert!(matches!(taken, Err(StoreError::Busy(_))), "a record of it is under way: {taken:?}");
}

#[tokio::test]
async fn changes_are_shown_up_to_the_mark_in_their_order_and_by_kind() {
    let store = store().await;
    let (run, mut lease) = store.under_way().await;
    assert_eq!(changes(&store, Timestamp::MIN, 10).await, []);
    store.store_checks(&mut lease, &[1, 2], after(1)).await;
    assert_eq!(changes(&store, Timestamp::MIN, 10).await, [], "nobody has said that it is whole");
    store.store_checks(&mut lease, &[1], after(2)).await;
    assert_eq!(changes(&store, Timestamp::MIN, 10).await, [block(after(1), &[1, 2])]);
    assert_eq!(store.table.store(&lease, &batch(&[invoice(1, after(3))])).await, Ok(Written::Stored));
    lease.last_change = Some(after(3));
    store.store_checks(&mut lease, &[3], after(4)).await;
    assert_eq!(
        store.table.complete_page(&lease, &run, &PageLog { page: 1, ..PageLog::default() }, START).await,
        Ok(Written::Stored)
    );
    let all = [block(after(1), &[1, 2]), block(after(2), &[1]), block(after(4), &[3])];
    assert_eq!(changes(&store, Timestamp::MIN, 10).await, all);
    assert_eq!(changes(&store, after(2), 10).await, all[1..], "from a block's time on, itself included");
    assert_eq!(changes(&store, after(1), 2).await, all[..2]);
    assert_eq!(changes(&store, after(5), 10).await, [], "behind the mark");
    let invoices = store.table.changes(&acme(), RecordKind::Invoice, START, 10).await.expect("a table");
    assert_eq!(invoices, [ChangeBlock { at: after(3), ids: vec![invoice(1, after(3)).id] }]);
}

/// The state of a consumer that reads all changes repeatedly from the last one on.
async fn consume(store: &Store, from: &mut Timestamp, has: &mut BTreeMap<RecordId, Timestamp>) -> bool {
    let blocks = changes(store, *from, 3).await;
    for block in &blocks {
        let records = store.table.records(&acme().partner, &block.ids).await.expect("a table");
        let of_block = records.into_iter().flatten().filter(|record| record.updated_at == block.at);
        has.extend(of_block.map(|record| (record.id, record.updated_at)));
        *from = block.at + 1.millisecond();
    }
    !blocks.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_pages_while_a_writer_goes_on_misses_nothing() {
    let store = store().await;
    let (run, mut lease) = store.under_way().await;
    let table = store.table.clone();
    let writer = tokio::spawn(async move {
        for number in 1..=60 {
            let at = after(i64::from(number));
            let records: Vec<_> = (0..4).map(|step| check((number * 7 + step * 3) % 25, at)).collect();
            assert_eq!(table.store(&lease, &batch(&records)).await, Ok(Written::Stored));
            lease.last_change = Some(at);
        }
        let log = PageLog { page: 1, ..PageLog::default() };
        assert_eq!(table.complete_page(&lease, &run, &log, START).await, Ok(Written::Stored));
    });
    let (mut from, mut has) = (Timestamp::MIN, BTreeMap::new());
    while !writer.is_finished() {
        consume(&store, &mut from, &mut has).await;
    }
    writer.await.expect("a writer");
    while consume(&store, &mut from, &mut has).await {}
    for number in 0..25 {
        assert_eq!(has.get(&check_id(number)).copied(), updated_at(&store, number).await, "{number}");
    }
}

#[tokio::test]
async fn the_first_change_of_a_run_is_later_than_the_last_change_of_the_run_before() {
    let store = store().await;
    let (run, mut lease) = store.under_way().await;
    store.store_checks(&mut lease, &[1], after(1)).await;
    store.queue("next").await;
    let finish = crate::syncs::finish(&run, after(2));
    assert_eq!(store.table.finish(&lease, &finish).await, Ok(Written::Stored));
    assert_eq!(changes(&store, START, 10).await, [block(after(1), &[1])], "the end acknowledges the last block");
    let next = store.take("next", after(3)).await;
    assert_eq!(
        (next.last_change, store.state().await.active.map(|(kind, _)| kind)),
        (Some(after(1)), Some(SyncKind::ImportInvoices))
    );
    assert!(!store.installation.wire.counts().contains_key("TransactGetItems"), "nothing is in doubt");
}
