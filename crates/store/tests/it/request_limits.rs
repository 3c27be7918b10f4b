//! The limits of a platform, counted over all processes.

use std::time::Duration;

use counterfoil_core::port::accounting::Limits;
use counterfoil_core::port::store::syncs::{Held, SyncStore as _};
use counterfoil_store::Table;
use counterfoil_testkit::fixture::{START, TABLE, company, connection_id};
use jiff::{Timestamp, ToSpan as _};
use tokio::task::JoinSet;

use crate::harness::{Store, store};

const MINUTE_ALONE: Limits = Limits {
    company_per_minute: 5,
    company_per_day: None,
    app_per_minute: None,
    company_per_second: None,
    company_at_once: None,
};

async fn reserve(store: &Store, company_id: &str, limits: Limits, now: Timestamp) -> Option<Duration> {
    reserve_by(store, "acme", company_id, limits, now).await
}

/// A request of the run of a connection.
async fn reserve_by(store: &Store, by: &str, company_id: &str, limits: Limits, now: Timestamp) -> Option<Duration> {
    store.table.reserve(&connection_id(by), &company(company_id), limits, now).await.expect("a table")
}

async fn count(store: &Store, pk: &str, sk: &str) -> Option<u32> {
    store.item(pk, sk).await?.get("count")?.as_n().ok()?.parse().ok()
}

#[tokio::test]
async fn requests_are_limited_a_minute_and_the_next_minute_starts_at_zero() {
    let store = store().await;
    let now = START + 20.seconds();
    for _ in 0..5 {
        assert_eq!(reserve(&store, "acme", MINUTE_ALONE, now).await, None);
    }
    let counts = store.installation.wire.counts();
    assert_eq!((counts["BatchGetItem"], counts["UpdateItem"], counts.len()), (5, 5, 2), "one read and one write each");
    assert_eq!(reserve(&store, "acme", MINUTE_ALONE, now).await, Some(Duration::from_secs(40)));
    assert_eq!(reserve(&store, "other", MINUTE_ALONE, now).await, None, "another company");
    assert_eq!(reserve(&store, "acme", MINUTE_ALONE, START + 1.minute()).await, None);
    let key = "LIMIT#COMPANY#quickbooks#client#acme";
    let item = store.item(key, "MINUTE#2026-01-01T00:00").await.expect("a count");
    assert_eq!(item["ttl"].as_n().expect("a number"), &(START.as_second() + 60 + 3_600).to_string());
}

#[tokio::test]
async fn an_apps_limit_is_over_all_companies_and_a_refused_minute_takes_nothing_from_the_day() {
    let store = store().await;
    let limits = Limits { company_per_day: Some(100), app_per_minute: Some(3), ..MINUTE_ALONE };
    for company_id in ["one", "two", "three"] {
        assert_eq!(reserve(&store, company_id, limits, START).await, None);
    }
    assert_eq!(reserve(&store, "one", limits, START).await, Some(Duration::from_secs(60)));
    assert_eq!(count(&store, "LIMIT#APP#quickbooks#client", "MINUTE#2026-01-01T00:00").await, Some(3));
    assert_eq!(count(&store, "LIMIT#COMPANY#quickbooks#client#one", "DAY#2026-01-01").await, Some(1));
}

#[tokio::test]
async fn a_days_limit_lasts_until_midnight() {
    let store = store().await;
    let limits = Limits { company_per_day: Some(2), ..MINUTE_ALONE };
    let at = |hours: i64| START + hours.hours();
    assert_eq!(reserve(&store, "acme", limits, at(0)).await, None);
    assert_eq!(reserve(&store, "acme", limits, at(1)).await, None);
    assert_eq!(reserve(&store, "acme", limits, at(2)).await, Some(Duration::from_secs(22 * 3_600)));
    assert_eq!(reserve(&store, "acme", limits, at(24)).await, None);
}

