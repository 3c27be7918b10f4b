//! Tokens that arrive after a disconnect: not stored, and revoked only if this ends no other grant.

use std::time::Duration;

use counterfoil_core::model::audit::{Action, Actor, Audit};
use counterfoil_core::model::connection::{ConnectionId, DeathCause, LastFailure, Status};
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::vault::GrantEnd;
use counterfoil_core::port::store::vault::GrantStore as _;
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::vault::commit_parked::{Unparked, commit_parked};
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_testkit::fixture::{START, by_operator, try_consent};
use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::{Stage, count, reading};
use crate::parking::with_parked;

/// Changes the connection while a refresh is under way. Returns what the refresh's caller gets.
async fn during_a_refresh(stage: &Stage, id: &ConnectionId, change: impl AsyncFnOnce()) -> Result<String, &'static str> {
    let gate = stage.installation.platform.hold();
    let reader = reading(&stage.app, id);
    gate.reached_by(1).await;
    change().await;
    gate.open();
    reader.await.expect("no panic").map_err(|error| error.code())
}

/// The tokens that were revoked after one run of the worker.
async fn revoked(stage: &Stage) -> Vec<String> {
    revoke_due(&stage.app, &ALL_SHARDS, Duration::from_secs(58)).await.unwrap_or_else(|error| panic!("{error}"));
    stage.installation.platform.revoked()
}

#[tokio::test]
async fn r15_late_tokens_of_a_disconnected_connection_are_revoked_once_and_not_stored() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let disconnected =
        async || assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending, "the old token is at the platform");
    assert_eq!(during_a_refresh(&stage, &id, disconnected).await, Err("reauthorization_required"));
    assert!(stage.installation.parking.take().is_empty(), "the table has taken it");
    assert!(stage.installation.platform.revoked().is_empty(), "a reader has no time for it");
    assert_eq!(revoked(&stage).await, ["refresh-0-1"], "in place of the old one");
    stage.clock.advance(stage.app.settings.lease);
    assert_eq!(revoked(&stage).await.len(), 1);
    let row = stage.row(&id).await;
    assert_eq!((row.status(), row.epoch), (Status::Disconnected, 2));
    assert!(row.grant().is_none());
}

/// Another process marks the grant dead: the platform refused the old token while our refresh was under way.
pub(crate) async fn taken_for_dead(stage: &Stage, id: &ConnectionId) {
    ended(stage, id, DeathCause::RotationLost).await;
}

/// Ends the grant now, with this cause.
pub(crate) async fn ended(stage: &Stage, id: &ConnectionId, cause: DeathCause) {
    let connection = stage.row(id).await;
    let last_failure =
        LastFailure { failures: 1, retry_at: START, code: cause.into(), at: START, ended_lease: None, doubtful: true };
    let audit =
        Audit { id: "ended".to_owned(), subject: id.into(), actor: Actor::Vault, ..by_operator(&id.partner, Action::GrantEnded) };
    let event = Event::about(
        &connection,
        Payload::ReauthorizationRequired { reason: DeathCause::Revoked },
        "evt_ended".to_owned(),
        START,
    );
    let end = GrantEnd { epoch: connection.epoch, cause, last_failure, probe: None, audit, event };
    assert_eq!(stage.installation.table().end_grant(&end).await, Ok(Written::Stored));
}

#[tokio::test]
async fn r6_a_commit_after_the_grant_was_marked_dead_revives_it_with_an_event() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let answer = during_a_refresh(&stage, &id, async || taken_for_dead(&stage, &id).await).await;
    assert_eq!(answer.as_deref(), Ok("access-0-2"));
    let row = stage.row(&id).await;
    assert_eq!((row.status(), row.epoch, row.last_failure), (Status::Active, 2, None));
    assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.reauthorized").await, 1);
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "grant_revived").await, 1);
    assert!(stage.installation.platform.revoked().is_empty());
}

/// The refusal of another attempt says nothing about the attempt that is still at the platform.
#[tokio::test]
async fn r15_a_dead_grant_is_not_revoked_while_its_token_is_at_the_platform() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let ended_and_disconnected = async || {
        taken_for_dead(&stage, &id).await;
        assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending);
    };
    assert_eq!(during_a_refresh(&stage, &id, ended_and_disconnected).await, Err("reauthorization_required"));
    assert!(stage.installation.platform.revoked().is_empty());
    assert_eq!(revoked(&stage).await, ["refresh-0-1"], "the newest, in place of the dead one");
}

#[tokio::test]
async fn r15_parked_tokens_of_a_disconnected_connection_are_revoked_and_not_stored() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    stage.disconnect(&id).await;
    assert_eq!(commit_parked(&stage.app, &parked).await, Ok(Unparked::Late));
    assert_eq!(revoked(&stage).await.last().map(String::as_str), Some("refresh-0-1"));
    assert_eq!((stage.row(&id).await.status(), stage.row(&id).await.epoch), (Status::Disconnected, 2));
}

#[tokio::test]
async fn r15_late_tokens_are_not_revoked_while_another_connection_holds_that_company() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    try_consent(&stage.installation, &stage.app, "another", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let answer = during_a_refresh(&stage, &id, async || assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending)).await;
    assert_eq!(answer, Err("reauthorization_required"));
    assert!(revoked(&stage).await.is_empty(), "it would end the other's grant");
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "platform_not_told").await, 1);
    assert_eq!(count(&stage.installation, &id, "REVOCATION#", "platform", "quickbooks").await, 0);
}

#[tokio::test]
async fn r15_late_tokens_are_not_revoked_where_the_customer_has_consented_again() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let consent = async || {
        let consented = try_consent(&stage.installation, &stage.app, "acme", "acme").await;
        consented.unwrap_or_else(|error| panic!("{error}"));
    };
    assert_eq!(during_a_refresh(&stage, &id, consent).await.as_deref(), Ok("access-1-1"));
    assert!(stage.installation.platform.revoked().is_empty(), "it would end the new grant");
    assert_eq!(stage.row(&id).await.epoch, 2);
}
