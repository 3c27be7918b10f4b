//! Transfers that fail, and later tries.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::{DeathCause, GrantState, Status};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::platform::Environment;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::transfer::Transfer;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::platform::{ConfirmFailure, TokenFailure};
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::transfer::failure::TransferFailure;
use counterfoil_core::service::transfer::{Transferred, Transfers};
use counterfoil_testkit::fixture::connection_id;
use counterfoil_testkit::platform::{REGION, Reply, RotationPolicy, ScriptedPlatforms};

use super::harness::{Move, actor};
use crate::revocations::{LONG, run};

/// A token that the platform does not know.
fn dead(transfer: Transfer) -> Transfer {
    Transfer { refresh_token: Secret::new("canary-dead"), ..transfer }
}

#[tokio::test]
async fn an_unconfirmed_connection_gives_no_token_and_the_next_run_confirms_it_without_a_refresh() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    place.stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    assert_eq!(place.run(&transfer).await, Err(TransferFailure::NotConfirmed));
    let row = place.row("acme").await;
    assert!(matches!(row.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::NotConfirmed, .. }));
    assert_eq!(row.last_failure.as_ref().map(|failure| failure.code), Some(FailureCode::NotConfirmed));
    assert_eq!(place.stage.read(&row.id).await.expect_err("not confirmed").code(), "reauthorization_required");
    assert_eq!(place.told("acme").await, [""; 0]);
    let items = place.stage.installation.items_of(&row.id).await;
    let (_, state) = items.iter().find(|(key, _)| key == "STATE").expect("a connection");
    assert_eq!(state["cause"].as_s().map(String::as_str), Ok("access_withdrawn"), "the word that an earlier release knows");
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Connected));
    assert_eq!(place.stage.presented(), ["refresh-0-0"]);
}

#[tokio::test]
async fn a_company_that_an_incomplete_list_lacks_is_not_taken_for_another_one() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    place.stage.installation.platform.list_incompletely(true);
    assert_eq!(place.run(&transfer).await, Err(TransferFailure::NotConfirmed));
    place.stage.installation.platform.list_incompletely(false);
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Connected));
    assert_eq!(place.stage.presented(), ["refresh-0-0"]);
}

#[tokio::test]
async fn a_token_that_is_refused_gives_way_to_a_fresh_one() {
    let place = Move::new(RotationPolicy::Family).await;
    let fresh = place.transfer("acme", "77");
    let old = dead(fresh.clone());
    for _ in 0..2 {
        assert_eq!(place.run(&old).await, Err(TransferFailure::Refused));
    }
    let elsewhere = Transfer { environment: Environment::Sandbox, ..old.clone() };
    assert_eq!(place.run(&elsewhere).await, Err(TransferFailure::Refused));
    assert_eq!(place.row("acme").await.company.environment, Environment::Sandbox, "the corrected line takes its place");
    assert_eq!(place.run(&fresh).await, Ok(Transferred::Connected));
    assert_eq!(place.row("acme").await.status(), Status::Active);
    assert_eq!(place.run(&old).await, Ok(Transferred::Before), "it is over with that token");
}

#[tokio::test]
async fn a_line_with_another_token_and_company_replaces_one_that_was_refused() {
    let place = Move::new(RotationPolicy::Family).await;
    assert_eq!(place.run(&dead(place.transfer("acme", "78"))).await, Err(TransferFailure::Refused));
    assert_eq!((place.entries("77").await, place.entries("78").await), (0, 1));
    assert_eq!(place.run(&place.transfer("acme", "77")).await, Ok(Transferred::Connected));
    assert_eq!((place.entries("77").await, place.entries("78").await), (1, 0));
}

#[tokio::test]
async fn a_corrected_region_replaces_that_of_a_grant_that_was_never_refreshed() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    let corrected = Transfer { region: Some(REGION.to_owned()), ..transfer.clone() };
    for line in [&transfer, &corrected] {
        let refused = Reply::Fail(TokenFailure::Refused);
        place.stage.installation.platform.script([refused]);
        assert_eq!(place.run(line).await, Err(TransferFailure::Refused));
        assert_eq!(place.row("acme").await.grant().map(|grant| &grant.region), Some(&line.region));
    }
    assert_eq!(place.run(&corrected).await, Ok(Transferred::Connected));
}

#[tokio::test]
async fn a_company_that_the_grant_does_not_reach_is_corrected_without_another_refresh() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    let wrong = Transfer { company_id: "78".to_owned(), ..transfer.clone() };
    assert_eq!(place.run(&wrong).await, Err(TransferFailure::OtherCompany));
    assert_eq!((place.entries("77").await, place.entries("78").await), (0, 1));
    assert_eq!(place.run(&transfer).await, Ok(Transferred::Connected));
    assert_eq!((place.entries("77").await, place.entries("78").await), (1, 0));
    assert_eq!(place.row("acme").await.company.company_id, "77");
    assert_eq!(place.stage.presented(), ["refresh-0-0"]);
}

