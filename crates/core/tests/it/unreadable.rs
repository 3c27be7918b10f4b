//! Answers that could not be read, or only in part: they are stored, and a later refusal is not taken as the customer's.

use counterfoil_core::model::connection::{ConnectionId, DeathCause, GrantState};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::unread::UnreadAnswer;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::service::vault::keep_answer::{ANSWER, owner};
use counterfoil_testkit::platform::{Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, count};

const SAID: &str = r#"{"tokens":{"access":"canary"}}"#;

fn unreadable(said: &str) -> TokenFailure {
    TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new(said) }
}

async fn kept(stage: &Stage, id: &ConnectionId) -> usize {
    count(&stage.installation, id, "ANSWER#", "platform", "quickbooks").await
}

async fn cause(stage: &Stage, id: &ConnectionId) -> Option<DeathCause> {
    match stage.row(id).await.grant_state {
        GrantState::NeedsReauthorization { cause, .. } => Some(cause),
        GrantState::Active(_) | GrantState::WithoutGrant | GrantState::Disconnected => None,
    }
}

async fn opened(stage: &Stage, kept: &KeptAnswer) -> Secret {
    let opened = stage.app.sealer.open(&owner(&kept.of), ANSWER, &kept.text).await;
    opened.unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_kept_and_a_refusal_after_it_is_a_rotation_lost() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::LoseAnswer(unreadable(SAID))]);
    assert_eq!(stage.read(&id).await.expect_err("its successor was not read").code(), "grant_refused");
    assert_eq!(cause(&stage, &id).await, Some(DeathCause::RotationLost));
    assert_eq!(kept(&stage, &id).await, 1);
}

#[tokio::test]
async fn a_platform_that_accepts_the_previous_token_repairs_the_grant_and_the_answer_stays_kept() {
    let stage = Stage::self_advancing(RotationPolicy::Grace).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::LoseAnswer(unreadable(SAID))]);
    stage.read(&id).await.expect("the second try is answered");
    assert_eq!((cause(&stage, &id).await, kept(&stage, &id).await), (None, 1));
}

#[tokio::test]
async fn a_repeated_unreadable_answer_is_stored_once_and_different_ones_a_few_times() {
    let stage = Stage::self_advancing(RotationPolicy::Stable).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script(std::iter::repeat_n(Reply::Fail(unreadable(SAID)), 12));
    let different = (0..60).map(|at| Reply::Fail(unreadable(&format!("<html>{at}</html>"))));
    stage.installation.platform.script(different);
    for _ in 0..36 {
        stage.read(&id).await.expect_err("nothing that can be read");
        let last_failure = stage.row(&id).await.last_failure.expect("on record");
        assert_eq!((last_failure.code.as_str(), last_failure.doubtful), ("platform_unreadable", true));
        stage.clock.advance(counterfoil_core::model::time::until(stage.app.now(), last_failure.retry_at));
    }
    let kept = kept(&stage, &id).await;
    assert!((2..=16).contains(&kept), "{kept}");
    stage.read(&id).await.expect("nothing was lost");
}

#[tokio::test]
async fn an_unreadable_answer_that_the_table_does_not_store_is_parked() {
    let stage = Stage::self_advancing(RotationPolicy::Grace).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(Rule::on("PutItem", Fault::TransactionConflict).when("ANSWER#").times(100));
    stage.installation.platform.script([Reply::LoseAnswer(unreadable(SAID))]);
    stage.read(&id).await.expect("the second try is answered");
    assert_eq!(kept(&stage, &id).await, 0);
    let parked = stage.installation.parking.take_answers();
    assert_eq!(parked.len(), 1);
    assert_eq!(opened(&stage, &parked[0]).await.expose(), SAID);
    stage.installation.wire.reset();
    stage.app.grants.keep_answer(&parked[0]).await.expect("the table is back");
    assert_eq!(kept(&stage, &id).await, 1);
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_leaves_the_grant_in_doubt_if_answers_usually_have_one() {
    for (policy, expected) in [(RotationPolicy::Strict, DeathCause::RotationLost), (RotationPolicy::Stable, DeathCause::Revoked)]
    {
        let stage = Stage::self_advancing(policy).await;
        let id = stage.expired("acme").await;
        stage.installation.platform.script([Reply::LoseRefreshToken]);
        stage.read(&id).await.expect("the access token is there");
        let last_failure = stage.row(&id).await.last_failure;
        let in_doubt = last_failure
            .as_ref()
            .is_some_and(|last_failure| last_failure.doubtful && last_failure.code == FailureCode::RefreshTokenMissing);
        assert_eq!(in_doubt, policy == RotationPolicy::Strict, "{policy:?}: {last_failure:?}");
        stage.clock.advance(std::time::Duration::from_secs(3_600));
        if policy == RotationPolicy::Stable {
            stage.installation.platform.script([Reply::Fail(TokenFailure::Refused)]);
        }
        stage.read(&id).await.expect_err("the old refresh token is refused");
        assert_eq!(cause(&stage, &id).await, Some(expected), "{policy:?}");
    }
}

#[tokio::test]
async fn an_answer_with_a_refresh_token_ends_the_doubt() {
    let stage = Stage::self_advancing(RotationPolicy::Grace).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::LoseRefreshToken]);
    stage.read(&id).await.expect("the access token is there");
    assert!(stage.row(&id).await.last_failure.is_some_and(|last_failure| last_failure.doubtful));
    stage.clock.advance(std::time::Duration::from_secs(60));
    stage.force(&id).await.expect("within its grace");
    assert_eq!(stage.row(&id).await.last_failure, None);
}
