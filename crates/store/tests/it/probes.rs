//! Hints and probes: hints are bounded, because anybody can write them, and a probe belongs to one worker at a time.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::probe::{AccessAnswer, Asking, DueProbe, Hint, HintsId, Probe};
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::probes::ProbeStore as _;
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_testkit::fixture::{START, connection_id};
use jiff::{Timestamp, ToSpan as _};

use crate::harness::{Store, store};

fn hint(company_id: &str) -> Hint {
    Hint { platform: PlatformName::Quickbooks, company_id: company_id.to_owned() }
}

async fn due(store: &Store, now: Timestamp) -> Vec<DueProbe> {
    let mut due = Vec::new();
    for shard in ALL_SHARDS {
        due.extend(store.table.due_probes(shard, now, 50).await.expect("a table that answers"));
    }
    due
}

/// The rows of hints that are due an hour later.
async fn rows_of_hints(store: &Store) -> Vec<HintsId> {
    let due = due(store, START + 1.hour()).await;
    due.into_iter().filter_map(|due_probe| if let DueProbe::Hints(id) = due_probe { Some(id) } else { None }).collect()
}

#[tokio::test]
async fn equal_hints_are_stored_once_and_are_due_after_their_minute() {
    let store = store().await;
    for _ in 0..3 {
        store.table.note_hint(&hint("acme"), START).await.expect("a table that answers");
    }
    assert!(due(&store, START + 59.seconds()).await.is_empty(), "its minute is not over");
    let rows = rows_of_hints(&store).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(store.table.hints(&rows[0]).await, Ok(vec![hint("acme")]));
    store.table.forget_hints(&rows[0], 0).await.expect("a table that answers");
    assert_eq!(rows_of_hints(&store).await, rows, "one came that was not followed");
    store.table.forget_hints(&rows[0], 1).await.expect("a table that answers");
    assert!(rows_of_hints(&store).await.is_empty());
}

#[tokio::test]
async fn hints_without_a_key_are_one_bounded_row_per_shard_and_minute() {
    let store = store().await;
    for company in 0..2_000 {
        store.table.note_hint(&hint(&company.to_string()), START).await.expect("a table that answers");
    }
    let rows = rows_of_hints(&store).await;
    assert_eq!(rows.len(), 16);
    for id in rows {
        let hints = store.table.hints(&id).await.expect("a table that answers");
        assert!((50..=100).contains(&hints.len()), "{}", hints.len());
        let item = store.item(&format!("HINTS#{:02}", id.shard), &id.minute.to_string()).await.expect("a row");
        assert!(item.contains_key("ttl"), "it ends by itself");
    }
}

fn claim(id: &str, at: Timestamp) -> Claim {
    Claim { id: id.to_owned(), at, until: at + 1.minute() }
}

#[tokio::test]
async fn t7_a_probe_is_made_by_one_and_not_made_again_for_a_while() {
    let store = store().await;
    let probe = Probe::suspected(connection_id("acme"), 0, START);
    let id = &probe.connection;
    assert_eq!(store.table.suspect(&probe, START).await, Ok(true));
    assert_eq!(store.table.suspect(&probe, START).await, Ok(false), "it has one");
    assert_eq!(due(&store, START).await, [DueProbe::Probe(id.clone())]);
    assert_eq!(
        store.table.claim_probe(id, &claim("one", START)).await,
        Ok(Some(Probe { due_at: START + 1.minute(), ..probe.clone() }))
    );
    assert_eq!(store.table.claim_probe(id, &claim("two", START)).await, Ok(None));
    let again = Probe { denied: 1, due_at: START + 10.minutes(), ..probe.clone() };
    assert_eq!(store.table.reschedule_probe(&again, &claim("two", START)).await, Ok(Written::Overtaken));
    assert_eq!(store.table.reschedule_probe(&again, &claim("one", START)).await, Ok(Written::Stored));
    let later = START + 10.minutes();
    assert_eq!(store.table.claim_probe(id, &claim("two", later)).await.map(|probe| probe.map(|probe| probe.denied)), Ok(Some(1)));
    assert_eq!(store.table.end_probe(id, &claim("two", later), later).await, Ok(Written::Stored));
    assert!(due(&store, later + 1.hour()).await.is_empty());
    assert_eq!(store.table.suspect(&probe, later - 1.second()).await, Ok(false), "it was probed a moment ago");
    assert_eq!(store.table.suspect(&probe, later).await, Ok(true));
}

#[tokio::test]
async fn callers_have_the_platform_asked_once_in_a_period_and_the_others_get_the_last_answer() {
    let store = store().await;
    let acme = connection_id("acme");
    let ask = async |at: Timestamp| store.table.begin_asking(&acme, at, at - 10.seconds()).await.expect("a table that answers");
    assert_eq!(ask(START).await, Asking::Permitted);
    assert_eq!(ask(START + 1.second()).await, Asking::TooSoon(None), "it has not answered yet");
    store.table.note_answer(&acme, START, AccessAnswer::Forbidden).await.expect("a table that answers");
    assert_eq!(ask(START + 9.seconds()).await, Asking::TooSoon(Some(AccessAnswer::Forbidden)));
    assert_eq!(ask(START + 10.seconds()).await, Asking::Permitted);
    store.table.note_answer(&acme, START, AccessAnswer::Unclear).await.expect("a table that answers");
    assert_eq!(ask(START + 11.seconds()).await, Asking::TooSoon(Some(AccessAnswer::Forbidden)), "that answer was late");
    let row = store.item("CONN#default#acme", "ASKED").await.expect("a row");
    assert!(row.contains_key("ttl"), "it ends by itself");
}
