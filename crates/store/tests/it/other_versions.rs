//! Rows of other versions: those of earlier versions, and those of a later version that runs at the same time during a deploy.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::api_key::{KeyId, Scope};
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::connection::{Connection, DeathCause, Freshness, GrantState};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::consents::HandoverStore as _;
use counterfoil_core::port::store::partners::LinkStore as _;
use counterfoil_core::port::store::partners::{OperatorStore as _, PartnerStore as _};
use counterfoil_testkit::fixture::{Item, START, connection, connection_id};
use serde_json::Value;

use crate::harness::{Store, flow_id, store, text};

const ROWS: &str = include_str!("rows_of_schema_1.json");

/// An attribute from `DynamoDB`'s own JSON.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().and_then(|typed| typed.iter().next()).expect("a typed value");
    let as_text = || value.as_str().expect("a text").to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(as_text()),
        "N" => AttributeValue::N(as_text()),
        "B" => AttributeValue::B(STANDARD.decode(as_text()).expect("base64").into()),
        "BOOL" => AttributeValue::Bool(value.as_bool().expect("a truth")),
        "L" => AttributeValue::L(value.as_array().expect("a list").iter().map(attribute).collect()),
        kind => panic!("{kind}"),
    }
}

fn rows() -> Vec<Item> {
    let rows: Vec<serde_json::Map<String, Value>> = serde_json::from_str(ROWS).expect("JSON");
    rows.into_iter().map(|row| row.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()).collect()
}

/// A table with those rows, each with this change.
async fn table_with(change: impl Fn(&mut Item)) -> Store {
    let store = store().await;
    for mut row in rows() {
        change(&mut row);
        store.put(row).await;
    }
    store
}

/// A table with those rows, where the one with this sort key has this attribute.
async fn table_where(sk: &str, name: &str, value: AttributeValue) -> Store {
    table_with(|row| {
        if row["SK"] == text(sk) {
            row.insert(name.to_owned(), value.clone());
        }
    })
    .await
}

fn partner() -> PartnerId {
    PartnerId::default_partner()
}

fn key_id() -> KeyId {
    KeyId::parse("0123456789abcdef").expect("a key id")
}

fn link_id() -> LinkId {
    LinkId::parse("0123456789abcdef").expect("a link id")
}

/// Checks that every reader can read its rows.
async fn all_are_read(store: &Store) {
    let table = &store.table;
    let id = connection_id("acme");
    assert!(store.read(&id).await == connection("acme"));
    let (looked, beside) = table.read_with_lease(&id).await.expect("a table").expect("a connection");
    assert!(looked == connection("acme"));
    let beside = beside.map(|lease| (lease.id.as_str().to_owned(), lease.epoch, lease.started_at, lease.until));
    assert_eq!(beside, Some(("lease_1".to_owned(), 1, START, START + Duration::from_secs(16))));
    let query = ListQuery { limit: 10, ..ListQuery::default() };
    assert_eq!(table.list(&partner(), &query).await.expect("a table").connections.len(), 1);
    let begun = table.flow(&flow_id("state")).await.expect("a table").expect("a flow");
    assert!(begun.stage == Stage::Pending && begun.company_key == Some(id.company_key.clone()));
    let code = table.code(&Fingerprint::of("code")).await.expect("a table").expect("a code");
    assert!(code.connection == id && !code.spent);
    assert_eq!(
        table.partner(&partner()).await.expect("a table").expect("a partner").redirect_uris,
        ["https://partner.test/done"]
    );
    let key = table.key(&partner(), &key_id()).await.expect("a table").expect("a key");
    assert_eq!((key.scopes, key.created_at), (vec![Scope::TokensRead], START));
    assert_eq!(table.keys(&partner(), None, 100).await.expect("a table").len(), 1);
    assert_eq!(table.link(&partner(), &link_id()).await.expect("a table").expect("a link").platform, PlatformName::Xero);
    assert_eq!(table.links(&partner(), None, 10).await.expect("a table").len(), 1);
}

#[tokio::test]
async fn rows_of_earlier_versions_are_read() {
    all_are_read(&table_with(|_| {}).await).await;
}

#[tokio::test]
async fn attributes_of_a_later_version_are_ignored() {
    let surplus = |row: &mut Item| {
        row.insert("schema_version".to_owned(), AttributeValue::N("9".to_owned()));
        row.insert("surplus".to_owned(), AttributeValue::M([("of".to_owned(), text("a later version"))].into()));
        row.insert("more".to_owned(), AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]));
        row.insert("bytes".to_owned(), AttributeValue::B(vec![1, 2, 3].into()));
    };
    all_are_read(&table_with(surplus).await).await;
}

