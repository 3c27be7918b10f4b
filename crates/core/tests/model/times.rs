//! The stated times of the model, in ticks of one second, and how a tick looks on a worker's clocks.

use std::time::Duration;

use counterfoil_core::service::vault::refresh::step::Now;
use counterfoil_core::settings::Settings;
use jiff::Timestamp;

/// A moment of the world, in ticks since its beginning.
pub(crate) type Tick = u8;

/// How long a token request may take.
pub(crate) const PLATFORM_TIMEOUT: Tick = 2;
/// How long storing a fresh grant may take.
pub(crate) const COMMIT_BUDGET: Tick = 1;
/// How long a lease lasts.
pub(crate) const LEASE: Tick = 4;
/// How long a refresh token rests past the lease's end.
pub(crate) const REST: Tick = 3;
/// How long a reader waits.
pub(crate) const WAIT: Tick = 3;
/// How long a run may take: a wait, then a lease.
pub(crate) const RUN_TIME: Tick = WAIT + LEASE;
/// How far two workers' clocks are apart at most: the bound within which the protocol keeps its promises.
pub(crate) const SPREAD: Tick = 2;
/// How long a graceful platform honours the refresh token before the newest.
pub(crate) const GRACE: Tick = 6;
/// Until when a run may begin.
pub(crate) const HORIZON: Tick = 12;

/// The stated times as the step function wants them.
pub(crate) fn stated() -> Settings {
    Settings {
        platform_timeout: seconds(PLATFORM_TIMEOUT),
        commit_budget: seconds(COMMIT_BUDGET),
        store_timeout: seconds(0),
        lease: seconds(LEASE),
        rest: seconds(REST),
        wait: seconds(WAIT),
        // Half a tick, so that a commit that failed at once is tried once more within its budget.
        poll: Duration::from_millis(500),
        forced_interval: seconds(1),
        backoff_first: seconds(1),
        backoff_longest: seconds(1),
        ..Settings::default()
    }
}

/// When a platform is done at the latest with a request that nobody waits for any more: before the earliest moment at
/// which somebody else may present the token again. That is the end of the rest, less what their clock may be ahead.
pub(crate) const fn done_by(lease_since: Tick) -> Tick {
    lease_since + LEASE + REST - SPREAD - 1
}

/// A moment as a worker sees it whose time of day is off by `drift`. Every pause is the shortest that jitter allows.
pub(crate) fn seen_at(tick: Tick, drift: i8) -> Now {
    Now { wall: time_of_day(i64::from(tick) + i64::from(drift)), elapsed: seconds(tick), chance: 0.0 }
}

/// A time of day.
pub(crate) fn time_of_day(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("the model ends long before time does")
}

/// A duration in ticks.
pub(crate) fn seconds(ticks: Tick) -> Duration {
    Duration::from_secs(u64::from(ticks))
}
