//! The real code under schedules made of a seed: two or three processes on one table, at whose wire conflicts, throttling
//! and lost answers befall them; a platform of any rotation policy that fails in every way; consents, disconnects and kills in
//! between. Time is virtual and only one task ever runs, so that a seed that fails fails again.
//!
//! `SCHEDULES=10000` runs that many; `SCHEDULES_SEED=n` runs that one.

mod chance;
mod link;
mod remote;
mod run;
mod tally;
mod timeline;

use counterfoil_testkit::platform::RotationPolicy;
use futures_util::{FutureExt as _, StreamExt as _};

/// The one connection of a schedule, and its company.
const COMPANY: &str = "acme";
/// How many run at once: most of their time they wait for the client's own pauses.
const AT_ONCE: usize = 100;
const BY_DEFAULT: u64 = 200;
const POLICIES: [RotationPolicy; 5] =
    [RotationPolicy::Stable, RotationPolicy::Grace, RotationPolicy::Daily, RotationPolicy::Strict, RotationPolicy::Family];

/// What may go wrong in a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// The platform loses no answer, the table only throttles, and nobody is killed: no grant may die.
    Mild,
    /// Everything.
    Wild {
        /// Whether the platform takes a grant away when a dead token of it comes.
        ends_families: bool,
    },
}

impl Mood {
    fn ends_families(self) -> bool {
        self == Self::Wild { ends_families: true }
    }

    /// How often the platform fails.
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
