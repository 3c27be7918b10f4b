//! The stored form of records, and their list by date.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::record::{Body, CheckStatus, RecordKind};
use counterfoil_core::model::stored_record::StoredRecord;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::records::{ByDate, Dated, RecordStore as _, SOURCE_LONGEST};
use counterfoil_core::port::store::syncs::SyncStore as _;
use counterfoil_testkit::fixture::connection_id;
use jiff::civil::date;

use crate::harness::{Store, store, text};
use crate::imports::{acme, after, batch, check, check_id, invoice};

async fn read(store: &Store, record: &StoredRecord) -> Option<StoredRecord> {
    store.table.record(&acme().partner, &record.id).await.expect("a table")
}

fn amount(record: &StoredRecord) -> String {
    match &record.record.body {
        Body::Check(check) => check.amount.to_string(),
        Body::Invoice(invoice) => invoice.balance.to_string(),
    }
}

#[tokio::test]
async fn a_record_is_read_as_it_was_stored_to_the_last_digit() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    let (check, invoice) = (check(1, after(1)), invoice(1, after(2)));
    for record in [&check, &invoice] {
        assert_eq!(read(&store, record).await, None);
        assert_eq!(store.table.store(&lease, &batch(std::slice::from_ref(record))).await, Ok(Written::Stored));
        lease.last_change = Some(record.updated_at);
        let read = read(&store, record).await.expect("a record");
        assert_eq!(read, *record);
        assert_eq!(amount(&read), amount(record), "zeros at the end too");
    }
    let ids = [invoice.id, check_id(2), check.id];
    let found = store.table.records(&acme().partner, &ids).await.expect("a table");
    assert_eq!(found, [Some(invoice), None, Some(check)]);
}

#[tokio::test]
async fn a_stored_record_has_plain_words_and_decimal_text() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    store.store_checks(&mut lease, &[1], after(1)).await;
    let item = store.item(&format!("RECORD#default#{}", check_id(1)), "RECORD").await.expect("an item in a partition of its own");
    for (name, value) in [
        ("amount", "1284.50"),
        ("currency", "USD"),
        ("date", "2026-01-02"),
        ("status", "issued"),
        ("entity_type", "Purchase"),
        ("external_id", "1"),
        ("company_key", "acme"),
        ("changed_at", "2025-12-31T23:59:59.999999999Z"),
    ] {
        assert_eq!(item.get(name), Some(&text(value)), "{name}");
    }
    assert_eq!(item["payee"].as_m().expect("a map")["name"], text("The payee"));
    assert_eq!(item["schema_version"], AttributeValue::N("1".to_owned()));
    assert!(!item.contains_key("ttl"), "a record stays");
}

#[tokio::test]
async fn a_source_that_is_too_long_is_left_out_and_a_full_batch_of_the_longest_fits() {
    let store = store().await;
    let (_, lease) = store.under_way().await;
    let mut records: Vec<_> = (0..98).map(|number| check(number, after(1))).collect();
    for record in &mut records {
        record.record.source = Some("x".repeat(SOURCE_LONGEST));
        let Body::Check(check) = &mut record.record.body else { panic!("a check") };
        check.memo = Some("ü".repeat(4_000));
    }
    records[97].record.source = Some("x".repeat(SOURCE_LONGEST + 1));
    assert_eq!(store.table.store(&lease, &batch(&records)).await, Ok(Written::Stored));
    assert_eq!(read(&store, &records[96]).await.as_ref(), Some(&records[96]));
    let without = read(&store, &records[97]).await.expect("a record");
    assert_eq!((without.record.source, amount(&records[97])), (None, "1284.50".to_owned()));
}

#[tokio::test]
async fn a_record_that_changes_moves_in_the_list_by_date_and_is_there_once() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    store.store_checks(&mut lease, &[1], after(1)).await;
    let mut moved = check(1, after(2));
    let Body::Check(of) = &mut moved.record.body else { panic!("a check") };
    (of.date, of.status) = (date(2027, 5, 6), CheckStatus::Void);
    assert_eq!(store.table.store(&lease, &batch(&[moved.clone()])).await, Ok(Written::Stored));
    let connection = acme();
    let list = ByDate { connection: &connection, kind: RecordKind::Check, from: None, to: None, after: None, most: 10 };
    let listed = store.table.by_date(&list).await.expect("a table");
    assert_eq!(listed, [Dated { date: date(2027, 5, 6), id: moved.id }]);
}

#[tokio::test]
async fn the_list_by_date_is_paged_newest_first_within_both_dates() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    // 70 checks on 28 days, so that pages end within a day.
    let numbers: Vec<_> = (0..70).collect();
    store.store_checks(&mut lease, &numbers, after(1)).await;
    let all = pages(&store, None, None).await;
    let mut expected: Vec<_> = numbers.iter().map(|number| dated(&check(*number, after(1)))).collect();
    expected.sort_by_key(|dated| std::cmp::Reverse((dated.date, dated.id.to_string())));
    assert_eq!(all, expected);
    let (from, to) = (date(2026, 1, 3), date(2026, 1, 5));
    let some = pages(&store, Some(from), Some(to)).await;
    expected.retain(|dated| (from..=to).contains(&dated.date));
    assert_eq!((some.len(), some), (expected.len(), expected));
    assert!(pages(&store, Some(date(2026, 2, 1)), None).await.is_empty());

    let other = connection_id("other");
    for (connection, kind) in [(&other, RecordKind::Check), (&acme(), RecordKind::Invoice)] {
        let list = ByDate { connection, kind, from: None, to: None, after: None, most: 10 };
        assert!(store.table.by_date(&list).await.expect("a table").is_empty());
    }
}

fn dated(record: &StoredRecord) -> Dated {
    let Body::Check(check) = &record.record.body else { panic!("a check") };
    Dated { date: check.date, id: record.id }
}

/// The whole list, in pages of nine.
async fn pages(store: &Store, from: Option<jiff::civil::Date>, to: Option<jiff::civil::Date>) -> Vec<Dated> {
    let connection = acme();
    let mut all: Vec<Dated> = Vec::new();
    loop {
        let list = ByDate { connection: &connection, kind: RecordKind::Check, from, to, after: all.last(), most: 9 };
        let page = store.table.by_date(&list).await.expect("a table");
        if page.is_empty() {
            return all;
        }
        assert!(page.len() <= 9);
        all.extend(page);
    }
}
