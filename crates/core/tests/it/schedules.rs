//! Runs the real code under random schedules: two or three processes on one table with conflicts, throttling and lost answers; a
//! platform with any rotation policy that fails in every way; consents, disconnects and kills in between. Time is virtual and only
//! one task runs at a time, so a seed that fails always fails.
//!
//! `SCHEDULES=10000` runs this number of schedules; `SCHEDULES_SEED=n` runs one.

mod chance;
mod link;
mod remote;
mod run;
mod tally;
mod timeline;

use counterfoil_testkit::platform::RotationPolicy;
use futures_util::{FutureExt as _, StreamExt as _};

/// The connection of a schedule, and its company.
const COMPANY: &str = "acme";
/// The number of schedules that run at once. Most of the time they wait for the client's own pauses.
const AT_ONCE: usize = 100;
const BY_DEFAULT: u64 = 200;
const POLICIES: [RotationPolicy; 5] =
    [RotationPolicy::Stable, RotationPolicy::Grace, RotationPolicy::Daily, RotationPolicy::Strict, RotationPolicy::Family];

/// The faults of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// The platform loses no answer, the table only throttles, and no process is killed: no grant may end.
    Mild,
    /// Every fault.
    Wild {
        /// Whether a replaced token that is sent again ends the grant.
        ends_families: bool,
    },
}

impl Mood {
    fn ends_families(self) -> bool {
        self == Self::Wild { ends_families: true }
    }

    /// The probability of a platform's failure.
    fn failures(self) -> f64 {
        if self == Self::Mild { 0.2 } else { 0.35 }
    }
}

#[expect(clippy::disallowed_methods, reason = "which schedules to run is the caller's to say")]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn r1_r4_r6_r8_random_schedules_violate_no_requirement() {
    let seeds = match number("SCHEDULES_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SCHEDULES").unwrap_or(BY_DEFAULT),
    };
    let run = |seed| async move {
        let ran = tokio::spawn(run::schedule(seed)).map(|ended| ended.unwrap_or_else(|panic| Err(panic.to_string()))).await;
        (seed, ran)
    };
    let mut running = futures_util::stream::iter(seeds).map(run).buffer_unordered(AT_ONCE);
    let mut seen = tally::Tally::default();
    while let Some((seed, ran)) = running.next().await {
        match ran {
            Ok(tally) => seen.add(&tally),
            Err(broken) => panic!("{broken}\nSCHEDULES_SEED={seed} runs it again"),
        }
    }
    assert!(
        number("SCHEDULES_SEED").is_some() || seen.covers_everything(number("SCHEDULES").is_some()),
        "the schedules never came to something: {seen:?}"
    );
}
