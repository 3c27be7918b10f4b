//! The clock: time of day, elapsed time, and waiting.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::future::{Either, select};
use jiff::Timestamp;

use crate::model::time::until;

/// A clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day. It may jump.
    fn now(&self) -> Timestamp;

    /// The time since a fixed start. It is monotonic: it does not change when the time of day is set.
    fn elapsed(&self) -> Duration;

    /// Waits for this time.
    async fn sleep(&self, time: Duration);
}

/// A moment by both clocks, to compute an age from. The monotonic clock may stop while a function is frozen between invocations, and
/// the time of day may be set. So the age is the longer of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    wall: Timestamp,
    elapsed: Duration,
}

impl Moment {
    /// Reads both clocks now.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), elapsed: clock.elapsed() }
    }

    /// The time since this moment, by the clock that shows more.
    pub fn age(self, clock: &dyn Clock) -> Duration {
        until(self.wall, clock.now()).max(clock.elapsed().saturating_sub(self.elapsed))
    }
}

/// The extra time in which work whose time is over is polled once more.
const LOOK_ONCE_MORE: Duration = Duration::from_millis(100);

/// Waits for work for at most `time`. Returns `None` and drops the work if it is not done by then.
///
/// A process that was frozen may wake after the time is over, with the answer unread in its socket. So the work gets a short
/// extra time, which begins only then.
pub async fn within<T>(clock: &dyn Clock, time: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    for time in [time, LOOK_ONCE_MORE] {
        if let Either::Left((done, _)) = select(work.as_mut(), clock.sleep(time)).await {
            return Some(done);
        }
    }
    None
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose elapsed time starts at zero now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time of day")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::oneshot;

    use super::*;

    /// Each sleep ends immediately; the first one makes the answer arrive, as for a process that wakes from a freeze.
    struct Frozen(Mutex<Option<oneshot::Sender<()>>>);

    #[async_trait]
    impl Clock for Frozen {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn elapsed(&self) -> Duration {
            Duration::ZERO
        }

        async fn sleep(&self, _: Duration) {
            if let Some(answer) = self.0.lock().expect("no panic inside").take() {
                answer.send(()).expect("somebody listens");
            }
        }
    }

    #[tokio::test]
    async fn an_answer_that_arrived_while_the_process_was_frozen_is_read_after_the_time_out() {
        let (answer, answered) = oneshot::channel();
        let clock = Frozen(Mutex::new(Some(answer)));
        assert_eq!(within(&clock, Duration::from_secs(10), answered).await, Some(Ok(())));
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_dropped_after_the_time_out() {
        let clock = Frozen(Mutex::default());
        assert_eq!(within(&clock, Duration::from_secs(10), std::future::pending::<()>()).await, None);
    }
}
