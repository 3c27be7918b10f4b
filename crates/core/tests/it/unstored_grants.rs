//! A grant that neither table nor queue stores: its caller gets the token, and the process keeps the grant for its next event.

use std::time::Duration;

use counterfoil_core::model::connection::Status;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::time::until;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::port::store::{ALL_SHARDS, StoreError};
use counterfoil_core::service::consent::callback;
use counterfoil_core::service::vault::unstored::store_unstored;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_testkit::fixture::{connected, connection_id, consented, finish_consent, retry_consent};
use counterfoil_testkit::platform::{Habits, Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, count};
use crate::parking::refuse_commits;

/// Makes table and queue fail.
fn both_away(stage: &Stage) {
    stage.installation.parking.fail_with(Some(StoreError::Unavailable("no queue".to_owned())));
    refuse_commits(stage);
}

fn both_back(stage: &Stage) {
    stage.installation.parking.fail_with(None);
    stage.installation.wire.reset();
}

/// The first thing that the process does at its next event.
async fn next_event(stage: &Stage) {
    store_unstored(&stage.app, stage.app.clock.elapsed() + stage.app.settings.function_time).await;
}

#[tokio::test]
async fn r6_storing_a_kept_grant_does_not_start_if_it_could_not_end_in_the_events_time() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    both_away(&stage);
    stage.read(&id).await.expect("a token");
    both_back(&stage);
    let takes = 2 * stage.app.settings.store_timeout;
    store_unstored(&stage.app, (stage.app.clock.elapsed() + takes).saturating_sub(Duration::from_millis(1))).await;
    assert_eq!((stage.app.unstored.count(), stage.row(&id).await.epoch), (1, 1));
    store_unstored(&stage.app, stage.app.clock.elapsed() + takes).await;
    assert_eq!((stage.app.unstored.count(), stage.row(&id).await.epoch), (0, 2));
}

#[tokio::test]
async fn r6_a_grant_that_table_and_queue_refuse_is_served_and_stored_at_the_next_event() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    both_away(&stage);
    let began = stage.clock.now();
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"), "the token is valid wherever its grant is stored");
    let spent = until(began, stage.clock.now());
    let time = stage.app.settings.refresh_time();
    assert!(spent <= time && spent + Duration::from_secs(5) > time, "it tries to the end of its time: {spent:?}");
    assert_eq!((stage.row(&id).await.epoch, stage.app.unstored.count()), (1, 1));
    next_event(&stage).await;
    assert_eq!(stage.app.unstored.count(), 1, "they are still away");
    both_back(&stage);
    next_event(&stage).await;
    assert_eq!((stage.row(&id).await.epoch, stage.app.unstored.count()), (2, 0));
    stage.clock.advance(Duration::from_secs(3_600));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-3"));
    assert_eq!(stage.presented(), ["refresh-0-0", "refresh-0-1"], "it goes on from there");
}

#[tokio::test]
async fn r6_a_kept_grant_is_parked_if_only_the_table_fails() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    both_away(&stage);
    stage.read(&id).await.expect("a token");
    stage.installation.parking.fail_with(None);
    next_event(&stage).await;
    assert_eq!((stage.app.unstored.count(), stage.installation.parking.take().len()), (0, 1));
}

#[tokio::test]
async fn r6_both_places_are_tried_in_turn_until_one_is_back() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.parking.fail_with(Some(StoreError::Unavailable("no queue".to_owned())));
    // More tries than fit into the commit's own budget, fewer than into the refresh's time.
    let refused = 50;
    let commits = Rule::on("UpdateItem", Fault::TransactionConflict)
        .when(r#""ConditionExpression":"epoch = :replaces AND #status = :live""#);
    stage.installation.wire.inject(commits.times(refused));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!((stage.row(&id).await.epoch, stage.app.unstored.count()), (2, 0), "the table took it late");
}

#[tokio::test]
async fn o5_the_grant_of_a_code_stays_in_memory_until_its_flow_is_written() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let callback = consented(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let (flow, browser) = (FlowId::of(callback.state.as_ref().expect("a state")), callback.browser.clone());
    let keeps = Rule::on("TransactWriteItems", Fault::TransactionConflict).when("access_token");
    stage.installation.wire.inject(keeps.times(10_000));
    let began = stage.clock.now();
    let ending = finish_consent(&stage.app, callback).await;
    assert_eq!(connected(ending).err().map(|error| error.code()), Some("storage_unavailable"));
    let spent = until(began, stage.clock.now());
    assert!(spent + Duration::from_secs(5) > stage.app.settings.refresh_time(), "{spent:?}");
    assert_eq!(stage.app.unstored.count(), 1);
    stage.installation.wire.reset();
    next_event(&stage).await;
    assert_eq!(stage.app.unstored.count(), 0);
    assert!(connected(retry_consent(&stage.app, &flow, &browser).await).is_ok(), "from the page of the result");
    assert_eq!(stage.read(&connection_id("acme")).await.as_deref(), Ok("access-0-1"));
    assert_eq!(stage.installation.platform.exchanges(), 1);
}

/// A code may be sent once.
#[tokio::test]
async fn o5_a_code_is_not_sent_if_there_is_no_time_to_receive_and_store_the_answer() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let callback = consented(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let (flow, browser) = (FlowId::of(callback.state.as_ref().expect("a state")), callback.browser.clone());
    let needed = stage.app.settings.platform_timeout + stage.app.settings.needed_from_answer();
    let ends_at = (stage.app.clock.elapsed() + needed).saturating_sub(Duration::from_millis(1));
    let ending = callback::finish_consent(&stage.app, callback, ends_at).await;
    assert_eq!(connected(ending).err().map(|error| error.code()), Some("exchange_postponed"));
    assert_eq!(stage.installation.platform.exchanges(), 0);
    assert!(connected(retry_consent(&stage.app, &flow, &browser).await).is_ok(), "the code is still good");
}

#[tokio::test]
async fn t5_the_refreshed_grant_of_a_revocation_stays_in_memory_until_its_row_is_written() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    stage.installation.platform.set_habits(Habits { asks_before_revoking: true, ..Habits::default() });
    let id = stage.expired("acme").await;
    let renewals = Rule::on("UpdateItem", Fault::TransactionConflict).when("refresh_token");
    stage.disconnect(&id).await;
    stage.clock.advance(Duration::from_secs(7_200));
    stage.installation.wire.inject(renewals.times(10_000));
    revoke_due(&stage.app, &ALL_SHARDS, Duration::from_secs(58)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stage.app.unstored.count(), 1);
    stage.installation.wire.reset();
    next_event(&stage).await;
    assert_eq!(stage.app.unstored.count(), 0);
    stage.clock.advance(Duration::from_secs(7_200));
    revoke_due(&stage.app, &ALL_SHARDS, Duration::from_secs(58)).await.unwrap_or_else(|error| panic!("{error}"));
    let revoked = stage.installation.platform.revoked();
    let newest = stage.presented().len();
    assert_eq!(revoked, [format!("refresh-0-{newest}")], "the newest, of no token that was used up");
}

#[tokio::test]
async fn r8_the_end_of_a_grant_is_written_until_the_time_is_over() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::Refused)]);
    let refused = usize::try_from(stage.app.settings.commit_budget.as_millis() / stage.app.settings.poll.as_millis()).unwrap();
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict).times(refused));
    assert_eq!(stage.read(&id).await.expect_err("refused").code(), "grant_refused");
    assert_eq!(stage.row(&id).await.status(), Status::NeedsReauthorization);
    assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.reauthorization_required").await, 1);
}