#[tokio::test]
async fn held_requests_wait_in_every_process_and_those_of_an_app_for_all_companies() {
    let store = store().await;
    let hold = async |held, seconds: i64| {
        store.table.hold(&company("acme"), held, START + seconds.seconds()).await.expect("a table");
    };
    let of_app = Limits { app_per_minute: Some(100), ..MINUTE_ALONE };
    hold(Held::Company, 90).await;
    hold(Held::Company, 30).await;
    let other = Table::new(&store.installation.sdk_config(), TABLE);
    let wait = async |seconds: i64| {
        other.reserve(&connection_id("other"), &company("acme"), MINUTE_ALONE, START + seconds.seconds()).await.expect("a table")
    };
    assert_eq!(wait(0).await, Some(Duration::from_secs(90)), "the later end stays");
    assert_eq!(wait(80).await, Some(Duration::from_secs(10)));
    assert_eq!(wait(90).await, None);
    assert_eq!(reserve(&store, "other", of_app, START).await, None);
    hold(Held::App, 20).await;
    assert_eq!(reserve(&store, "other", of_app, START).await, Some(Duration::from_secs(20)));
    let key = "LIMIT#COMPANY#quickbooks#client#acme";
    assert_eq!(count(&store, key, "MINUTE#2026-01-01T00:00").await, None, "a held request is not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_one_limit() {
    let store = store().await;
    let of_process = || Table::new(&store.installation.sdk_config(), TABLE);
    let mut tasks = JoinSet::new();
    for table in [of_process(), of_process()] {
        tasks.spawn(async move {
            let (by, company) = (connection_id("acme"), company("acme"));
            let mut taken = 0;
            for _ in 0..10 {
                let wait = table.reserve(&by, &company, MINUTE_ALONE, START).await.expect("a table");
                taken += u32::from(wait.is_none());
            }
            taken
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<u32>(), 5);
}

#[tokio::test]
async fn requests_in_a_second_are_limited_too() {
    let store = store().await;
    let limits = Limits { company_per_second: Some(2), ..MINUTE_ALONE };
    let at = |millis: i64| START + millis.milliseconds();
    for _ in 0..2 {
        assert_eq!(reserve(&store, "acme", limits, at(300)).await, None);
    }
    assert_eq!(reserve(&store, "acme", limits, at(400)).await, Some(Duration::from_millis(600)));
    assert_eq!(reserve(&store, "other", limits, at(400)).await, None, "another company");
    assert_eq!(reserve(&store, "acme", limits, at(1_000)).await, None);
    let key = "LIMIT#COMPANY#quickbooks#client#acme";
    assert_eq!(count(&store, key, "MINUTE#2026-01-01T00:00").await, Some(3), "a refused one is in no minute");
}

#[tokio::test]
async fn as_many_connections_as_the_platform_allows_send_at_once_and_a_dead_one_blocks_no_other_for_long() {
    let store = store().await;
    let limits = Limits { company_per_minute: 100, company_at_once: Some(3), ..MINUTE_ALONE };
    let at = |seconds: i64| START + seconds.seconds();
    for by in ["a", "b", "c"] {
        assert_eq!(reserve_by(&store, by, "acme", limits, at(0)).await, None);
    }
    let key = "LIMIT#COMPANY#quickbooks#client#acme";
    for by in ["d", "e"] {
        assert_eq!(reserve_by(&store, by, "acme", limits, at(1)).await, Some(Duration::from_secs(10)), "{by}");
    }
    assert_eq!(count(&store, key, "MINUTE#2026-01-01T00:00").await, Some(3), "a request without a slot is not counted");
    assert_eq!(reserve_by(&store, "d", "other", limits, at(1)).await, None, "another company");
    for by in ["a", "b"] {
        assert_eq!(reserve_by(&store, by, "acme", limits, at(30)).await, None, "it has its slot");
    }
    assert_eq!(reserve_by(&store, "d", "acme", limits, at(45)).await, None, "the slot of c, which sent nothing more");
    assert_eq!(reserve_by(&store, "c", "acme", limits, at(46)).await, Some(Duration::from_secs(10)));
    for by in ["a", "b", "d"] {
        assert_eq!(reserve_by(&store, by, "acme", limits, at(60)).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_the_slots_of_a_company() {
    let store = store().await;
    let limits = Limits { company_per_minute: 100, company_at_once: Some(5), ..MINUTE_ALONE };
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let table = Table::new(&store.installation.sdk_config(), TABLE);
        tasks.spawn(async move {
            let by = connection_id(&format!("connection-{number}"));
            table.reserve(&by, &company("acme"), limits, START).await.expect("a table").is_none()
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|has| *has).count(), 5);
}
