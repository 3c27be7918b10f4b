//! The stored form of audit rows, which other tools and later versions read.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::{Action, Actor, Audit, Subject};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::origin::Origin;
use counterfoil_core::model::time::sortable;
use counterfoil_core::port::store::audit::{AuditLog as _, AuditQuery, DayCounts, Order};
use counterfoil_testkit::fixture::{Item, START, by_operator, connection, connection_id};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};

use crate::harness::{Store, store, text};

const CONNECTION: &str = "CONN#default#acme";
/// [`START`] in milliseconds.
const START_MILLIS: &str = "1767225600000";

fn number(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

fn row<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn detail(name: &str, value: &str) -> AttributeValue {
    AttributeValue::M(row([(name, text(value))]))
}

async fn item(store: &Store, pk: &str, sk: &str) -> Item {
    store.item(pk, sk).await.expect("an item")
}

#[tokio::test]
async fn an_audit_row_says_what_was_done_when_and_by_whom() {
    let store = store().await;
    store.consented("acme").await;
    let sk = format!("AUDIT#{}", connection("acme").commit_id);
    let expected = row([
        ("PK", text(CONNECTION)),
        ("SK", text(&sk)),
        ("schema_version", number("1")),
        ("at", number(START_MILLIS)),
        ("action", text("connected")),
        ("actor", text("vault")),
        ("detail", detail("cause", "a test")),
        ("ttl", number("1801785600")),
        ("list_pk", text("AUDIT#default")),
    ]);
    let mut stored = item(&store, CONNECTION, &sk).await;
    let place = stored.remove("list_sk").expect("its place in the list");
    let place = place.as_s().expect("text").split_once('#').expect("a place and an action");
    assert!(place.0.starts_with("019b76daa800") && place.0.len() == 28 && place.1 == "connected", "{place:?}");
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn the_audit_row_of_a_refusal_is_stored_under_its_partner_with_its_origin() {
    let store = store().await;
    let refused = Audit {
        id: "refused".to_owned(),
        subject: (&PartnerId::default_partner()).into(),
        at: START,
        action: Action::RedirectRefused,
        actor: Actor::Anonymous,
        detail: [("reason", "not_on_the_list".to_owned())].into(),
        origin: Origin { request_id: Some("req_1".to_owned()), source_ip: Some([203, 0, 113, 7].into()) },
        expires_at: START + 24.hours(),
    };
    store.table.note(&refused).await.expect("a table that answers");
    let expected = row([
        ("PK", text("PARTNER#default")),
        ("SK", text("AUDIT#refused")),
        ("schema_version", number("1")),
        ("at", number(START_MILLIS)),
        ("action", text("redirect_refused")),
        ("actor", text("anonymous")),
        ("detail", detail("reason", "not_on_the_list")),
        ("request_id", text("req_1")),
        ("source_ip", text("203.0.113.7")),
        ("ttl", number("1767312000")),
        ("list_pk", text("AUDIT#default")),
    ]);
    let mut stored = item(&store, "PARTNER#default", "AUDIT#refused").await;
    stored.remove("list_sk");
    assert_eq!(stored, expected);
}

/// A row of this minute after [`START`]. Its id may have another time.
fn row_at(minute: i64, action: Action, company_key: Option<&str>, id: &str) -> Audit {
    let partner = PartnerId::default_partner();
    let subject = company_key.map_or_else(|| Subject::from(&partner), |key| Subject::from(&connection_id(key)));
    Audit { id: id.to_owned(), subject, at: START + minute.minutes(), ..by_operator(&partner, action) }
}

/// Rows of a day: of two connections and of the partner. One has the id of its day, and one an id that is ahead of its time.
async fn rows(store: &Store) {
    let id = |minute: i64| format!("{}x{minute}", sortable(START + minute.minutes()));
    let rows = [
        row_at(1, Action::KeyCreated, None, &id(1)),
        row_at(2, Action::Connected, Some("acme"), &id(2)),
        row_at(3, Action::Connected, Some("other"), &id(3)),
        row_at(4, Action::ConsentFailed, Some("acme"), &format!("{}consent_failedexpired", sortable(START))),
        row_at(5, Action::CodeRefused, Some("acme"), &id(15)),
        row_at(6, Action::Disconnected, Some("acme"), &id(6)),
    ];
    for row in rows {
        store.table.note(&row).await.expect("a table that answers");
    }
}

/// All pages of a list: the minutes of its rows.
async fn minutes(store: &Store, company_key: Option<&str>, query: AuditQuery) -> Vec<i64> {
    let (mut minutes, mut after) = (Vec::new(), None);
    for _ in 0..20 {
        let query = AuditQuery { after, ..query.clone() };
        let page = match company_key {
            Some(key) => store.table.of_connection(&connection_id(key), &query).await,
            None => store.table.of_partner(&PartnerId::default_partner(), &query).await,
        };
        let page = page.expect("a table that answers");
        assert!(page.entries.len() <= query.most as usize);
        minutes.extend(page.entries.iter().map(|entry| (entry.at.as_second() - START.as_second()) / 60));
        match page.next {
            Some(next) => after = Some(next),
            None => return minutes,
        }
    }
    panic!("the list does not end: {minutes:?}");
}

fn query(order: Order, most: u32) -> AuditQuery {
    AuditQuery { since: None, until: None, action: None, order, after: None, most }
}

fn at(minute: i64) -> Timestamp {
    START + minute.minutes()
}

#[tokio::test]
async fn a12_a_partners_rows_are_read_in_both_orders_and_between_two_times() {
    let store = store().await;
    rows(&store).await;
    for most in [1, 2, 3, 100] {
        let newest = query(Order::NewestFirst, most);
        assert_eq!(minutes(&store, None, newest.clone()).await, [6, 5, 4, 3, 2, 1, 0], "{most}");
        assert_eq!(minutes(&store, None, query(Order::OldestFirst, most)).await, [0, 1, 2, 3, 4, 5, 6], "{most}");
        let between = AuditQuery { since: Some(at(2)), until: Some(at(4)), ..newest.clone() };
        assert_eq!(minutes(&store, None, between.clone()).await, [4, 3, 2], "{most}");
        assert_eq!(minutes(&store, None, AuditQuery { order: Order::OldestFirst, ..between.clone() }).await, [2, 3, 4], "{most}");
        let connects = AuditQuery { action: Some(Action::Connected), ..newest };
        assert_eq!(minutes(&store, None, connects).await, [3, 2], "{most}");
        let none = AuditQuery { action: Some(Action::Disconnected), ..between };
        assert_eq!(minutes(&store, None, none).await, Vec::<i64>::new());
    }
}

#[tokio::test]
async fn a12_a_connections_rows_are_read_in_both_orders_and_between_two_times() {
    let store = store().await;
    rows(&store).await;
    let sorted = async |query: AuditQuery| {
        let mut minutes = minutes(&store, Some("acme"), query).await;
        minutes.sort_unstable();
        minutes
    };
    for most in [1, 2, 3, 100] {
        let newest = query(Order::NewestFirst, most);
        // By their ids: one is ahead of its time, and one has the beginning of its day.
        assert_eq!(minutes(&store, Some("acme"), newest.clone()).await, [5, 6, 2, 4], "{most}");
        assert_eq!(minutes(&store, Some("acme"), query(Order::OldestFirst, most)).await, [4, 2, 6, 5], "{most}");
        for (since, until, expected) in [(4, 6, vec![4, 5, 6]), (4, 4, vec![4]), (5, 5, vec![5]), (3, 3, vec![]), (6, 4, vec![])]
        {
            let between = AuditQuery { since: Some(at(since)), until: Some(at(until)), ..newest.clone() };
            assert_eq!(sorted(between).await, expected, "{most}: {since} to {until}");
        }
        assert_eq!(sorted(AuditQuery { action: Some(Action::Connected), ..newest }).await, [2], "{most}");
    }
}

#[tokio::test]
async fn a12_counts_of_all_counters_are_added_up_by_day() {
    let store = store().await;
    let partner = PartnerId::default_partner();
    let day = |day: i8| date(2026, 1, day);
    for (of, counter, number) in [(1, 0, 1), (1, 15, 2), (2, 3, 4), (2, 3, 8), (3, 7, 16)] {
        let numbers = [("token_read_served".to_owned(), number)].into();
        let counts = DayCounts { partner: partner.clone(), day: day(of), counter, numbers, expires_at: START + 24.hours() };
        store.table.add_counts(&counts).await.expect("a table that answers");
    }
    let read = async |from: i8, to: i8, order: Order, most: u32| {
        let by_day = store.table.counts(&partner, (day(from), day(to)), order, most).await.expect("a table that answers");
        by_day.into_iter().map(|(day, numbers)| (day.day(), numbers["token_read_served"])).collect::<Vec<_>>()
    };
    assert_eq!(read(1, 3, Order::NewestFirst, 9).await, [(1, 3), (2, 12), (3, 16)]);
    assert_eq!(read(1, 3, Order::NewestFirst, 2).await, [(2, 12), (3, 16)]);
    assert_eq!(read(1, 3, Order::OldestFirst, 2).await, [(1, 3), (2, 12)]);
    assert_eq!(read(2, 2, Order::OldestFirst, 2).await, [(2, 12)]);
}
