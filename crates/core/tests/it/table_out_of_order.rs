//! The errors that callers get when the table fails.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::api_key::{Scope, compose};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_core::{App, Error};
use counterfoil_store::Table;
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, in_time, read};

#[test]
fn each_failure_of_the_table_has_one_code() {
    let table = || "counterfoil".to_owned();
    let failures = [
        (StoreError::TableMissing { table: table() }, "table_missing"),
        (StoreError::Denied { table: table() }, "table_denied"),
        (StoreError::Busy("throttled".to_owned()), "storage_unavailable"),
        (StoreError::Unavailable("no answer".to_owned()), "storage_unavailable"),
        (StoreError::Newer { item: "CONN#a".to_owned(), what: "platform".to_owned() }, "written_by_later_version"),
        (StoreError::Damaged { item: "CONN#a".to_owned(), problem: "epoch".to_owned() }, "internal_error"),
    ];
    for (failure, code) in failures {
        assert_eq!(Error::from(failure).code(), code);
    }
}

/// A process that is configured with a missing table.
fn without_table(stage: &Stage) -> Arc<App> {
    let table = Arc::new(Table::new(&stage.installation.sdk_config(), "another"));
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    Arc::new(App {
        connections: table.clone(),
        grants: table.clone(),
        revocations: table.clone(),
        flows: table.clone(),
        handovers: table.clone(),
        partners: table,
        ..stage.installation.app(clock)
    })
}

#[tokio::test]
async fn reads_refreshes_keys_and_consents_return_the_tables_error() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let key = compose(&PartnerId::default_partner(), false, &[7; 64]);
    let app = without_table(&stage);
    let code_of = |error: Option<Error>| error.expect("the table fails").code();
    assert_eq!(code_of(read(&app, &id).await.err()), "table_missing");
    assert_eq!(code_of(authenticate(&app, Some(&key), &[Scope::TokensRead]).await.err()), "table_missing");
    assert_eq!(code_of(refresh_due(&app, &ALL_SHARDS, Duration::from_secs(1)).await.err()), "table_missing");
    assert_eq!(code_of(try_consent(&stage.installation, &app, "acme", "acme").await.err()), "table_missing");
    assert_eq!((stage.refreshes(), stage.installation.platform.exchanges()), (0, 1));
}

#[tokio::test]
async fn a_connection_that_cannot_be_read_is_not_reported_as_missing() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(Rule::on("BatchGetItem", Fault::Throttled).times(100));
    assert_eq!(stage.read(&id).await.expect_err("no look, no token").code(), "storage_unavailable");
    assert_eq!(stage.refreshes(), 0);
}

#[tokio::test]
async fn r10_a_table_that_fails_does_not_hide_a_token_that_is_still_valid() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.short_lived("acme").await;
    stage.installation.wire.inject(Rule::on("BatchGetItem", Fault::Throttled).times(100));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-1"));
}

#[tokio::test]
async fn r1_a_lease_that_cannot_be_taken_sends_nothing() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(Rule::on("PutItem", Fault::TimeoutBeforeApply).times(10_000));
    assert_eq!(stage.read(&id).await.expect_err("no lease, no token").code(), "storage_unavailable");
    assert_eq!(stage.refreshes(), 0);
    stage.installation.wire.reset();
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"), "and leaves nothing behind");
}

#[tokio::test]
async fn r2_a_lease_whose_answer_was_lost_is_recognized() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(Rule::on("PutItem", Fault::TimeoutAfterApply));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
}

#[tokio::test]
async fn a_failed_second_look_is_retried_and_the_token_does_not_rest() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let found = stage.row(&id).await;
    stage.installation.wire.inject(Rule::on("GetItem", Fault::Throttled).times(4));
    let token = counterfoil_core::service::vault::read::read_token(&stage.app, found, None, in_time(&stage.app)).await;
    assert_eq!(token.map(|token| token.access_token.expose().to_owned()).as_deref(), Ok("access-0-2"));
}
