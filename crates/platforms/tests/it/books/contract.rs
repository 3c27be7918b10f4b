//! The contract of every platform's reader: it has read the records that the stand-in counts.

use std::sync::Mutex;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Entry, Limit, ReadFailure};
use serde_json::json;

use super::kept::{Kept, Table};
use super::{full, since};

const KINDS: [SyncKind; 2] = [SyncKind::Sync, SyncKind::ImportInvoices];

async fn read(kept: &Kept, kind: SyncKind) -> Table {
    Table::of(kept.run(&full(kind), async |_| ()).await)
}

/// Whether an incremental run of the platform finds deleted records. On the others only a full run finds them.
fn lists_deletions(platform: PlatformName) -> bool {
    matches!(platform, PlatformName::Quickbooks | PlatformName::Xero)
}

/// Changes that an incremental run sees.
async fn change(kept: &Kept, kind: SyncKind) {
    let platform = kept.stand_in.row.name;
    for entity in kept.entities(kind).await {
        kept.edit(entity, &[3, 700], json!({ "cents": 1_234_567 })).await;
        kept.edit(entity, &[4, 701], json!({ "method": "card", "paid": true })).await;
        kept.edit(entity, &[5, 702], json!({ "method": "check", "paid": false, "state": "standing" })).await;
        kept.edit(entity, &[1_010], json!({ "date": "2026-02-03", "payee": "Otherwise & Co" })).await;
        if platform != PlatformName::Freshbooks {
            kept.edit(entity, &[6, 1_000], json!({ "state": "void" })).await;
        }
        if entity == "invoices" && platform != PlatformName::Quickbooks {
            kept.edit(entity, &[7], json!({ "state": "draft" })).await;
        }
        // More records of one day than a page of some platforms has.
        kept.add(entity, 250).await;
    }
}

#[tokio::test]
async fn after_every_run_the_records_equal_the_platforms() {
    for platform in PlatformName::with_oauth() {
        for kind in KINDS {
            let Some(mut kept) = Kept::start(platform, json!({})).await else { continue };
            let told = format!("{platform:?} {kind:?}");
            let mut table = read(&kept, kind).await;
            assert_eq!(table.totals(kind), kept.truth(kind).await, "{told}");
            assert_eq!(table.types().len(), kept.accounting().entity_types(kind).len(), "{told}");

            let start = kept.stand_in.now().await;
            kept.pass(5).await;
            change(&kept, kind).await;
            table.put(kept.run(&since(kind, start), async |_| ()).await);
            assert_eq!(table.totals(kind), kept.truth(kind).await, "changed: {told}");

            for entity in kept.entities(kind).await {
                kept.edit(entity, &[10, 11, 900], json!({ "state": "deleted" })).await;
            }
            table.put(kept.run(&since(kind, start), async |_| ()).await);
            if !lists_deletions(platform) {
                assert_ne!(table.totals(kind), kept.truth(kind).await, "deleted: {told}");
                table = read(&kept, kind).await;
            }
            assert_eq!(table.totals(kind), kept.truth(kind).await, "deleted: {told}");

            kept.pass(86_400).await;
            let options = full(kind);
            assert_eq!(kept.page(&options, &kept.accounting().first(&options)).await.err(), Some(ReadFailure::Unauthorized));
            kept.refresh().await;
            assert_eq!(read(&kept, kind).await.totals(kind), kept.truth(kind).await, "refreshed: {told}");
        }
    }
}

#[tokio::test]
async fn changes_while_a_list_is_read_lose_no_remaining_record() {
    for platform in PlatformName::with_oauth() {
        for kind in KINDS {
            let Some(kept) = Kept::start(platform, json!({})).await else { continue };
            let told = format!("{platform:?} {kind:?}");
            let before = read(&kept, kind).await;
            let start = kept.stand_in.now().await;
            kept.pass(5).await;
            let meddle = async |pages: usize| {
                if ![1, 2, 4].contains(&pages) {
                    return;
                }
                for entity in kept.entities(kind).await {
                    let from = pages as u64 * 50;
                    kept.edit(entity, &[from, from + 1, from + 700], json!({ "state": "deleted" })).await;
                    kept.edit(entity, &[from + 2, from + 701], json!({ "cents": 77_700 + from })).await;
                    kept.edit(entity, &[from + 3, from + 702], json!({ "state": "void" })).await;
                    kept.add(entity, 7).await;
                }
            };
            let mut table = Table::of(kept.run(&full(kind), meddle).await);
            let after = read(&kept, kind).await;
            assert_eq!(after.totals(kind), kept.truth(kind).await, "{told}");
            let stayed = before.0.keys().filter(|key| after.0.contains_key(key));
            let missing: Vec<_> = stayed.filter(|key| !table.0.contains_key(key)).collect();
            assert!(missing.is_empty(), "{told}: {missing:?}");

            table.put(kept.run(&since(kind, start), async |_| ()).await);
            if !lists_deletions(platform) {
                table.0.retain(|key, _| after.0.contains_key(key));
            }
            assert_eq!(table.totals(kind), kept.truth(kind).await, "increment: {told}");
        }
    }
}

