//! The stored form of runs, pages and groups, the time for which they are kept, and their lists.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::{EntityType, RecordKey, RecordKind, Unreadable};
use counterfoil_core::model::sync::counts::{Counts, Tally};
use counterfoil_core::model::sync::reconciliation::{Covers, Group, Reconciliation, Total, Totals};
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{
    Cursor, ErrorSample, ReadOptions, Skipped, SyncFailure, SyncGroup, SyncId, SyncKind, SyncRun, SyncStatus, Trigger,
};
use counterfoil_core::port::store::syncs::{PageLog, SyncStore as _};
use counterfoil_core::port::store::{StoreError, Written};
use counterfoil_testkit::fixture::{START, TABLE};
use jiff::ToSpan as _;
use jiff::civil::date;
use rust_decimal::Decimal;

use crate::harness::{Store, store};
use crate::imports::{acme, after, check_id, invoice, run, sync_id};
use crate::syncs::finish;

const DAY: i64 = 86_400;

/// This number of groups, each with this sum.
fn totals(groups: u32, sum: &str) -> Totals {
    let group = |number: u32| Group {
        kind: RecordKind::Check,
        bank_account: (number > 0).then(|| format!("account {number}")),
        month: date(2026, 1, 1),
        currency: (number > 1).then(|| "USD".to_owned()),
    };
    let total = Total { count: 3, sum: sum.parse::<Decimal>().expect("a sum") };
    Totals((0..groups).map(|number| (group(number), total)).collect())
}

