//! Connections from another system that are disconnected before the platform has confirmed their company.

use counterfoil_core::model::transfer::Transfer;
use counterfoil_core::port::platform::{ConfirmFailure, TokenFailure};
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::transfer::failure::TransferFailure;
use counterfoil_core::service::vault::commit_parked::{Unparked, commit_parked};
use counterfoil_testkit::fixture::{Item, connection_id};
use counterfoil_testkit::platform::{Habits, Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::Move;
use crate::revocations::{LONG, run};

/// A connection whose grant reaches `acme` although its line names another company, beside an active connection to `acme`.
async fn misnamed() -> (Move, Transfer) {
    let place = Move::new(RotationPolicy::Strict).await;
    place.stage.installation.connect(&place.stage.app, "acme").await;
    let transfer = Transfer { company_id: "78".to_owned(), ..place.transfer("second", "acme") };
    (place, transfer)
}

/// A connection that the platform has not confirmed yet, although its line is right.
async fn unconfirmed(habits: Habits) -> Move {
    let place = Move::new(RotationPolicy::Strict).await;
    place.stage.installation.platform.set_habits(habits);
    place.stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    let transfer = place.transfer("second", "77");
    assert_eq!(place.run(&transfer).await, Err(TransferFailure::NotConfirmed));
    place
}

impl Move {
    async fn disconnect(&self) -> RevocationStatus {
        self.stage.disconnect(&connection_id("second")).await
    }

    fn revoked(&self) -> Vec<String> {
        self.stage.installation.platform.revoked()
    }

    /// How many audit rows give this reason.
    async fn audited(&self, reason: &str) -> usize {
        let items = self.stage.installation.items_of(&connection_id("second")).await;
        let has = |item: &Item| {
            let detail = item.get("detail").and_then(|detail| detail.as_m().ok());
            detail.and_then(|detail| detail.get("reason")?.as_s().ok()).is_some_and(|found| found == reason)
        };
        items.iter().filter(|(key, item)| key.starts_with("AUDIT#") && has(item)).count()
    }
}

#[tokio::test]
async fn r15_a_grant_is_not_revoked_by_the_company_that_its_line_claimed() {
    for names_companies in [false, true] {
        let (place, transfer) = misnamed().await;
        place.stage.installation.platform.set_habits(Habits { names_companies, ..Habits::default() });
        assert_eq!(place.run(&transfer).await, Err(TransferFailure::OtherCompany));
        assert_eq!(place.disconnect().await, RevocationStatus::Pending, "a request has no time to ask the platform too");
        assert_eq!(run(&place.stage).await.done, 1);
        assert!(place.revoked().is_empty(), "it would end the other's grant");
        assert_eq!(place.audited("company_not_confirmed").await, 1);
        assert_eq!(place.stage.force(&connection_id("acme")).await.as_deref(), Ok("access-0-2"));
    }
}

#[tokio::test]
async fn r15_late_tokens_are_not_revoked_by_the_company_that_their_line_claimed() {
    let (place, transfer) = misnamed().await;
    let commits = Rule::on("UpdateItem", Fault::TransactionConflict).when(":replaces");
    place.stage.installation.wire.inject(commits.times(10_000));
    place.run(&transfer).await.expect_err("parked");
    place.stage.installation.wire.reset();
    let parked = place.stage.installation.parking.take();
    place.disconnect().await;
    assert_eq!(commit_parked(&place.stage.app, &parked[0]).await, Ok(Unparked::Late));
    place.stage.clock.advance(LONG);
    assert_eq!(run(&place.stage).await.done, 1);
    assert!(place.revoked().is_empty(), "it would end the other's grant");
    assert_eq!(place.audited("company_not_confirmed").await, 1);
}

#[tokio::test]
async fn r15_a_grant_is_revoked_once_the_platform_confirms_its_company() {
    let place = unconfirmed(Habits::default()).await;
    place.disconnect().await;
    let failures = [ConfirmFailure::Unavailable, ConfirmFailure::Unauthorized];
    place.stage.installation.platform.fail_confirmations(failures);
    for _ in failures {
        assert_eq!(run(&place.stage).await.left, 1);
        assert!(place.revoked().is_empty(), "the platform has not said which company it is");
        place.stage.clock.advance(LONG);
    }
    assert_eq!(run(&place.stage).await.done, 1);
    assert_eq!(place.revoked(), ["refresh-0-3"], "refreshed, since its access token had expired");
    assert_eq!(place.audited("company_not_confirmed").await, 0);
}

#[tokio::test]
async fn r15_a_confirmed_company_of_another_connection_is_not_revoked() {
    let (place, transfer) = misnamed().await;
    let right = Transfer { company_id: "acme".to_owned(), ..transfer };
    place.stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    place.run(&right).await.expect_err("not confirmed");
    place.disconnect().await;
    assert_eq!(run(&place.stage).await.done, 1);
    assert!(place.revoked().is_empty());
    assert_eq!(place.audited("company_held").await, 1);
}

#[tokio::test]
async fn a_grant_that_was_never_refreshed_is_refreshed_to_ask_the_platform() {
    let place = Move::new(RotationPolicy::Strict).await;
    let down = Reply::Fail(TokenFailure::Broken { status: 500 });
    place.stage.installation.platform.script([down.clone(), down]);
    place.run(&place.transfer("second", "77")).await.expect_err("the platform is down");
    place.disconnect().await;
    place.stage.clock.advance(LONG);
    assert_eq!(run(&place.stage).await.done, 1);
    assert_eq!(place.revoked(), ["refresh-0-1"]);
}

#[tokio::test]
async fn an_independent_grant_is_revoked_at_once_whatever_its_company() {
    let place = unconfirmed(Habits { grants_are_independent: true, ..Habits::default() }).await;
    assert_eq!(place.disconnect().await, RevocationStatus::Completed);
    assert_eq!(place.revoked(), ["refresh-0-1"]);
}
