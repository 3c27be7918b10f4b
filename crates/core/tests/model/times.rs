//! The times of the model in ticks of one second, and a tick on a worker's clocks.

use std::time::Duration;

use counterfoil_core::service::vault::refresh::step::Now;
use counterfoil_core::settings::Settings;
use jiff::Timestamp;

/// A time of the model, in ticks since its start.
pub(crate) type Tick = u8;

/// The time-out of a token request.
pub(crate) const PLATFORM_TIMEOUT: Tick = 2;
/// The time for storing a fresh grant.
pub(crate) const COMMIT_BUDGET: Tick = 1;
/// The life of a lease.
pub(crate) const LEASE: Tick = 4;
/// The rest of a refresh token after the lease's end.
pub(crate) const REST: Tick = 3;
/// The longest wait of a reader.
pub(crate) const WAIT: Tick = 3;
/// The longest time of a run: a wait, then a lease.
pub(crate) const RUN_TIME: Tick = WAIT + LEASE;
/// The largest difference between two workers' clocks for which the protocol holds.
pub(crate) const SPREAD: Tick = 2;
/// The time for which a graceful platform accepts the previous refresh token.
pub(crate) const GRACE: Tick = 6;
/// The last time at which a run may start.
pub(crate) const HORIZON: Tick = 12;

/// The times as settings of the step function.
pub(crate) fn stated() -> Settings {
    Settings {
        platform_timeout: seconds(PLATFORM_TIMEOUT),
        commit_budget: seconds(COMMIT_BUDGET),
        store_timeout: seconds(0),
        lease: seconds(LEASE),
        rest: seconds(REST),
        wait: seconds(WAIT),
        // Half a tick, so that a commit that failed immediately is tried once more within its budget.
        poll: Duration::from_millis(500),
        forced_interval: seconds(1),
        backoff_first: seconds(1),
        backoff_longest: seconds(1),
        ..Settings::default()
    }
}

/// The time by which a platform has finished a request that nobody waits for: before another worker may send the token again. That is
/// the end of the rest, less the difference of the clocks.
pub(crate) const fn done_by(lease_since: Tick) -> Tick {
    lease_since + LEASE + REST - SPREAD - 1
}

/// A time as a worker sees it whose clock deviates by `drift`. Every pause is the shortest that jitter allows.
pub(crate) fn seen_at(tick: Tick, drift: i8) -> Now {
    Now { wall: time_of_day(i64::from(tick) + i64::from(drift)), elapsed: seconds(tick), chance: 0.0 }
}

/// A time of day.
pub(crate) fn time_of_day(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("the model ends long before time does")
}

/// A duration of ticks.
pub(crate) fn seconds(ticks: Tick) -> Duration {
    Duration::from_secs(u64::from(ticks))
}
