//! The stored form of events, and how they are read back.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::{DeathCause, Status};
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::notification::Notification;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::outbox::{EventsBetween, Outbox as _};
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_testkit::fixture::{START, TABLE, connection};
use jiff::ToSpan as _;

use crate::harness::{Store, end, store, text};

const EVENTS: &str = "EVENTS#default";
/// Sorts before every id.
const START_OF_LIST: &str = "evt_";
/// Sorts after every id.
const LAST: &str = "evt_~";

fn number(digits: &str) -> AttributeValue {
    AttributeValue::N(digits.to_owned())
}

/// One event of every kind, in the order of their ids.
fn of_every_kind() -> Vec<Event> {
    let payloads = [
        Payload::Connected,
        Payload::RefreshTokenExpiring { refresh_token_expires_at: START + 700.hours() },
        Payload::ReauthorizationRequired { reason: DeathCause::RotationLost },
        Payload::Reauthorized,
        Payload::Disconnected,
    ];
    let event = |(place, payload)| Event::about(&connection("acme"), payload, format!("evt_{place}"), START);
    payloads.into_iter().enumerate().map(event).collect()
}

/// A connection with these events, each written like a warning. The event of its consent is removed.
async fn with_events(events: &[Event]) -> Store {
    let store = store().await;
    let connection = store.consented("acme").await;
    let consent = store.installation.client().delete_item().table_name(TABLE);
    let consent = consent.key("PK", text(EVENTS)).key("SK", text(&format!("evt_{}", connection.commit_id)));
    consent.send().await.expect("a table to write to");
    for (hours, event) in (1_i64..).zip(events) {
        let warned = store.table.warn(event, connection.epoch, START + hours.hours(), None).await;
        assert_eq!(warned, Ok(Written::Stored));
    }
    store
}

async fn read(store: &Store, after: &str, most: u32) -> Vec<Event> {
    let events =
        store.table.events_between(&PartnerId::default_partner(), after, LAST, most).await.expect("a table that answers");
    let of_connections = |event| match event {
        Notification::Connection(event) => Some(event),
        Notification::Endpoint(_) => None,
    };
    events.events.into_iter().filter_map(of_connections).collect()
}

/// Sets an attribute of an event's row.
async fn set(store: &Store, id: &str, name: &str, value: AttributeValue) {
    let mut row = store.item(EVENTS, id).await.expect("an event");
    row.insert(name.to_owned(), value);
    store.put(row).await;
}

#[tokio::test]
async fn events_of_every_kind_are_read_back_unchanged_and_in_order() {
    let events = of_every_kind();
    let store = with_events(&events).await;
    assert_eq!(read(&store, START_OF_LIST, 100).await, events);
    let other = PartnerId::parse("other").expect("a partner id");
    assert_eq!(
        store.table.events_between(&other, START_OF_LIST, LAST, 100).await,
        Ok(EventsBetween::default()),
        "another partner's"
    );
}

#[tokio::test]
async fn events_are_read_from_a_mark_on_and_no_more_than_are_asked_for() {
    let events = of_every_kind();
    let store = with_events(&events).await;
    assert_eq!(read(&store, "evt_1", 2).await, events[2..4]);
    assert_eq!(read(&store, "evt_3", 2).await, events[4..]);
    assert!(read(&store, "evt_4", 2).await.is_empty());
}

#[tokio::test]
async fn an_event_is_a_row_of_plain_attributes_that_expires_after_90_days() {
    let store = with_events(&of_every_kind()).await;
    let expected = [
        ("PK", text(EVENTS)),
        ("SK", text("evt_2")),
        ("schema_version", number("1")),
        ("event_id", text("evt_2")),
        ("event", text("oauth.reauthorization_required")),
        ("at", number("1767225600000")),
        ("partner", text("default")),
        ("company_key", text("acme")),
        ("platform", text("quickbooks")),
        ("company_id", text("acme")),
        ("company_name", text("The acme Company")),
        ("epoch", number("1")),
        ("reason", text("rotation_lost")),
        ("ttl", number("1775001600")),
    ];
    let expected = expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(store.item(EVENTS, "evt_2").await, Some(expected));
    let expiring = store.item(EVENTS, "evt_1").await.expect("an event");
    assert_eq!(expiring["refresh_token_expires_at"], number("1769745600000"));
}

#[tokio::test]
async fn unknown_events_of_a_later_version_do_not_hide_others() {
    let events = of_every_kind();
    let store = with_events(&events).await;
    for event in &events {
        set(&store, &event.id, "sync_id", text("sync_1")).await;
    }
    assert_eq!(read(&store, START_OF_LIST, 100).await, events, "an attribute");
    set(&store, "evt_0", "event", text("oauth.sync_completed")).await;
    assert_eq!(read(&store, START_OF_LIST, 2).await, events[1..2], "a kind");
    let first = store.table.events_between(&PartnerId::default_partner(), START_OF_LIST, LAST, 1).await.expect("a table");
    assert_eq!((first.last(), first.unread.as_slice()), (Some("evt_0"), ["evt_0".to_owned()].as_slice()));
    set(&store, "evt_2", "reason", text("frozen")).await;
    let read = read(&store, "evt_1", 1).await.remove(0);
    assert_eq!(read.payload, Payload::ReauthorizationRequired { reason: DeathCause::Revoked }, "a reason");
}

/// Such a row is stored under its connection, and has a due time that no worker reads.
#[tokio::test]
async fn an_event_of_an_early_version_is_not_listed_and_causes_no_error() {
    let store = store().await;
    let acme = store.consented("acme").await;
    let mut row = store.item(EVENTS, "evt_commit_acme").await.expect("an event");
    row.remove("ttl");
    let old = [("PK", "CONN#default#acme"), ("SK", "EVENT#evt_old"), ("event_id", "evt_old"), ("due_shard", "deliver#03")];
    row.extend(old.map(|(name, value)| (name.to_owned(), text(value))));
    row.insert("due_at".to_owned(), number("1767225600000"));
    store.put(row).await;
    let listed: Vec<_> = read(&store, START_OF_LIST, 100).await.into_iter().map(|event| event.id).collect();
    assert_eq!(listed, ["evt_commit_acme"]);
    assert_eq!(store.table.end_grant(&end(&acme, "end")).await, Ok(Written::Stored));
    assert_eq!(store.read(&acme.id).await.status(), Status::NeedsReauthorization);
}

#[tokio::test]
async fn a_partner_is_warned_once_of_a_grants_hard_end() {
    let store = store().await;
    let acme = store.consented("acme").await;
    let warn = async |id: &str, epoch, end| {
        let payload = Payload::RefreshTokenExpiring { refresh_token_expires_at: end };
        store.table.warn(&Event::about(&acme, payload, id.to_owned(), START), epoch, end, None).await
    };
    let (end, later) = (START + 700.hours(), START + 800.hours());
    assert_eq!(warn("evt_1", acme.epoch, end).await, Ok(Written::Stored));
    assert_eq!(warn("evt_2", acme.epoch, end).await, Ok(Written::Overtaken), "of the same end");
    assert_eq!(warn("evt_3", acme.epoch + 1, later).await, Ok(Written::Overtaken), "of another epoch");
    assert_eq!(warn("evt_4", acme.epoch, later).await, Ok(Written::Stored));
    let events: Vec<_> = read(&store, "evt_0", 100).await.into_iter().map(|event| event.id).collect();
    assert_eq!(events, ["evt_1", "evt_4", "evt_commit_acme"]);
    assert_eq!(store.read(&acme.id).await.warned_of, Some(later));
}
