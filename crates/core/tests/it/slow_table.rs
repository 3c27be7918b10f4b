//! A table that is slow to write a lease: a write with an unknown outcome is repeated, and a process does not wait for the end of its
//! own unused leases.

use std::time::Duration;

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_testkit::fixture::Fixture;
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, read};

/// The number of tries of the client.
const TRIES: usize = 3;

/// A fault of leases: the table stores them, and the answers are lost.
fn unheard_leases(count: usize) -> Rule {
    Rule::on("PutItem", Fault::TimeoutAfterApply).when("refresh_token_sha256").times(count * TRIES)
}

#[tokio::test]
async fn r2_a_lease_with_a_lost_answer_is_replaced_by_its_own_process() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(unheard_leases(1));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(stage.presented(), ["refresh-0-0"]);
}

#[tokio::test]
async fn r2_after_a_failed_read_the_same_process_need_not_wait_for_its_own_lease() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(unheard_leases(1_000));
    assert_eq!(stage.read(&id).await.expect_err("no lease").code(), "storage_unavailable");
    stage.installation.wire.reset();
    let other = stage.installation.process_at(&stage.clock);
    assert!(read(&other, &id).await.is_err(), "another process cannot know that nothing was sent");
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(stage.presented(), ["refresh-0-0"]);
}

#[tokio::test]
async fn r1_a_process_waits_for_the_end_of_its_own_used_lease() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let lost = counterfoil_core::port::platform::TokenFailure::NoAnswer;
    stage.installation.platform.script([counterfoil_testkit::platform::Reply::LoseAnswer(lost)]);
    stage.installation.wire.inject(Rule::on("UpdateItem", Fault::TransactionConflict).times(1));
    stage.read(&id).await.expect_err("no answer");
    assert_eq!(stage.row(&id).await.last_failure, None, "the row does not say so");
    stage.read(&id).await.expect_err("it rests");
    assert_eq!(stage.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_leases_that_nobody_heard_of_leave_none_of_a_run_behind() {
    const DUE: usize = 40;
    let installation = Fixture::in_real_time(RotationPolicy::Stable).await;
    let app = installation.process();
    for number in 0..DUE {
        installation.connect_expired(&app, &format!("company-{number}")).await;
    }
    installation.wire.reset();
    installation.wire.inject(unheard_leases(DUE));
    let report = refresh_due(&app, &ALL_SHARDS, Duration::from_secs(110)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((report.due, report.done), (DUE, DUE), "{report:?}");
    assert_eq!(installation.platform.refreshes(), DUE);
}
