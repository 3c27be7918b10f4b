//! Processes that are killed while they bring a connection in.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::connection::Status;
use counterfoil_core::model::transfer::Transfer;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::service::transfer::failure::TransferFailure;
use counterfoil_core::service::transfer::{Transferred, Transfers};
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};
use tokio::runtime::{Builder, Runtime};

use super::harness::{Move, actor};

/// A process of its own, with all its tasks and connections.
fn process(place: &Move, transfer: &Transfer) -> (Runtime, tokio::task::JoinHandle<Result<Transferred, TransferFailure>>) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let (table, clock) = (place.stage.installation.separate_table(), Arc::clone(&place.stage.clock) as Arc<dyn Clock>);
    let app = Arc::new(place.stage.installation.app_of(clock, table.clone()));
    let (transfers, transfer) = (Transfers { app, store: Arc::new(table), actor: actor() }, transfer.clone());
    let running = runtime.spawn(async move { transfers.run(&transfer).await });
    (runtime, running)
}

/// Kills a process at the request that the rule holds. `false` where it ended before.
async fn is_killed_at(place: &Move, transfer: &Transfer, rule: Rule) -> bool {
    let wire = &place.stage.installation.wire;
    wire.reset();
    wire.inject(rule);
    let (runtime, running) = process(place, transfer);
    let was_killed = tokio::select! {
        () = wire.held() => true,
        ended = running => {
            assert_eq!(ended.expect("no panic"), Ok(Transferred::Connected));
            false
        }
    };
    runtime.shutdown_background();
    wire.reset();
    was_killed
}

/// What must not depend on where a run was killed.
async fn assert_connected_once(place: &Move, at: &str) {
    let row = place.row("acme").await;
    assert_eq!(row.status(), Status::Active, "{at}");
    assert_eq!(place.told("acme").await, ["audit connected operator:ada", "event oauth.connected"], "{at}");
    assert_eq!(place.entries("77").await, 1, "{at}");
    place.stage.clock.advance(Duration::from_secs(3_700));
    place.stage.read(&row.id).await.unwrap_or_else(|error| panic!("{at}: {error}"));
}

#[tokio::test]
async fn a_run_that_is_killed_at_any_request_burns_nothing_and_the_next_goes_on() {
    for operation in ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "TransactWriteItems"] {
        let mut kills = 0;
        for fault in [Fault::Hold, Fault::HoldAnswer] {
            let mut spared = 0;
            loop {
                let at = format!("killed at {operation} {spared}, {fault:?}");
                // The token before is good for a while: no answer that is lost ends the grant.
                let place = Move::new(RotationPolicy::Grace).await;
                let transfer = place.transfer("acme", "77");
                if !is_killed_at(&place, &transfer, Rule::on(operation, fault).after(spared)).await {
                    break;
                }
                place.run(&transfer).await.unwrap_or_else(|failure| panic!("{at}: {failure}"));
                assert_connected_once(&place, &at).await;
                (spared, kills) = (spared + 1, kills + 1);
            }
        }
        assert!(kills >= 2, "only {kills} {operation}");
    }
}

#[tokio::test]
async fn a_run_that_is_killed_while_the_platform_answers_goes_on_after_the_rest() {
    let place = Move::new(RotationPolicy::Grace).await;
    let transfer = place.transfer("acme", "77");
    let gate = place.stage.installation.platform.hold();
    let (runtime, _running) = process(&place, &transfer);
    gate.reached_by(1).await;
    runtime.shutdown_background();
    gate.open();
    let killed_at = place.stage.clock.now();
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Connected));
    let rested = counterfoil_core::model::time::until(killed_at, place.stage.installation.platform.presented()[1].at);
    assert!(rested >= place.stage.app.settings.lease + place.stage.app.settings.rest, "{rested:?}");
    assert_connected_once(&place, "killed at the platform").await;
}
