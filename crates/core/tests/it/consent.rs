//! Consents that need more than one callback: repeated, retried, refused in another tab.

use counterfoil_core::Error;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::port::platform::ConfirmFailure;
use counterfoil_core::service::consent::callback::{Callback, see_consent};
use counterfoil_core::service::consent::start::Caller;
use counterfoil_testkit::fixture::{connected, connection_id, consented, consented_by, finish_consent, retry_consent};
use counterfoil_testkit::platform::{COMPANY, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};
use tokio::task::JoinSet;

use crate::harness::{Stage, count, eventually, key};

async fn callback(stage: &Stage) -> Callback {
    consented(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"))
}

fn flow_of(callback: &Callback) -> FlowId {
    FlowId::of(callback.state.as_ref().expect("a state"))
}

#[tokio::test]
async fn o5_fifty_callbacks_at_once_exchange_one_code_and_see_one_result() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let callback = callback(&stage).await;
    let mut callbacks = JoinSet::new();
    for _ in 0..50 {
        let (app, callback) = (stage.app.clone(), callback.clone());
        callbacks.spawn(async move { connected(finish_consent(&app, callback).await).map(|connection| connection.epoch) });
    }
    let results = callbacks.join_all().await;
    let in_progress = |result: &Result<u64, Error>| matches!(result, Err(Error::TryLater { .. }));
    assert!(results.iter().all(|result| in_progress(result) || *result == Ok(1)), "{results:?}");
    assert!(results.contains(&Ok(1)));
    assert_eq!(stage.installation.platform.exchanges(), 1);
    let id = connection_id("acme");
    assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.connected").await, 1);
}

#[tokio::test]
async fn o18_a_failed_request_for_the_company_is_repeated() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let callback = callback(&stage).await;
    stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable, ConfirmFailure::Unavailable]);
    let (flow, browser) = (flow_of(&callback), callback.browser.clone());
    for ending in [
        finish_consent(&stage.app, callback.clone()).await,
        see_consent(&stage.app, &flow, &browser).await,
        retry_consent(&stage.app, &flow, &browser).await,
    ] {
        assert_eq!(connected(ending).err().map(|error| error.code()), Some("company_unconfirmed"));
    }
    assert!(stage.app.connections.read(&connection_id("acme")).await.expect("a table").is_none(), "not before it is confirmed");
    let ending = retry_consent(&stage.app, &flow, &browser).await;
    assert!(connected(ending).is_ok());
    assert_eq!(stage.read(&connection_id("acme")).await.as_deref(), Ok("access-0-1"));
    assert_eq!(stage.installation.platform.exchanges(), 1);
}

#[tokio::test]
async fn o18_a_company_that_is_denied_connects_nothing() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = connection_id("acme");
    let by_key = consented_by(&stage.installation, &stage.app, Caller::Key(key(&id)), ("acme", "acme")).await;
    let by_key = by_key.unwrap_or_else(|error| panic!("{error}"));
    let forged = Callback { parameters: [(COMPANY.to_owned(), "another".to_owned())].into(), ..by_key };
    let error = connected(finish_consent(&stage.app, forged).await).err().expect("forged");
    assert_eq!(error.code(), "company_not_confirmed");
    assert!(stage.app.connections.read(&id).await.expect("a table").is_none());
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "consent_failed").await, 1);
}

#[tokio::test]
async fn of_two_tabs_that_retry_at_once_one_asks_the_platform() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let callback = callback(&stage).await;
    let (flow, browser) = (flow_of(&callback), callback.browser.clone());
    stage.installation.platform.fail_confirmations([ConfirmFailure::Unavailable]);
    connected(finish_consent(&stage.app, callback).await).err().expect("unconfirmed");
    stage.installation.wire.reset();
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    let slow = retry_consent(&stage.app, &flow, &browser);
    let second = async {
        eventually("the slow one writes", async || stage.installation.wire.counts().contains_key("TransactWriteItems")).await;
        // A denial would end the consent that is being written.
        stage.installation.platform.fail_confirmations([ConfirmFailure::Denied]);
        let second = retry_consent(&stage.app, &flow, &browser).await;
        stage.installation.wire.release();
        second
    };
    let (slow, second) = tokio::join!(slow, second);
    assert_eq!(connected(second).err().map(|error| error.code()), Some("consent_in_progress"));
    assert!(connected(slow).is_ok());
}

#[tokio::test]
async fn a_new_token_that_the_platform_does_not_accept_yet_is_sent_again() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let callback = callback(&stage).await;
    stage.installation.platform.fail_confirmations([ConfirmFailure::Unauthorized, ConfirmFailure::Unauthorized]);
    let ending = finish_consent(&stage.app, callback).await;
    assert_eq!(connected(ending).map(|connection| connection.epoch), Ok(1));
    assert_eq!(stage.installation.platform.exchanges(), 1);
}

#[tokio::test]
async fn a_token_that_stays_refused_keeps_its_grant_for_another_try() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let callback = callback(&stage).await;
    let (flow, browser) = (flow_of(&callback), callback.browser.clone());
    // The number of requests with doubling pauses within the platform's lag.
    stage.installation.platform.fail_confirmations([ConfirmFailure::Unauthorized; 4]);
    let began = stage.app.clock.elapsed();
    let error = connected(finish_consent(&stage.app, callback).await).err().expect("it is refused");
    assert_eq!(error.code(), "company_unconfirmed");
    assert!(stage.app.clock.elapsed().saturating_sub(began) <= stage.app.settings.new_token_lag);
    let ending = retry_consent(&stage.app, &flow, &browser).await;
    assert_eq!(connected(ending).map(|connection| connection.epoch), Ok(1));
    assert_eq!(stage.installation.platform.exchanges(), 1);
}
