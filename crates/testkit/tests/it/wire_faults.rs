//! Each fault of the proxy: the SDK's error, and the state of the database afterwards.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{CancellationReason, Put, TransactWriteItem};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::dynamodb::{TABLE, is_there, put, text};
use crate::wire::{Setup, setup};

fn transaction(client: &Client, keys: &[&str]) -> TransactWriteItemsFluentBuilder {
    keys.iter().fold(client.transact_write_items(), |transaction, key| {
        let put = Put::builder().table_name(TABLE).item("pk", text(key)).build().expect("complete");
        transaction.transact_items(TransactWriteItem::builder().put(put).build())
    })
}

#[tokio::test]
async fn throttling_is_an_error_that_the_client_retries() {
    let setup = setup().await;

    setup.wire.inject(Rule::on("PutItem", Fault::Throttled).times(2));
    let error = put(&setup.client, "one").send().await.expect_err("throttled").into_service_error();
    assert!(error.is_provisioned_throughput_exceeded_exception(), "{error:?}");
    assert!(!is_there(&setup.direct, "one").await);

    let retrying = setup.client.config().to_builder().retry_config(fast_retries()).build();
    put(&Client::from_conf(retrying), "one").send().await.expect("the retry is not throttled");
    assert_eq!(setup.wire.counts()["PutItem"], 3);
}

fn fast_retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1))
}

#[tokio::test]
async fn a_conflict_refuses_a_single_write() {
    let setup = setup().await;

    setup.wire.inject(Rule::on("PutItem", Fault::TransactionConflict));
    let error = put(&setup.client, "one").send().await.expect_err("in conflict").into_service_error();

    assert!(error.is_transaction_conflict_exception(), "{error:?}");
    assert!(!is_there(&setup.direct, "one").await);
}

#[tokio::test]
async fn a_conflict_cancels_a_transaction_with_a_reason_for_each_item() {
    let setup = setup().await;

    setup.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict));
    let error = transaction(&setup.client, &["one", "two"]).send().await.expect_err("in conflict").into_service_error();

    let TransactWriteItemsError::TransactionCanceledException(canceled) = error else { panic!("{error:?}") };
    let codes = canceled.cancellation_reasons().iter().filter_map(CancellationReason::code);
    assert_eq!(codes.collect::<Vec<_>>(), ["TransactionConflict", "None"]);
    assert!(!is_there(&setup.direct, "one").await);
}

#[tokio::test]
async fn an_internal_server_error_is_the_services() {
    let setup = setup().await;

    setup.wire.inject(Rule::on("PutItem", Fault::InternalServerError));
    let error = put(&setup.client, "one").send().await.expect_err("a failure");

    assert_eq!(error.raw_response().expect("an answer").status().as_u16(), 500);
    assert!(error.into_service_error().is_internal_server_error());
}

#[tokio::test]
async fn a_timeout_after_apply_leaves_the_item_written() {
    let setup = setup().await;

    setup.wire.inject(Rule::on("PutItem", Fault::TimeoutAfterApply));
    let error = put(&setup.client, "one").send().await.expect_err("no answer");

    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert!(is_there(&setup.direct, "one").await);
    assert_eq!((setup.wire.requests()[0].status, setup.wire.requests()[0].fault), (None, Some(Fault::TimeoutAfterApply)));
}

#[tokio::test]
async fn a_timeout_before_apply_leaves_nothing_written() {
    let setup = setup().await;

    setup.wire.inject(Rule::on("PutItem", Fault::TimeoutBeforeApply));
    let error = put(&setup.client, "one").send().await.expect_err("no answer");

    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert!(!is_there(&setup.direct, "one").await);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the wire is slow in real time")]
async fn a_delayed_request_is_answered_late() {
    let setup = setup().await;
    let delay = Duration::from_millis(50);
    setup.wire.inject(Rule::on("PutItem", Fault::Delay(delay)));

    let sent = Instant::now();
    put(&setup.client, "one").send().await.expect("written");

    assert!(sent.elapsed() >= delay);
}

#[tokio::test]
async fn a_delayed_request_is_applied_after_its_client_gave_up() {
    let setup = setup().await;
    setup.wire.inject(Rule::on("PutItem", Fault::Delay(Duration::from_secs(1))));

    let sending = tokio::spawn(put(&setup.client, "one").send());
    until(async || !setup.wire.requests().is_empty()).await;
    sending.abort();

    assert!(!is_there(&setup.direct, "one").await);
    until(async || is_there(&setup.direct, "one").await).await;
}

#[tokio::test]
async fn a_request_waits_until_it_is_released() {
    let setup = setup().await;
    setup.wire.inject(Rule::on("PutItem", Fault::UntilReleased));

    let sending = tokio::spawn(put(&setup.client, "one").send());
    until(async || !setup.wire.requests().is_empty()).await;
    assert!(!is_there(&setup.direct, "one").await);
    setup.wire.release();
    sending.await.expect("no panic").expect("written");
    assert!(is_there(&setup.direct, "one").await);
}

/// Waits for the effect of another task, within bounds.
async fn until(happened: impl AsyncFn() -> bool) {
    let waiting = async {
        while !happened().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it happens");
}

/// The request of a client that disconnects as soon as the request is held.
async fn abandoned_once_held(setup: &Setup, fault: Fault) {
    setup.wire.inject(Rule::on("PutItem", fault));
    tokio::select! {
        answer = put(&setup.client, "one").send() => panic!("answered: {answer:?}"),
        () = setup.wire.held() => {}
    }
}

#[tokio::test]
async fn a_held_request_is_never_applied() {
    let setup = setup().await;
    abandoned_once_held(&setup, Fault::Hold).await;

    assert_eq!((setup.wire.requests()[0].status, setup.wire.requests()[0].fault), (None, Some(Fault::Hold)));
    assert!(!is_there(&setup.direct, "one").await);
    put(&setup.client, "one").send().await.expect("the next one passes");
}

#[tokio::test]
async fn a_request_whose_answer_is_held_is_applied_by_then() {
    let setup = setup().await;
    abandoned_once_held(&setup, Fault::HoldAnswer).await;

    assert_eq!(setup.wire.requests()[0].status, None);
    assert!(is_there(&setup.direct, "one").await);
}
