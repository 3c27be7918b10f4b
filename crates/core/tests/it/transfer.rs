//! Connections that come from another system.

mod disconnected;
mod failing;
mod harness;
mod killed;

use counterfoil_core::model::connection::Status;
use counterfoil_core::port::platform::ConfirmFailure;
use counterfoil_core::service::transfer::Transferred;
use counterfoil_core::service::transfer::failure::TransferFailure;
use counterfoil_core::service::vault::commit_parked::{Unparked, commit_parked};
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};

use harness::Move;

#[tokio::test]
async fn a_connection_from_another_system_is_refreshed_confirmed_and_connected() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Connected));
    let row = place.row("acme").await;
    assert_eq!((row.status(), row.company_name.as_str()), (Status::Active, "Acme Ltd"));
    assert_eq!((row.company.company_id.as_str(), row.company.api_base_url.as_str()), ("77", "https://api.platform.test"));
    assert!(row.due_at.is_some() && row.last_failure.is_none() && row.refreshed_at.is_some());
    assert_eq!(place.stage.presented(), ["refresh-0-0"]);
    assert_eq!(place.stage.read(&row.id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(place.told("acme").await, ["audit connected operator:ada", "event oauth.connected"]);
    assert_eq!(place.entries("77").await, 1);
}

#[tokio::test]
async fn a_refresh_token_that_was_brought_in_before_is_skipped_whatever_became_of_it() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    place.run(&transfer).await.expect("connected");
    let id = place.row("acme").await.id;
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Before));
    place.stage.clock.advance(std::time::Duration::from_secs(3_600));
    place.stage.force(&id).await.expect("rotated");
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Before), "after a rotation");
    place.stage.disconnect(&id).await;
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Before), "after a disconnect");
    assert_eq!(place.row("acme").await.status(), Status::Disconnected);
    assert_eq!(place.stage.presented(), ["refresh-0-0", "refresh-0-1"]);
}

#[tokio::test]
async fn a_new_token_connects_what_was_disconnected_and_its_epoch_rises() {
    let place = Move::new(RotationPolicy::Strict).await;
    place.run(&place.transfer("acme", "77")).await.expect("connected");
    let before = place.row("acme").await;
    place.stage.disconnect(&before.id).await;
    assert_eq!(place.run(&place.transfer("acme", "78")).await, Ok(Transferred::Connected));
    let row = place.row("acme").await;
    assert_eq!((row.status(), row.company.company_id.as_str()), (Status::Active, "78"));
    assert!(row.epoch > before.epoch + 1);
    assert_eq!((place.entries("77").await, place.entries("78").await), (0, 1));
}

#[tokio::test]
async fn a_grant_that_the_table_does_not_take_is_parked_and_the_next_run_goes_on() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    let commits = Rule::on("UpdateItem", Fault::TransactionConflict).when(":replaces");
    place.stage.installation.wire.inject(commits.times(10_000));
    let failure = place.run(&transfer).await.expect_err("parked");
    assert!(matches!(failure, TransferFailure::NotRefreshed(why) if why.contains("parked")), "{failure}");
    place.stage.installation.wire.reset();
    let parked = place.stage.installation.parking.take();
    assert_eq!(parked.len(), 1);
    assert_eq!(commit_parked(&place.stage.app, &parked[0]).await, Ok(Unparked::Committed));
    assert_eq!(place.row("acme").await.status(), Status::NeedsReauthorization, "its company is not confirmed");
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Connected));
    assert_eq!(place.stage.presented(), ["refresh-0-0"]);
}

#[tokio::test]
async fn two_runs_at_once_present_the_token_once() {
    let place = Move::standing_still(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    let gate = place.stage.installation.platform.hold();
    let run = || {
        let (transfers, transfer) = (place.transfers(), transfer.clone());
        tokio::spawn(async move { transfers.run(&transfer).await })
    };
    let first = run();
    gate.reached_by(1).await;
    let second = run();
    place.stage.clock.until_asleep(1).await;
    gate.open();
    assert_eq!(first.await.expect("no panic"), Ok(Transferred::Connected));
    // The second run asks nothing more of the platform.
    place.stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    place.stage.clock.advance(place.stage.app.settings.lease);
    assert_eq!(second.await.expect("no panic"), Ok(Transferred::Before));
    assert_eq!(place.stage.presented(), ["refresh-0-0"]);
    assert_eq!(place.told("acme").await, ["audit connected operator:ada", "event oauth.connected"]);
}
