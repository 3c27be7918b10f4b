//! Whether a pending revocation would end another grant to the company.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::{ConnectionId, DeathCause};
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_core::settings::Settings;
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::{CLIENT_ID, Habits, RotationPolicy};

use crate::harness::{Stage, count};
use crate::revocations::{LONG, pending, run, unconfirmed};

#[tokio::test]
async fn r15_a_company_of_another_connection_is_not_revoked_unless_grants_are_independent() {
    for stands_alone in [false, true] {
        let stage = Stage::new(RotationPolicy::Strict).await;
        stage.installation.platform.set_habits(Habits { grants_are_independent: stands_alone, ..Habits::default() });
        let id = stage.installation.connect(&stage.app, "acme").await;
        try_consent(&stage.installation, &stage.app, "another", "acme").await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
        let revoked = stage.installation.platform.revoked();
        assert_eq!(revoked, if stands_alone { vec!["refresh-0-0".to_owned()] } else { Vec::new() });
        assert_eq!(pending(&stage, &id).await, 0);
    }
}

/// A connection to disconnect, and another one to the same company whose grant has ended with this cause.
async fn beside_a_dead_one(cause: DeathCause) -> (Stage, ConnectionId) {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    let dead = try_consent(&stage.installation, &stage.app, "another", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    crate::late_grants::ended(&stage, &dead.id, cause).await;
    (stage, id)
}

#[tokio::test]
async fn r15_a_refused_grant_delays_no_revocation() {
    let (stage, id) = beside_a_dead_one(DeathCause::Revoked).await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-0"]);
}

#[tokio::test]
async fn r15_a_revocation_waits_for_a_grant_that_may_revive() {
    for cause in [DeathCause::RotationLost, DeathCause::AccessWithdrawn] {
        let (stage, id) = beside_a_dead_one(cause).await;
        assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending);
        stage.clock.advance(Duration::from_secs(14 * 86_400 - 1));
        assert_eq!(run(&stage).await.left, 1, "{cause:?}");
        assert!(stage.installation.platform.revoked().is_empty(), "it would end the other's grant");
        stage.clock.advance(LONG);
        assert_eq!(run(&stage).await.done, 1, "{cause:?}");
        assert_eq!(stage.installation.platform.revoked(), ["refresh-0-0"]);
    }
}

/// Puts entries without connections under the company `acme`.
async fn put_entries(stage: &Stage, sort_keys: impl Iterator<Item = String>) {
    for sk in sort_keys {
        stage.installation.put_key(&format!("COMPANY#quickbooks#{CLIENT_ID}#acme"), &sk).await;
    }
}

/// More entries than are read at once, all of them sorted before any other entry.
fn many_entries() -> impl Iterator<Item = String> {
    (0..101).map(|number| format!("CONN#a#{number}"))
}

#[tokio::test]
async fn r15_an_active_connection_is_found_after_any_number_of_dead_ones() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    try_consent(&stage.installation, &stage.app, "another", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    put_entries(&stage, many_entries()).await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert!(stage.installation.platform.revoked().is_empty(), "it would end the other's grant");
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "platform_not_told").await, 1);
}

#[tokio::test]
async fn r15_a_revocation_waits_if_there_was_no_time_to_read_all_entries() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = unconfirmed(&stage).await;
    put_entries(&stage, many_entries()).await;
    stage.clock.advance(LONG);
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let settings = Settings { store_timeout: Duration::ZERO, ..stage.app.settings };
    let hurried = Arc::new(App { settings, ..stage.installation.app(clock) });
    let report = revoke_due(&hurried, &ALL_SHARDS, settings.longest_revocation()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((report.left, stage.installation.platform.revoked().len()), (1, 0), "its time was over after the first page");
    stage.clock.advance(LONG);
    assert_eq!((run(&stage).await.done, pending(&stage, &id).await), (1, 0));
}

#[tokio::test]
async fn r15_a_revocation_waits_for_a_consent_that_may_become_a_connection() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    put_entries(&stage, ["FLOW#1".to_owned()].into_iter()).await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending);
    assert!(stage.installation.platform.revoked().is_empty());
}