#[tokio::test]
async fn every_row_that_is_written_says_its_schema() {
    let store = store().await;
    store.consented("acme").await;
    let items = store.installation.items_of(&connection_id("acme")).await;
    assert!(items.len() >= 3, "{}", items.len());
    for (key, item) in items {
        assert_eq!(item.get("schema_version"), Some(&AttributeValue::N("1".to_owned())), "{key}");
    }
}

#[tokio::test]
async fn a_row_with_an_unknown_word_is_an_error_on_its_own_route_and_left_out_of_lists() {
    for (attribute, word) in [("platform", "sage"), ("environment", "staging"), ("status", "paused")] {
        let store = table_where("STATE", attribute, text(word)).await;
        store.consented("other").await;
        let told = store.table.read(&connection_id("acme")).await;
        let newer = StoreError::Newer { item: "CONN#default#acme".to_owned(), what: attribute.to_owned() };
        assert!(told.is_err_and(|error| error == newer), "{attribute}");
        let query = ListQuery { limit: 10, ..ListQuery::default() };
        let listed = store.table.list(&partner(), &query).await.expect("a table").connections;
        assert!(listed.iter().map(|connection| connection.id.company_key.as_str()).eq(["other"]), "{attribute}");
    }
    let sk = "LINK#0123456789abcdef";
    let store = table_where(sk, "platform", text("sage")).await;
    assert!(matches!(store.table.link(&partner(), &link_id()).await, Err(StoreError::Newer { .. })));
    assert!(store.table.links(&partner(), None, 1).await.expect("a table").is_empty());
    for (attribute, word) in [("stage", "waiting"), ("platform", "sage")] {
        let store = table_where("FLOW", attribute, text(word)).await;
        assert!(matches!(store.table.flow(&flow_id("state")).await, Err(StoreError::Newer { .. })), "{attribute}");
    }
}

#[tokio::test]
async fn an_unknown_word_with_a_safe_default_is_read_as_the_default() {
    let read = async |store: &Store| -> Connection { store.read(&connection_id("acme")).await };
    let store = table_where("STATE", "freshness", text("hourly")).await;
    assert_eq!(read(&store).await.freshness, Freshness::Always);

    let store = table_with(|row| {
        if row["SK"] == text("STATE") {
            row.insert("status".to_owned(), text("needs_reauthorization"));
            row.insert("cause".to_owned(), text("frozen"));
        }
    })
    .await;
    let grant_state = read(&store).await.grant_state;
    assert!(matches!(grant_state, GrantState::NeedsReauthorization { cause: DeathCause::AccessWithdrawn, .. }));

    let number = |number: u32| AttributeValue::N(number.to_string());
    let failure = [
        ("failures", number(1)),
        ("retry_at", number(0)),
        ("code", text("platform_asleep")),
        ("message", text("The platform sleeps.")),
        ("at", number(0)),
        ("doubtful", AttributeValue::Bool(false)),
    ];
    let failure = failure.map(|(name, value)| (name.to_owned(), value)).into();
    let store = table_where("STATE", "trouble", AttributeValue::M(failure)).await;
    assert_eq!(read(&store).await.last_failure.map(|failure| failure.code), Some(FailureCode::Unknown));

    let scopes = AttributeValue::L(vec![text("imports:read"), text("tokens:read")]);
    let store = table_where("KEY#0123456789abcdef", "scopes", scopes).await;
    let key = store.table.key(&partner(), &key_id()).await.expect("a table").expect("a key");
    assert_eq!(key.scopes, [Scope::TokensRead], "a scope that is not known permits nothing");

    let store = table_with(|row| {
        if row["SK"] == text("FLOW") {
            row.insert("stage".to_owned(), text("failed"));
            row.insert("failure".to_owned(), text("of_a_new_kind"));
        }
    })
    .await;
    let ended = store.table.flow(&flow_id("state")).await.expect("a table").expect("a flow");
    assert!(ended.stage == Stage::Failed(FlowFailure::Interrupted));
}

#[tokio::test]
async fn a_due_row_that_cannot_be_read_does_not_hide_later_rows() {
    let store = store().await;
    let sound = rows().swap_remove(0);
    for (pk, due_at) in [("ODD#1", 1_i64), ("ODD#2", 2), ("CONN#default#acme", 3)] {
        let mut row = sound.clone();
        row.insert("PK".to_owned(), text(pk));
        row.insert("due_at".to_owned(), AttributeValue::N(due_at.to_string()));
        store.put(row).await;
    }
    let due = store.table.due(0, START, None, 1).await.expect("a table");
    assert!(due.iter().map(|entry| entry.connection.company_key.as_str()).eq(["acme"]));
}
