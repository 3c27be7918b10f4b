//! Time as a schedule has it: it passes only while everybody sleeps, and wakes one sleeper at a time. So only one task ever
//! runs, and a seed decides everything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::clock::Clock;
use counterfoil_testkit::fixture::START;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, oneshot};

/// The time of all processes.
#[derive(Default)]
pub(super) struct Timeline {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    elapsed: Duration,
    /// By the time they wake, then in the order they fell asleep.
    sleepers: BTreeMap<(Duration, u64), Sleeper>,
    slept: u64,
    awake_or_asleep: usize,
}

struct Sleeper {
    process: usize,
    wake: oneshot::Sender<Waking>,
}

enum Waking {
    Up,
    /// Its process is gone.
    Killed,
}

impl Timeline {
    pub(super) fn elapsed(&self) -> Duration {
        self.state().elapsed
    }

    /// Counts a task for as long as what this returns lives.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        self.state().awake_or_asleep += 1;
        Entered(Arc::clone(self))
    }

    /// Waits until every task sleeps or is over; says how many sleep.
    pub(super) async fn settle(&self) -> usize {
        loop {
            let changed = self.changed.notified();
            {
                let state = self.state();
                if state.sleepers.len() == state.awake_or_asleep {
                    return state.sleepers.len();
                }
            }
            changed.await;
        }
    }

    /// Lets time pass until the next sleeper wakes.
    pub(super) fn wake_next(&self) {
        let mut state = self.state();
        let Some(((at, _), sleeper)) = state.sleepers.pop_first() else { return };
        state.elapsed = state.elapsed.max(at);
        drop(sleeper.wake.send(Waking::Up));
    }

    /// Lets time pass while nobody sleeps.
    pub(super) fn pass(&self, time: Duration) {
        self.state().elapsed += time;
    }

    /// Ends whatever a process is doing, as SIGKILL does: between two of its sleeps.
    pub(super) fn kill(&self, process: usize) {
        let mut state = self.state();
        let (killed, alive) = std::mem::take(&mut state.sleepers).into_iter().partition(|(_, one)| one.process == process);
        state.sleepers = alive;
        let killed: BTreeMap<_, Sleeper> = killed;
        for sleeper in killed.into_values() {
            drop(sleeper.wake.send(Waking::Killed));
        }
    }

    async fn sleep(&self, process: usize, time: Duration) {
        let (wake, woken) = oneshot::channel();
        {
            let mut state = self.state();
            let key = (state.elapsed + time, state.slept);
            state.slept += 1;
            state.sleepers.insert(key, Sleeper { process, wake });
        }
        self.changed.notify_one();
        if let Ok(Waking::Killed) = woken.await {
            // Ends the task without the noise of a panic.
            std::panic::resume_unwind(Box::new("killed"));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this")
    }
}

/// A task that is counted.
pub(super) struct Entered(Arc<Timeline>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.state().awake_or_asleep -= 1;
        self.0.changed.notify_one();
    }
}

/// One process' clock, which may be ahead of the others' or behind them.
#[derive(Clone)]
pub(super) struct ProcessClock {
    pub(super) timeline: Arc<Timeline>,
    pub(super) process: usize,
    pub(super) ahead: SignedDuration,
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        START + SignedDuration::try_from(self.timeline.elapsed()).expect("a short time") + self.ahead
    }

    fn elapsed(&self) -> Duration {
        self.timeline.elapsed()
    }

    async fn sleep(&self, time: Duration) {
        self.timeline.sleep(self.process, time).await;
    }
}