#[tokio::test]
async fn a_connection_with_another_grant_is_not_overwritten() {
    let place = Move::new(RotationPolicy::Strict).await;
    let id = place.stage.installation.connect(&place.stage.app, "acme").await;
    let before = place.stage.row(&id).await;
    let transfer = place.transfer("acme", "acme");
    assert_eq!(place.run(&transfer).await, Err(TransferFailure::Exists));
    assert!(place.stage.row(&id).await == before);
    place.stage.installation.platform.revoke("acme");
    place.stage.force(&id).await.expect_err("ended");
    assert_eq!(place.run(&transfer).await, Err(TransferFailure::Exists), "one that ended is kept too");

    let refreshed = place.transfer("second", "77");
    place.stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    place.run(&refreshed).await.expect_err("not confirmed");
    assert_eq!(place.run(&place.transfer("second", "77")).await, Err(TransferFailure::Exists), "one that was refreshed");
    let elsewhere = Transfer { environment: Environment::Sandbox, ..refreshed.clone() };
    assert_eq!(place.run(&elsewhere).await, Err(TransferFailure::Exists), "one of another environment");
    assert_eq!(place.run(&refreshed).await, Ok(Transferred::Connected));
}

#[tokio::test]
async fn a_refresh_token_makes_one_connection() {
    let place = Move::new(RotationPolicy::Strict).await;
    let transfer = place.transfer("acme", "77");
    place.run(&transfer).await.expect("connected");
    let again = Transfer { connection: connection_id("other"), ..transfer };
    let failure = place.run(&again).await.expect_err("one connection");
    assert_eq!(failure, TransferFailure::OtherConnection(connection_id("acme")));
    assert!(place.stage.app.connections.read(&again.connection).await.expect("a table").is_none());
}

#[tokio::test]
async fn o20_a_line_that_cannot_be_imported_is_neither_stored_nor_sent() {
    let place = Move::new(RotationPolicy::Strict).await;
    let good = place.transfer("acme", "77");
    let reserved = place.transfer("quickbooks-1", "77");
    let expired = Transfer { refresh_token_expires_at: Some(place.stage.app.now()), ..good.clone() };
    let elsewhere = Transfer { region: Some("moon".to_owned()), ..good.clone() };
    assert_eq!(place.run(&reserved).await, Err(TransferFailure::ReservedKey));
    assert_eq!(place.run(&expired).await, Err(TransferFailure::Expired(place.stage.app.now())));
    assert_eq!(place.run(&elsewhere).await, Err(TransferFailure::UnknownRegion(good.platform)));
    let app = place.stage.installation.app(Arc::clone(&place.stage.clock) as Arc<dyn Clock>);
    let bare = Arc::new(App { platforms: Arc::new(ScriptedPlatforms::without_credentials()), ..app });
    let without = Transfers { app: bare, store: Arc::new(place.stage.installation.table()), actor: actor() };
    let failure = without.run(&good).await.expect_err("no credentials");
    assert!(failure.to_string().contains("credentials of quickbooks"), "{failure}");
    assert_eq!(place.stage.presented(), [""; 0]);
    assert!(place.stage.app.connections.read(&good.connection).await.expect("a table").is_none());
    assert_eq!(place.run(&place.transfer("quickbooks-78", "78")).await, Ok(Transferred::Connected), "its own name");
}

#[tokio::test]
async fn a_platform_that_fails_leaves_the_token_for_the_next_run() {
    let failures = [
        TokenFailure::ClientRefused,
        TokenFailure::Throttled { retry_after: None },
        TokenFailure::Broken { status: 500 },
        TokenFailure::NotSent,
        TokenFailure::NoAnswer,
    ];
    for failure in failures {
        let place = Move::new(RotationPolicy::Strict).await;
        let transfer = place.transfer("acme", "77");
        place.stage.installation.platform.script([Reply::Fail(failure.clone()), Reply::Fail(failure.clone())]);
        let said = place.run(&transfer).await.expect_err("it failed");
        assert!(matches!(said, TransferFailure::NotRefreshed(_)), "{failure:?}: {said}");
        let mut again = place.run(&transfer).await;
        if again.is_err() {
            again = place.run(&transfer).await;
        }
        assert_eq!(again, Ok(Transferred::Connected), "{failure:?}");
    }
}

#[tokio::test]
async fn r15_a_grant_that_is_not_confirmed_is_not_ended_by_the_revocation_of_another_of_its_company() {
    let place = Move::new(RotationPolicy::Strict).await;
    let id = place.stage.installation.connect(&place.stage.app, "acme").await;
    place.stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    place.run(&place.transfer("second", "acme")).await.expect_err("not confirmed");
    assert_eq!(place.stage.disconnect(&id).await, RevocationStatus::Pending);
    place.stage.clock.advance(Duration::from_secs(14 * 86_400 - 1));
    assert_eq!(run(&place.stage).await.left, 1);
    assert!(place.stage.installation.platform.revoked().is_empty());
    place.stage.clock.advance(LONG);
    assert_eq!(run(&place.stage).await.done, 1, "a claim does not protect a company for ever");
}