#[tokio::test]
async fn faults_of_pages_lose_no_record() {
    let of_records = [
        "short_page",
        "repeated_page",
        "reordered_page",
        "oversized_page",
        "cut_off",
        "fault_in_success",
        "unknown_fields",
        "amount_of_other_type",
    ];
    let of_the_api = ["status", "throttled", "garbage", "reset"];
    let fault = |at: &'static str| move |kind: &str| json!({ "at": at, "kind": kind, "times": 1 });
    for platform in PlatformName::with_oauth() {
        let faults: Vec<_> = of_records.map(fault("records")).into_iter().chain(of_the_api.map(fault("api"))).collect();
        let Some(kept) = Kept::start(platform, json!({})).await else { continue };
        kept.stand_in.control("settings", json!({ "requests_per_minute": null })).await;
        for kind in KINDS {
            let (truth, left) = (kept.truth(kind).await, Mutex::new(faults.clone()));
            // One fault on each page but the first, until all faults have been applied.
            let strike = async |pages: usize| {
                let fault = if pages > 0 { left.lock().expect("not poisoned").pop() } else { None };
                if let Some(fault) = fault {
                    kept.stand_in.control("faults", fault).await;
                }
            };
            while !left.lock().expect("not poisoned").is_empty() {
                let entries = kept.run(&full(kind), strike).await;
                assert_eq!(Table::of(entries).totals(kind), truth, "{platform:?} {kind:?} {:?} are left", left.lock());
            }
        }
    }
}

#[tokio::test]
async fn an_unreadable_record_affects_no_other() {
    for platform in PlatformName::with_oauth() {
        let Some(kept) = Kept::start(platform, json!({ "checks_only": true })).await else { continue };
        kept.stand_in.control("settings", json!({ "requests_per_minute": null })).await;
        let kind = SyncKind::Sync;
        let whole = read(&kept, kind).await.0.len();
        for name in ["without_id", "amount_huge", "amount_absent", "date_out_of_range"] {
            let strike = async |pages: usize| {
                if pages == 1 {
                    kept.stand_in.control("faults", json!({ "at": "records", "kind": name, "times": 1 })).await;
                }
            };
            let entries = kept.run(&full(kind), strike).await;
            let unreadable = entries.iter().filter(|entry| matches!(entry, Entry::Unreadable { .. })).count();
            let read = Table::of(entries).0.len();
            // If pages overlap, the record may have been read on another one.
            assert!(read == whole || (read + 1 == whole && unreadable == 1), "{platform:?} {name}: {read} {unreadable}");
        }
    }
}

#[tokio::test]
async fn a_run_continues_after_a_limit() {
    for platform in PlatformName::with_oauth() {
        let Some(mut kept) = Kept::start(platform, json!({})).await else { continue };
        let (kind, options) = (SyncKind::Sync, full(SyncKind::Sync));
        kept.stand_in.control("settings", json!({ "requests_per_minute": 3 })).await;
        // Go to the start of the next minute of its clock.
        kept.pass(60 - kept.stand_in.now().await.as_second().unsigned_abs() % 60).await;
        let mut next = Some(kept.accounting().first(&options));
        let (mut entries, mut refused) = (Vec::new(), 0);
        while let Some(cursor) = next.clone() {
            match kept.page(&options, &cursor).await {
                Ok(page) => {
                    entries.extend(page.entries);
                    next = page.next;
                }
                Err(ReadFailure::Limited { retry_after, limit: Limit::Minute })
                    if retry_after.as_secs() <= 60 && refused < 30 =>
                {
                    refused += 1;
                    kept.pass(retry_after.as_secs()).await;
                }
                Err(failure) => panic!("{platform:?}: {failure:?}"),
            }
        }
        assert!(refused > 0);
        assert_eq!(Table::of(entries).totals(kind), kept.truth(kind).await, "{platform:?}");

        if matches!(platform, PlatformName::Xero | PlatformName::Zoho) {
            kept.pass(86_400).await;
            kept.refresh().await;
            kept.stand_in.control("settings", json!({ "requests_per_minute": null, "requests_per_day": 1 })).await;
            let page = kept.page(&options, &kept.accounting().first(&options)).await.expect("a page");
            assert_eq!(page.left.map(|left| left.requests), Some(0), "{platform:?}");
            let refused = kept.page(&options, &page.next.expect("more")).await.err();
            let is_daily = matches!(refused, Some(ReadFailure::Limited { retry_after, limit: Limit::Day }) if retry_after.as_secs() <= 86_400);
            assert!(is_daily, "{platform:?}: {refused:?}");
        }
    }
}
