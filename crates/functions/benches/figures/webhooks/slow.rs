//! Endpoints that never answer, beside others: by how much they delay these.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::inbox::Inbox;
use super::pool::Pool;
use crate::deployment::Deployment;
use crate::hooks::Hooks;
use crate::{binaries, ratio};

const EVENTS: u32 = 10_000;
const GOOD: usize = 7;
const SILENT: usize = 3;
/// Steady, at a rate that leaves two processors with the table and the receivers beside the workers half their time.
const EVENTS_A_SECOND: u32 = 40;
/// The longest wait for what has not arrived when the last event is stored.
const LONGEST: Duration = Duration::from_secs(300);

/// What the endpoints that answer got.
struct Seen {
    /// The delay of each first attempt, the shortest first.
    delays: Vec<Duration>,
    lost: usize,
    repeated: usize,
    /// Attempts at the endpoints that do not answer.
    timed_out: usize,
}

/// Prints the comparison.
pub(super) async fn print() {
    println!(
        "\n{EVENTS} events, {EVENTS_A_SECOND} a second, to {GOOD} endpoints that answer, alone and beside {SILENT} that never do"
    );
    let alone = run(0).await;
    let beside = run(SILENT).await;
    for (share, what) in [(0.5, "median"), (0.99, "p99")] {
        let times = ratio(beside.at(share), alone.at(share));
        println!("  {what:<32} {times:.2} times that alone{}", if share > 0.9 { " (goal: at most 2)" } else { "" });
    }
    let expected = GOOD * EVENTS as usize;
    println!(
        "  arrived                          {} of {expected}, alone {} (goal: all)",
        expected - beside.lost,
        expected - alone.lost
    );
    println!("  more than once                   {}, alone {}", beside.repeated, alone.repeated);
    println!("  attempts that timed out          {}", beside.timed_out);
}

async fn run(silent: usize) -> Seen {
    let deployment = Deployment::start(binaries()).await;
    let [mut answering, mut others] = [const { Vec::new() }; 2];
    for _ in 0..GOOD {
        answering.push(Inbox::answering().await);
    }
    for _ in 0..silent {
        others.push(Inbox::silent().await);
    }
    let pool = Pool::of(&deployment, deployment.table_endpoint());
    let urls: Vec<_> = answering.iter().chain(&others).map(Inbox::url).collect();
    let hooks = Hooks::of(pool.app(), &deployment, &urls).await;
    let mut stored = BTreeMap::new();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / EVENTS_A_SECOND);
    for number in 0..EVENTS {
        ticks.tick().await;
        let id = hooks.event(number).await;
        stored.insert(id.clone(), Instant::now());
        pool.stored(&id);
    }
    let ended = Instant::now();
    while ended.elapsed() < LONGEST && answering.iter().any(|inbox| inbox.arrivals().len() < stored.len()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut seen = Seen { delays: Vec::new(), lost: 0, repeated: 0, timed_out: 0 };
    for inbox in &answering {
        let arrivals = inbox.arrivals();
        for (id, at) in &stored {
            let Some(times) = arrivals.get(id) else {
                seen.lost += 1;
                continue;
            };
            seen.delays.push(times[0].duration_since(*at));
            seen.repeated += usize::from(times.len() > 1);
        }
        assert!(arrivals.keys().all(|id| stored.contains_key(id)), "an event has another `webhook-id`");
    }
    seen.timed_out = others.iter().map(|inbox| inbox.arrivals().values().map(Vec::len).sum::<usize>()).sum();
    seen.delays.sort_unstable();
    seen
}

impl Seen {
    /// The delay that this share of the attempts does not exceed.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index")]
    fn at(&self, share: f64) -> Duration {
        self.delays[(self.delays.len() as f64 * share) as usize]
    }
}
