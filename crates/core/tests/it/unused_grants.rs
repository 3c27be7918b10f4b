//! Grants of consents that make no connection: their companies are reserved while they may, then they are revoked if this ends no
//! other grant.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::flow::BrowserIds;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::flow::Stage as FlowStage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::revocation::RETRIED_FOR;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::platform::ConfirmFailure;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::consents::FlowEnd;
use counterfoil_core::service::consent::callback::Callback;
use counterfoil_core::service::consent::outcome::{Ending, NoFlow};
use counterfoil_core::service::consent::start::Caller;
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::vault::unstored::store_unstored;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_testkit::fixture::{
    Item, connected, connection_id, consented, consented_by, finish_consent, retry_consent, try_consent,
};
use counterfoil_testkit::platform::{COMPANY, Habits, RotationPolicy, ScriptedPlatforms};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, count, key};
use crate::revocations::run;

/// A minute more than the life of a flow.
const FLOW_LIFE: Duration = Duration::from_secs(660);
/// Longer than any pause.
const LONG: Duration = Duration::from_secs(21_601);

async fn callback(stage: &Stage, company_key: &str, company_id: &str) -> (Callback, FlowId, BrowserIds) {
    let callback = consented(&stage.installation, &stage.app, company_key, company_id).await;
    let callback = callback.unwrap_or_else(|error| panic!("{error}"));
    let flow = FlowId::of(callback.state.as_ref().expect("a state"));
    let browser = callback.browser.clone();
    (callback, flow, browser)
}

/// A consent whose code is exchanged, and whose company the platform has not confirmed.
async fn unconfirmed(stage: &Stage, company_key: &str, company_id: &str) -> (FlowId, BrowserIds) {
    let (callback, flow, browser) = callback(stage, company_key, company_id).await;
    stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    let error = connected(finish_consent(&stage.app, callback).await).err().expect("unconfirmed");
    assert_eq!(error.code(), "company_unconfirmed");
    (flow, browser)
}

async fn stage_of(stage: &Stage, flow: &FlowId) -> FlowStage {
    stage.app.flows.flow(flow).await.expect("a table").expect("a flow").stage
}

/// Two runs of the worker: the first ends expired consents, the second revokes their grants.
async fn two_runs(stage: &Stage) {
    run(stage).await;
    run(stage).await;
}

fn revoked(stage: &Stage) -> Vec<String> {
    stage.installation.platform.revoked()
}

async fn audited(stage: &Stage, id: &ConnectionId, action: &str) -> usize {
    count(&stage.installation, id, "AUDIT#", "action", action).await
}

#[tokio::test]
async fn r15_an_unconfirmed_consent_reserves_its_claimed_company() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let old = stage.installation.connect(&stage.app, "acme").await;
    let (flow, browser) = unconfirmed(&stage, "another", "acme").await;
    assert_eq!(stage.disconnect(&old).await, RevocationStatus::Pending, "it would end the grant that was just given");
    assert!(connected(retry_consent(&stage.app, &flow, &browser).await).is_ok());
    stage.clock.advance(LONG);
    assert_eq!(run(&stage).await.done, 1);
    assert!(revoked(&stage).is_empty(), "and now the connection holds it");
}

#[tokio::test]
async fn r15_an_expired_consent_reserves_no_company() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let old = stage.installation.connect(&stage.app, "acme").await;
    unconfirmed(&stage, "another", "acme").await;
    assert_eq!(stage.disconnect(&old).await, RevocationStatus::Pending);
    stage.clock.advance(FLOW_LIFE);
    two_runs(&stage).await;
    let mut revoked = revoked(&stage);
    revoked.sort();
    assert_eq!(revoked, ["refresh-0-0", "refresh-1-0"]);
}

#[tokio::test]
async fn the_grant_of_an_expired_consent_is_revoked() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let (flow, browser) = unconfirmed(&stage, "acme", "acme").await;
    stage.clock.advance(stage.app.settings.flow_life.saturating_sub(Duration::from_secs(1)));
    assert_eq!(run(&stage).await.due, 0);
    stage.clock.advance(Duration::from_secs(1));
    two_runs(&stage).await;
    assert_eq!(revoked(&stage), ["refresh-0-0"]);
    assert!(stage_of(&stage, &flow).await == FlowStage::Failed(FlowFailure::Expired));
    assert_eq!(audited(&stage, &connection_id("acme"), "platform_told").await, 1);
    let late = retry_consent(&stage.app, &flow, &browser).await;
    assert!(matches!(late, Ending::Hidden { why: NoFlow::Unknown, .. }), "it is over");
}

