//! The virtual time of a schedule. It passes only while all tasks sleep, and wakes one task at a time. So only one task runs at a
//! time, and the seed decides everything.

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
    /// Ordered by the time of waking, then by the order of falling asleep.
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
    /// The process was killed.
    Killed,
}

impl Timeline {
    pub(super) fn elapsed(&self) -> Duration {
        self.state().elapsed
    }

    /// Counts a task until the returned value is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Entered {
        self.state().awake_or_asleep += 1;
        Entered(Arc::clone(self))
    }

    /// Waits until every task sleeps or has ended. Returns the number of sleeping tasks.
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

    /// Lets time pass until the next task wakes.
    pub(super) fn wake_next(&self) {
        let mut state = self.state();
        let Some(((at, _), sleeper)) = state.sleepers.pop_first() else { return };
        state.elapsed = state.elapsed.max(at);
        drop(sleeper.wake.send(Waking::Up));
    }

    /// Lets time pass while no task sleeps.
    pub(super) fn pass(&self, time: Duration) {
        self.state().elapsed += time;
    }

    /// Ends the tasks of a process between two of their sleeps, like SIGKILL.
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
            // Ends the task without the output of a panic.
            std::panic::resume_unwind(Box::new("killed"));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this")
    }
}

/// A counted task.
pub(super) struct Entered(Arc<Timeline>);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.state().awake_or_asleep -= 1;
        self.0.changed.notify_one();
    }
}

/// A process's clock, which may be ahead of the others or behind them.
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
