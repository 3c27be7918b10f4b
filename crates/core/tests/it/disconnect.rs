//! Disconnects: immediate, once, and final until the customer consents again (T-5).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::App;
use counterfoil_core::model::connection::{Connection, ConnectionId, GrantState, Status};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::handover::Code;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::model::time::later;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::consents::HandoverStore;
use counterfoil_core::port::store::consents::Issued;
use counterfoil_core::service::consent::exchange::{PresentedCode, exchange_code};
use counterfoil_core::service::consent::start::Caller;
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::vault::commit_parked::{Unparked, commit_parked};
use counterfoil_testkit::fixture::{connected, connection_id, consented, consented_by, finish_consent, try_consent};
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::Timestamp;

use crate::harness::{Stage, count, disconnect, key};
use crate::parking::with_parked;

#[tokio::test]
async fn t5_a_connection_is_disconnected_at_once_and_its_grant_revoked() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    let before = stage.row(&id).await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    let row = stage.row(&id).await;
    assert_eq!((row.status(), row.epoch), (Status::Disconnected, before.epoch + 1));
    assert_eq!((row.last_failure, row.due_at, row.wanted_until, row.warned_of), (None, None, None, None));
    assert_eq!((row.created_at, &row.company), (before.created_at, &before.company), "what it was stays");
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-0"]);
    let entries = stage.app.connections.company_entries(&row.company, None, 100).await;
    assert!(entries.is_ok_and(|entries| entries.connections.is_empty() && entries.next.is_none()));
    assert_eq!(history(&stage, &id).await, [1, 1, 1, 0]);
    assert_eq!(stage.read(&id).await.expect_err("it has no token").code(), "reauthorization_required");
}

/// The number of disconnects with an audit row, of those with an event, of confirmed revocations, and of pending ones.
async fn history(stage: &Stage, id: &ConnectionId) -> [usize; 4] {
    let count = async |kind, attribute, value| count(&stage.installation, id, kind, attribute, value).await;
    [
        count("AUDIT#", "action", "disconnected").await,
        count("evt_", "event", "oauth.disconnected").await,
        count("AUDIT#", "action", "platform_told").await,
        count("REVOCATION#", "platform", "quickbooks").await,
    ]
}

#[tokio::test]
async fn t5_a_second_disconnect_changes_nothing_and_sends_nothing() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.disconnect(&id).await;
    let first = stage.installation.items_of(&id).await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert!(stage.installation.items_of(&id).await == first);
    assert_eq!(stage.installation.platform.revoked().len(), 1);
    let nobody = disconnect(&stage.app, &connection_id("nobody")).await;
    assert_eq!(nobody.expect_err("there is none").code(), "not_found");
}

#[tokio::test]
async fn t5_a_dead_grant_is_revoked_too() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.revoke("acme");
    assert_eq!(stage.read(&id).await.expect_err("refused").code(), "grant_refused");
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed, "whoever presented its token is done");
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-0"]);
}

#[tokio::test]
async fn t5_a_disconnect_whose_answer_was_lost_is_one() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert_eq!(stage.row(&id).await.epoch, 2);
    assert_eq!(history(&stage, &id).await, [1, 1, 1, 0]);
}

#[tokio::test]
async fn t5_a_disconnect_goes_on_past_a_write_that_came_between() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict));
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert_eq!(history(&stage, &id).await, [1, 1, 1, 0]);
}

/// A consent that a server started, which may restore a disconnected connection.
async fn reconnect(stage: &Stage, id: &ConnectionId) {
    let (caller, names) = (Caller::Key(key(id)), (id.company_key.as_str(), id.company_key.as_str()));
    let callback = consented_by(&stage.installation, &stage.app, caller, names).await;
    let callback = callback.unwrap_or_else(|error| panic!("{error}"));
    connected(finish_consent(&stage.app, callback).await).unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn t5_a_reconnect_restores_the_same_connection_with_a_higher_epoch() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    let first = stage.row(&id).await;
    stage.disconnect(&id).await;
    let anonymous = try_consent(&stage.installation, &stage.app, "acme", "acme").await;
    assert_eq!(anonymous.err().expect("a browser may not").code(), "connection_disconnected");
    reconnect(&stage, &id).await;
    let row = stage.row(&id).await;
    assert_eq!((row.status(), row.epoch, row.created_at), (Status::Active, 3, first.created_at));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-2-1"), "the browser's was refused with its grant");
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "connected").await, 2);
}

