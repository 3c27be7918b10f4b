//! Tokens that come back for a connection that is no more: not stored, and revoked only where nobody else suffers.

use counterfoil_core::model::connection::{ConnectionId, Status};
use counterfoil_core::service::commit_parked::{Unparked, commit_parked};
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::Temper;

use crate::harness::{Stage, reading};
use crate::parking::with_parked;

/// A refresh that is under way while the rest of the connection is changed; what its caller is told.
async fn during_a_refresh(stage: &Stage, id: &ConnectionId, change: impl AsyncFnOnce()) -> Result<String, &'static str> {
    let gate = stage.installation.platform.hold();
    let reader = reading(&stage.app, id);
    gate.reached_by(1).await;
    change().await;
    gate.open();
    reader.await.expect("no panic").map_err(|error| error.code())
}

#[tokio::test]
async fn r15_late_tokens_of_a_disconnected_connection_are_revoked_once_and_not_stored() {
    let stage = Stage::new(Temper::OneUse).await;
    let id = stage.expired("acme").await;
    let told = during_a_refresh(&stage, &id, async || stage.installation.disconnect(&id).await).await;
    assert_eq!(told, Err("reauthorization_required"));
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-1"]);
    let row = stage.row(&id).await;
    assert_eq!((row.status(), row.epoch, row.commit_id.as_str()), (Status::Disconnected, 2, "a_disconnect"));
    assert!(row.grant().is_none());
}

#[tokio::test]
async fn r15_parked_tokens_of_a_disconnected_connection_are_revoked_and_not_stored() {
    let stage = Stage::self_advancing(Temper::OneUse).await;
    let (id, parked) = with_parked(&stage).await;
    stage.installation.disconnect(&id).await;
    assert_eq!(commit_parked(&stage.app, &parked).await, Ok(Unparked::Late));
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-1"]);
    assert_eq!((stage.row(&id).await.status(), stage.row(&id).await.epoch), (Status::Disconnected, 2));
}

#[tokio::test]
async fn r15_late_tokens_are_not_revoked_while_another_connection_holds_that_company() {
    let stage = Stage::new(Temper::OneUse).await;
    let id = stage.expired("acme").await;
    try_consent(&stage.installation, &stage.app, "another", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let told = during_a_refresh(&stage, &id, async || stage.installation.disconnect(&id).await).await;
    assert_eq!(told, Err("reauthorization_required"));
    assert!(stage.installation.platform.revoked().is_empty(), "it would end the other's grant");
}

#[tokio::test]
async fn r15_late_tokens_are_not_revoked_where_the_customer_has_consented_again() {
    let stage = Stage::new(Temper::OneUse).await;
    let id = stage.expired("acme").await;
    let consent = async || {
        let consented = try_consent(&stage.installation, &stage.app, "acme", "acme").await;
        consented.unwrap_or_else(|error| panic!("{error}"));
    };
    assert_eq!(during_a_refresh(&stage, &id, consent).await.as_deref(), Ok("access-1-1"));
    assert!(stage.installation.platform.revoked().is_empty(), "it would end the new grant");
    assert_eq!(stage.row(&id).await.epoch, 2);
}
