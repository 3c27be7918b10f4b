//! The `Date` of the table's answers compared with this machine's clock.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::clock::{Clock, SystemClock};
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::service::vault::skew::Skew;
use counterfoil_store::Table;
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::{START, TABLE, connection_id};

use crate::harness::{Store, store};

/// The skew after two reads by a process with this clock.
async fn skew_of(store: &Store, clock: Arc<dyn Clock>) -> Duration {
    let skew = Arc::<Skew>::default();
    let config = store.installation.sdk_config();
    let table = Table::watching(&config, TABLE, clock, Arc::clone(&skew));
    for _ in 0..2 {
        table.read(&connection_id("acme")).await.expect("a table that answers");
    }
    skew.least()
}

#[tokio::test]
async fn a_wrong_clock_is_detected_by_the_dates_of_the_tables_answers() {
    let store = store().await;
    assert_eq!(skew_of(&store, Arc::new(SystemClock::start())).await, Duration::ZERO);
    // The embedded table has this machine's dates; this clock stands still at the beginning of 2026.
    assert!(skew_of(&store, Arc::new(MovableClock::new(START))).await > Duration::from_secs(60));
}