#[tokio::test]
async fn r15_an_expired_consent_ends_no_other_grant() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let living = stage.installation.connect(&stage.app, "acme").await;
    unconfirmed(&stage, "another", "acme").await;
    stage.clock.advance(FLOW_LIFE);
    two_runs(&stage).await;
    assert!(revoked(&stage).is_empty());
    assert_eq!(audited(&stage, &connection_id("another"), "platform_not_told").await, 1);
    assert_eq!(stage.force(&living).await.as_deref(), Ok("access-0-2"));
}

#[tokio::test]
async fn the_platform_is_asked_for_companies_until_the_token_expires_and_then_the_grant_is_left() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let (flow, _) = unconfirmed(&stage, "acme", "acme").await;
    stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable; 2]);
    stage.clock.advance(FLOW_LIFE);
    assert_eq!(run(&stage).await.left, 1);
    assert_eq!(run(&stage).await.due, 0, "it is put off");
    assert!(matches!(stage_of(&stage, &flow).await, FlowStage::Exchanged { .. }));
    stage.clock.advance(Duration::from_secs(3_600));
    two_runs(&stage).await;
    assert!(stage_of(&stage, &flow).await == FlowStage::Failed(FlowFailure::Expired));
    assert!(revoked(&stage).is_empty(), "whose grant else it would end is not known");
}

#[tokio::test]
async fn the_grant_of_a_denied_company_is_revoked_only_if_grants_are_independent() {
    for stands_alone in [false, true] {
        let stage = Stage::new(RotationPolicy::Stable).await;
        stage.installation.platform.set_habits(Habits { grants_are_independent: stands_alone, ..Habits::default() });
        let id = connection_id("acme");
        let by_key = consented_by(&stage.installation, &stage.app, Caller::Key(key(&id)), ("acme", "acme")).await;
        let by_key = by_key.unwrap_or_else(|error| panic!("{error}"));
        let forged = Callback { parameters: [(COMPANY.to_owned(), "another".to_owned())].into(), ..by_key };
        let error = connected(finish_consent(&stage.app, forged).await).err().expect("forged");
        assert_eq!(error.code(), "company_not_confirmed");
        run(&stage).await;
        assert_eq!(revoked(&stage).len(), usize::from(stands_alone));
        let items = stage.installation.items_of(&id).await;
        let (_, row) = items.iter().find(|(sk, _)| sk.starts_with("AUDIT#")).expect("an audit row");
        let said = row["detail"].as_m().expect("a map").contains_key("grant");
        assert!(stands_alone || said, "{row:?}");
    }
}

#[tokio::test]
async fn refused_consents_without_a_key_leave_one_row_a_day_in_a_connections_history() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    for _ in 0..3 {
        let refused = try_consent(&stage.installation, &stage.app, "acme", "other").await;
        assert_eq!(refused.err().map(|error| error.code()), Some("other_company"));
        assert_eq!(run(&stage).await.done, 1);
    }
    assert_eq!(revoked(&stage).len(), 3);
    assert_eq!(audited(&stage, &id, "platform_told").await, 1);
}

/// A consent whose code was exchanged, and whose flow ended with this failure before the table stored the grant.
async fn late(stage: &Stage, callback: Callback, flow: &FlowId, failure: FlowFailure) {
    let keeps = Rule::on("TransactWriteItems", Fault::TransactionConflict).when("access_token");
    stage.installation.wire.inject(keeps.times(10_000));
    connected(finish_consent(&stage.app, callback).await).err().expect("the table is away");
    stage.installation.wire.reset();
    let seen = stage_of(stage, flow).await;
    let end = FlowEnd {
        flow: flow.clone(),
        seen,
        failure,
        reference: None,
        audit: None,
        revocation: None,
        released: None,
        at: stage.app.now(),
    };
    stage.app.flows.fail(&end).await.expect("a table");
    store_unstored(&stage.app, stage.app.clock.elapsed() + stage.app.settings.function_time).await;
    assert_eq!(stage.app.unstored.count(), 0);
}

#[tokio::test]
async fn o5_a_late_grant_of_an_interrupted_flow_is_confirmed_and_one_of_an_ended_flow_is_revoked() {
    for (failure, stored) in [(FlowFailure::Interrupted, true), (FlowFailure::ExchangeFailed, false)] {
        let stage = Stage::self_advancing(RotationPolicy::Stable).await;
        let (callback, flow, browser) = callback(&stage, "acme", "acme").await;
        late(&stage, callback, &flow, failure).await;
        two_runs(&stage).await;
        assert_eq!(revoked(&stage).len(), usize::from(!stored), "{failure:?}");
        assert_eq!(connected(retry_consent(&stage.app, &flow, &browser).await).is_ok(), stored, "{failure:?}");
    }
}

