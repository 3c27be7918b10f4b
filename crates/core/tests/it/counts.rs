//! Counts of what has no audit rows: when they are added, and how many at once.

use std::time::Duration;

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::service::audit::counts::store_counts;
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::service::vault::refresh::{Permit, RefreshRequest, refresh};
use counterfoil_testkit::fixture::connection_id;
use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::Stage;

#[tokio::test]
async fn a12_an_event_adds_the_counts_of_sixteen_partners_and_the_next_one_the_rest() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for number in 0..20 {
        let partner = PartnerId::parse(&format!("partner{number:02}")).expect("an id");
        let request = RefreshRequest { reason: Reason::Forced, ends_at: Duration::from_secs(25), permit: Permit::NotNeeded };
        refresh(&stage.app, &ConnectionId { partner, ..connection_id("nobody") }, request).await.expect("an outcome");
    }
    stage.installation.wire.reset();
    let added = async || {
        store_counts(&stage.app).await;
        stage.installation.wire.counts().get("UpdateItem").copied().unwrap_or_default()
    };
    assert_eq!(added().await, 0, "they are not a minute old");
    stage.clock.advance(Duration::from_secs(60));
    assert_eq!([added().await, added().await, added().await], [16, 20, 20]);
}
