//! The store's errors for a table that is missing, throttled, or does not answer.

use std::fmt::Debug;

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::consents::FlowStore as _;
use counterfoil_core::port::store::partners::{OperatorStore as _, PartnerStore as _};
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_store::Table;
use counterfoil_testkit::fixture::{START, by_operator, connection, flow, lease};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{commit, consent, end, failed, flow_id, kept, last_failure, store};

fn error<T>(result: Result<T, StoreError>) -> StoreError {
    result.err().expect("it must fail")
}

#[tokio::test]
async fn s6_a_table_that_does_not_exist_is_named_by_every_call() {
    let store = store().await;
    let table = Table::new(&store.installation.sdk_config(), "another");
    let acme = connection("acme");
    let partner = PartnerId::default_partner();
    let key = KeyId::parse("0123456789abcdef").expect("a key id");
    let query = ListQuery { limit: 10, ..ListQuery::default() };
    let flow = flow("acme", "state");
    let answers = [
        error(table.read(&acme.id).await),
        error(table.read_with_lease(&acme.id).await),
        error(table.list(&partner, &query).await),
        error(table.due(0, START, None, 10).await),
        error(table.take_lease(&acme.id, &lease("lease_1", 1), None).await),
        error(table.commit(&acme.id, &commit(&acme, "ours")).await),
        error(table.record_failure(&acme.id, 1, &last_failure(), START).await),
        error(table.end_grant(&end(&acme, "end")).await),
        error(table.write_consent(&consent(&acme, None, flow_id("state"))).await),
        error(table.begin(&flow).await),
        error(table.flow(&flow.id).await),
        error(table.consume(&flow.id, "ours", START).await),
        error(table.keep_grant(&kept(&flow, "kept")).await),
        error(table.fail(&failed(&flow.id, Stage::Consumed { at: START }, FlowFailure::Gone)).await),
        error(table.partner(&partner).await),
        error(table.key(&partner, &key).await),
        error(table.key_and_connection((&partner, &key), &acme.id).await),
        error(table.touch_key(&partner, &key, START).await),
        error(table.check().await),
        error(table.partners().await),
        error(table.keys(&partner, None, 100).await),
        error(table.revoke_key(&partner, &key, &by_operator(&partner, Action::KeyRevoked)).await),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer, StoreError::TableMissing { table: "another".to_owned() }, "call {number}");
    }
    assert!(store.table.check().await.is_ok());
}

#[tokio::test]
async fn s6_a_table_without_its_indexes_is_named_too() {
    let store = store().await;
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("complete");
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().expect("complete")
    };
    let bare = store.installation.client().create_table().table_name("bare").billing_mode(BillingMode::PayPerRequest);
    bare.key_schema(key("PK", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range))
        .attribute_definitions(attribute("PK"))
        .attribute_definitions(attribute("SK"))
        .send()
        .await
        .expect("a table");
    let table = Table::new(&store.installation.sdk_config(), "bare");
    let missing = StoreError::TableMissing { table: "bare".to_owned() };
    assert_eq!(error(table.due(0, START, None, 10).await), missing);
    let query = ListQuery { limit: 10, ..ListQuery::default() };
    assert_eq!(error(table.list(&PartnerId::default_partner(), &query).await), missing);
}

#[tokio::test]
async fn creating_an_existing_table_is_no_error() {
    let store = store().await;
    let acme = store.consented("acme").await;
    assert_eq!(store.table.create().await, Ok(()));
    assert!(store.read(&acme.id).await == acme);
}

fn is_busy(error: &StoreError) -> bool {
    matches!(error, StoreError::Busy(_))
}

fn is_unavailable(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}

/// Checks that a lasting fault is reported, and that the same call works after it.
async fn lasting<T: Debug>(
    operation: &str,
    fault: Fault,
    is_expected: fn(&StoreError) -> bool,
    call: impl AsyncFn(&crate::harness::Store) -> Result<T, StoreError>,
) {
    let store = store().await;
    store.consented("acme").await;
    store.installation.wire.inject(Rule::on(operation, fault).times(1_000));
    let error = call(&store).await.expect_err("the fault lasts");
    assert!(is_expected(&error), "{operation} {fault:?}: {error:?}");
    store.installation.wire.reset();
    call(&store).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
}

#[tokio::test]
async fn a_throttled_read_and_a_throttled_write_are_busy() {
    let acme = connection("acme");
    let read = async |store: &crate::harness::Store| store.table.read(&acme.id).await.map(|_| ());
    let look = async |store: &crate::harness::Store| store.table.read_with_lease(&acme.id).await.map(|_| ());
    let write = async |store: &crate::harness::Store| store.table.commit(&acme.id, &commit(&acme, "ours")).await;
    let lease = async |store: &crate::harness::Store| store.table.take_lease(&acme.id, &lease("lease_1", 1), None).await;
    tokio::join!(
        lasting("GetItem", Fault::Throttled, is_busy, read),
        lasting("BatchGetItem", Fault::Throttled, is_busy, look),
        lasting("UpdateItem", Fault::Throttled, is_busy, write),
        lasting("PutItem", Fault::Throttled, is_busy, lease),
    );
}

#[tokio::test]
async fn a_transaction_conflict_is_busy() {
    let acme = connection("acme");
    let write = async |store: &crate::harness::Store| store.table.commit(&acme.id, &commit(&acme, "ours")).await;
    let transaction = async |store: &crate::harness::Store| store.table.end_grant(&end(&acme, "end")).await;
    tokio::join!(
        lasting("UpdateItem", Fault::TransactionConflict, is_busy, write),
        lasting("TransactWriteItems", Fault::TransactionConflict, is_busy, transaction),
    );
}

#[tokio::test]
async fn a_missing_answer_and_a_fault_are_unavailable() {
    let acme = connection("acme");
    let read = async |store: &crate::harness::Store| store.table.read(&acme.id).await.map(|_| ());
    let write = async |store: &crate::harness::Store| store.table.commit(&acme.id, &commit(&acme, "ours")).await;
    tokio::join!(
        lasting("GetItem", Fault::InternalServerError, is_unavailable, read),
        lasting("UpdateItem", Fault::TimeoutBeforeApply, is_unavailable, write),
    );
}