/// A run with every field set.
fn full() -> SyncRun {
    let key = RecordKey { entity_type: EntityType::BillPayment, external_id: "2417".to_owned() };
    SyncRun {
        options: ReadOptions {
            kind: SyncKind::ImportInvoices,
            since: Some(after(-5)),
            check_rule: CheckRule::Prefix("CHK:".to_owned()),
            keeps_source: true,
        },
        trigger: Trigger::Schedule,
        is_dry: true,
        parent: Some(sync_id("parent")),
        status: SyncStatus::Failed,
        failure: Some(SyncFailure::DailyLimit),
        cursor: Some(Cursor(r#"{"page":2}"#.to_owned())),
        counts: Counts {
            checks: Tally { imported: 1, updated: 2, voided: 3, deleted: 4, unchanged: 5 },
            invoices: Tally { imported: 6, ..Tally::default() },
            errors: 7,
            seen: 8,
        },
        error_samples: vec![
            ErrorSample { key: Ok(key), reason: Unreadable::AmountUnreadable },
            ErrorSample { key: Err(EntityType::Bill), reason: Unreadable::IdUnreadable },
        ],
        left_out: vec![EntityType::Bill],
        pages: 9,
        records_read: 13,
        records_total: Some(10),
        requests: 11,
        failures: 12,
        read_from: Some(after(-4)),
        finished_at: Some(after(1)),
        resumes_at: Some(after(2)),
        ..run("run", SyncKind::ImportInvoices)
    }
}

fn ttl(item: &counterfoil_testkit::fixture::Item) -> i64 {
    item["ttl"].as_n().expect("a number").parse().expect("a number")
}

#[tokio::test]
async fn a_run_is_read_as_it_was_stored_and_stays_for_thirteen_months() {
    let store = store().await;
    let (_, lease) = store.under_way().await;
    assert_eq!(store.table.rest(&lease, &full(), after(1)).await, Ok(Written::Stored));
    assert_eq!(store.sync("run").await, full());
    let item = store.item("SYNC#default#sync_run", "RUN").await.expect("an item");
    assert_eq!(ttl(&item), START.as_second() + 400 * DAY);
    assert!(!store.sync_item().await.contains_key("ttl"), "nothing of a lease expires");
}

#[tokio::test]
async fn a_reconciliation_with_any_number_of_groups_is_read_back_unchanged() {
    for (platform, stored) in [(600, 601), (0, 0)] {
        let store = store().await;
        let (begun, lease) = store.under_way().await;
        let sides = Reconciliation { covers: Covers::All, platform: totals(platform, "0.10"), stored: totals(stored, "0.1") };
        let ended = SyncRun { status: SyncStatus::Completed, reconciliation: Some(sides), ..begun };
        assert_eq!(store.table.finish(&lease, &finish(&ended, after(1))).await, Ok(Written::Stored));
        assert_eq!(store.sync("run").await, ended);
        assert_eq!(store.table.syncs(&acme().partner, None, 10).await, Ok(vec![ended]));
    }
}

#[tokio::test]
async fn an_incomplete_reconciliation_is_not_returned() {
    let store = store().await;
    let (begun, lease) = store.under_way().await;
    let sides = Reconciliation { covers: Covers::All, platform: totals(300, "1"), stored: totals(300, "1") };
    let ended = SyncRun { reconciliation: Some(sides), ..begun };
    assert_eq!(store.table.finish(&lease, &finish(&ended, after(1))).await, Ok(Written::Stored));
    let part = store.item("SYNC#default#sync_run", "TOTALS#01").await.expect("a second part");
    assert!(ttl(&part) > ttl(&store.item("SYNC#default#sync_run", "RUN").await.expect("a run")), "it outlives its run");
    let delete = store.installation.client().delete_item().table_name(TABLE);
    delete.key("PK", part["PK"].clone()).key("SK", part["SK"].clone()).send().await.expect("a table");
    let read = store.table.sync(&acme().partner, &ended.id).await;
    assert!(matches!(read, Err(StoreError::Busy(_))), "{read:?}");
}

fn log(page: u32) -> PageLog {
    PageLog {
        page,
        seen: vec![check_id(page), check_id(page + 100), invoice(page, START).id],
        unread: vec![check_id(page + 200)],
        nameless: vec![EntityType::BillPayment],
        totals: totals(3, "-12.5"),
    }
}

#[tokio::test]
async fn a_page_is_stored_with_its_run_and_its_log_is_kept_for_thirty_days() {
    let store = store().await;
    let (mut run, lease) = store.under_way().await;
    for page in 1..=12 {
        run.pages = page;
        assert_eq!(store.table.complete_page(&lease, &run, &log(page), START).await, Ok(Written::Stored));
    }
    assert_eq!(store.table.complete_page(&lease, &run, &log(12), START).await, Ok(Written::Stored), "the same again");
    assert_eq!(store.sync("run").await.pages, 12);
    let pages = async |after, most| store.table.pages(&acme().partner, &run.id, after, most).await.expect("a table");
    assert_eq!(pages(0, 20).await, (1..=12).map(log).collect::<Vec<_>>());
    assert_eq!(pages(9, 2).await, [log(10), log(11)]);
    assert!(pages(12, 20).await.is_empty());
    let item = store.item("SYNC#default#sync_run", "PAGE#00000012").await.expect("an item");
    assert_eq!(ttl(&item), START.as_second() + 30 * DAY);
}

#[tokio::test]
async fn the_largest_page_fits_and_a_larger_one_is_an_error_that_names_it() {
    let store = store().await;
    let (run, lease) = store.under_way().await;
    let ids = (0..2_000).map(check_id).collect();
    let largest = PageLog {
        page: 1,
        seen: (0..1_000).map(check_id).collect(),
        unread: ids,
        nameless: Vec::new(),
        totals: totals(1_000, "0.000001"),
    };
    assert_eq!(store.table.complete_page(&lease, &run, &largest, START).await, Ok(Written::Stored));
    assert_eq!(store.table.pages(&acme().partner, &run.id, 0, 1).await, Ok(vec![largest.clone()]));
    let beyond = PageLog { totals: totals(3_000, "1"), ..largest };
    let refused = store.table.complete_page(&lease, &run, &beyond, START).await;
    assert!(matches!(&refused, Err(StoreError::Damaged { item, .. }) if item.ends_with("PAGE#00000001")), "{refused:?}");
}

#[tokio::test]
async fn a_partners_runs_are_listed_newest_first_page_by_page() {
    let store = store().await;
    for number in 0..7 {
        let run = store.begin(&format!("{number}")).await;
        let lease = store.take(&format!("attempt {number}"), START).await;
        assert_eq!(store.table.finish(&lease, &finish(&run, after(1))).await, Ok(Written::Stored));
    }
    let names = |runs: Vec<SyncRun>| runs.into_iter().map(|run| run.id.as_str().to_owned()).collect::<Vec<_>>();
    let list = async |after: Option<SyncId>, most| {
        names(store.table.syncs(&acme().partner, after.as_ref(), most).await.expect("a table"))
    };
    assert_eq!(list(None, 3).await, ["sync_6", "sync_5", "sync_4"]);
    assert_eq!(list(Some(sync_id("4")), 10).await, ["sync_3", "sync_2", "sync_1", "sync_0"]);

    let mut later = store.item("SYNC#default#sync_5", "RUN").await.expect("an item");
    later.insert("trigger".to_owned(), AttributeValue::S("console".to_owned()));
    store.put(later).await;
    assert_eq!(list(None, 3).await, ["sync_6", "sync_4", "sync_3"], "a run of a later version hides none behind it");
    let read = store.table.sync(&acme().partner, &sync_id("5")).await;
    assert!(matches!(read, Err(StoreError::Newer { .. })), "{read:?}");
}

fn group(count: u32) -> SyncGroup {
    SyncGroup {
        id: sync_id("group"),
        partner: acme().partner,
        platform: PlatformName::Xero,
        kind: SyncKind::Sync,
        created_at: START,
        count,
        skipped: vec![Skipped { company_key: CompanyKey::parse("other").expect("a key"), reason: "other_client".to_owned() }],
    }
}

async fn parts(store: &Store, after: Option<&SyncId>, most: u32) -> Vec<SyncId> {
    store.table.parts(&acme().partner, &sync_id("group"), after, most).await.expect("a table")
}

#[tokio::test]
async fn a_group_grows_and_lists_its_newest_runs_first() {
    let store = store().await;
    assert_eq!(store.table.group(&acme().partner, &sync_id("group")).await, Ok(None));
    let ids: Vec<_> = (0..120).map(|number| sync_id(&format!("{number:03}"))).collect();
    store.table.store_group(&group(90), &ids[..90]).await.expect("a table");
    store.table.store_group(&group(120), &ids[80..]).await.expect("a table that has some of them already");
    assert_eq!(store.table.group(&acme().partner, &sync_id("group")).await, Ok(Some(group(120))));
    let newest: Vec<_> = ids.iter().rev().cloned().collect();
    assert_eq!(parts(&store, None, 1_000).await, newest);
    assert_eq!(parts(&store, Some(&newest[19]), 5).await, newest[20..25]);
    assert!(store.table.syncs(&acme().partner, None, 10).await.expect("a table").is_empty(), "a group is no run");
    for sk in ["GROUP", "PART#sync_000"] {
        let item = store.item("SYNC#default#sync_group", sk).await.expect("an item");
        assert_eq!(ttl(&item), (START + (400 * 24).hours()).as_second(), "{sk}");
    }
}