#[tokio::test]
async fn t5_a_reconnect_while_a_revocation_is_pending_keeps_its_grant() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.platform.be_deaf(1);
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending);
    reconnect(&stage, &id).await;
    stage.clock.advance(Duration::from_secs(300));
    assert_eq!(crate::revocations::run(&stage).await.due, 0, "not while the consent could still be under way");
    stage.clock.advance(Duration::from_secs(900));
    let report = crate::revocations::run(&stage).await;
    assert_eq!((report.due, report.done), (1, 1));
    assert!(stage.installation.platform.revoked().is_empty(), "a revocation could have ended the new grant");
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "platform_not_told").await, 1);
    assert!(matches!(stage.row(&id).await.grant_state, GrantState::Active(_)));
}

#[tokio::test]
async fn t5_a_second_disconnect_sends_a_revocation_that_is_due() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.platform.be_deaf(1);
    assert_eq!(
        [stage.disconnect(&id).await, stage.disconnect(&id).await],
        [RevocationStatus::Pending; 2],
        "its pause is not over"
    );
    stage.clock.advance(Duration::from_secs(300));
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert_eq!(stage.installation.platform.revoked().len(), 1);
}

#[tokio::test]
async fn r15_parked_tokens_replace_those_of_the_pending_revocation() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    stage.installation.platform.be_deaf(10);
    stage.disconnect(&id).await;
    for _ in 0..2 {
        assert_eq!(commit_parked(&stage.app, &parked).await, Ok(Unparked::Late));
        assert_eq!(history(&stage, &id).await[3], 1, "in place of the one before");
    }
}

#[tokio::test]
async fn r15_tokens_of_an_earlier_grant_are_not_revoked_for_another_company() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    stage.disconnect(&id).await;
    reconnect(&stage, &id).await;
    stage.disconnect(&id).await;
    let before = stage.installation.items_of(&id).await;
    assert_eq!(commit_parked(&stage.app, &parked).await, Ok(Unparked::Late));
    assert!(stage.installation.items_of(&id).await == before, "the revocation stays as it was");
}

/// A store of handovers in which a disconnect always happens just before a handle is written.
struct Disconnecting(Arc<App>);

#[async_trait]
impl HandoverStore for Disconnecting {
    async fn issue_code(&self, flow: &FlowId, code: &Code, before: Option<&Fingerprint>) -> Result<Issued, StoreError> {
        self.0.handovers.issue_code(flow, code, before).await
    }

    async fn code(&self, hash: &Fingerprint) -> Result<Option<Code>, StoreError> {
        self.0.handovers.code(hash).await
    }

    async fn consume_code(&self, hash: &Fingerprint, attempt: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.0.handovers.consume_code(hash, attempt, now).await
    }

    async fn put_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError> {
        disconnect(&self.0, id).await.expect("a connection to disconnect");
        self.0.handovers.put_handle(id, hash).await
    }

    async fn void_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError> {
        self.0.handovers.void_handle(id, hash).await
    }

    async fn handle_and_connection(&self, id: &ConnectionId) -> Result<(Option<Fingerprint>, Option<Connection>), StoreError> {
        self.0.handovers.handle_and_connection(id).await
    }
}

#[tokio::test]
async fn t5_a_handle_stored_after_a_disconnect_stays_invalid_when_the_customer_reconnects() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let callback = consented(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let flow = FlowId::of(callback.state.as_ref().expect("a state"));
    let id = connected(finish_consent(&stage.app, callback).await).unwrap_or_else(|error| panic!("{error}")).id;
    let code = Secret::new("cf_code_of_the_test");
    let issued = Code {
        hash: code.fingerprint(),
        connection: id.clone(),
        flow: Some(flow.clone()),
        platform: PlatformName::Quickbooks,
        company_id: "acme".to_owned(),
        redirect_uri: "https://partner.test/done".to_owned(),
        expires_at: later(stage.app.now(), Duration::from_secs(300)),
        spent: false,
    };
    assert_eq!(stage.app.handovers.issue_code(&flow, &issued, None).await, Ok(Issued::Stored));
    let handovers = Arc::new(Disconnecting(Arc::clone(&stage.app)));
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let app = Arc::new(App { handovers, ..stage.installation.app(clock) });
    let presented = PresentedCode { code, platform: PlatformName::Quickbooks, redirect_uri: None };
    let refused = exchange_code(&app, &key(&id), &presented, app.clock.elapsed() + std::time::Duration::from_secs(25))
        .await
        .err()
        .expect("it is disconnected");
    assert_eq!(refused.code(), "invalid_code");
    let (handle, _) = stage.app.handovers.handle_and_connection(&id).await.expect("a table");
    assert_eq!(handle.expect("a row").as_str(), "void");
}