#[tokio::test]
async fn r15_a_late_grant_is_not_revoked_by_the_company_that_its_callback_claimed() {
    let stage = Stage::self_advancing(RotationPolicy::Stable).await;
    let living = stage.installation.connect(&stage.app, "acme").await;
    let (callback, flow, _) = callback(&stage, "late", "acme").await;
    let forged = Callback { parameters: [(COMPANY.to_owned(), "another".to_owned())].into(), ..callback };
    late(&stage, forged, &flow, FlowFailure::ExchangeFailed).await;
    two_runs(&stage).await;
    assert!(revoked(&stage).is_empty(), "it would end the grant of the company that it is for");
    assert!(stage.force(&living).await.is_ok());
}

#[tokio::test]
async fn an_expired_consent_without_credentials_is_retried_with_longer_pauses_and_given_up_after_thirty_days() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let (flow, _) = unconfirmed(&stage, "acme", "acme").await;
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let platforms = Arc::new(ScriptedPlatforms::without_credentials());
    let without = Arc::new(App { platforms, ..stage.installation.app(clock) });
    let run = async || revoke_due(&without, &ALL_SHARDS, Duration::from_secs(57)).await.unwrap_or_else(|error| panic!("{error}"));
    stage.clock.advance(FLOW_LIFE);
    assert_eq!(run().await.failed, 1);
    stage.clock.advance(Duration::from_secs(7_200));
    assert_eq!(run().await.failed, 1);
    stage.clock.advance(Duration::from_secs(3_000));
    assert_eq!(run().await.due, 0, "half the time since its end has not passed");
    stage.clock.advance(RETRIED_FOR);
    assert_eq!((run().await.done, run().await.due), (1, 0));
    assert!(stage_of(&stage, &flow).await == FlowStage::Failed(FlowFailure::Expired));
    assert_eq!(audited(&stage, &connection_id("acme"), "platform_not_told").await, 1);
    assert!(revoked(&stage).is_empty());
}

#[tokio::test]
async fn an_expired_consent_that_cannot_be_read_is_postponed_and_given_up_after_thirty_days() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let (flow, _) = unconfirmed(&stage, "acme", "acme").await;
    stage.installation.set_text(&format!("FLOW#{}", flow.as_str()), "FLOW", "platform", "of-a-later-version").await;
    stage.clock.advance(FLOW_LIFE);
    assert_eq!(run(&stage).await.left, 1);
    assert_eq!(run(&stage).await.due, 0, "it does not stand before others");
    stage.clock.advance(LONG);
    assert_eq!(run(&stage).await.left, 1, "a later version may read it");
    stage.clock.advance(RETRIED_FOR);
    assert_eq!(run(&stage).await.done, 1);
    stage.clock.advance(LONG);
    assert_eq!(run(&stage).await.due, 0);
    let rows = stage.installation.items_under("PARTNER#default").await;
    let given_up = |row: &Item| row.get("action").is_some_and(|action| action.as_s().is_ok_and(|it| it == "platform_not_told"));
    assert_eq!(rows.iter().filter(|(_, row)| given_up(row)).count(), 1);
    let left = stage.installation.items_under(&format!("FLOW#{}", flow.as_str())).await;
    assert!(!left[0].1.contains_key("access_token") && !left[0].1.contains_key("due_shard"), "its grant is deleted");
}

#[tokio::test]
async fn of_two_attempts_to_end_a_consent_only_one_counts() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let (flow, browser) = unconfirmed(&stage, "acme", "acme").await;
    let seen = stage.app.flows.flow(&flow).await.expect("a table").expect("a flow");
    assert!(connected(retry_consent(&stage.app, &flow, &browser).await).is_ok());
    let late = FlowEnd {
        flow: flow.clone(),
        seen: seen.stage,
        failure: FlowFailure::NoCompany,
        reference: None,
        audit: None,
        revocation: None,
        released: None,
        at: stage.app.now(),
    };
    let written = stage.app.flows.fail(&late).await;
    assert_eq!(written, Ok(counterfoil_core::port::store::Written::Overtaken));
    assert!(matches!(stage_of(&stage, &flow).await, FlowStage::Done { .. }));
}
