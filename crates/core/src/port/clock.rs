//! Time, in one place: what o'clock it is, how long something took, and waiting.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::time::until;

/// A clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day, which may jump.
    fn now(&self) -> Timestamp;

    /// Time since some start, which never jumps back: for what must not be fooled by a clock that is set.
    fn elapsed(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, time: Duration);
}

/// A moment by both clocks, for whatever has an age. The monotonic clock may stand still while the machine does (Lambda
/// freezes a process between events), and the time of day may be set: what is old by either is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    wall: Timestamp,
    elapsed: Duration,
}

impl Moment {
    /// This moment.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), elapsed: clock.elapsed() }
    }

    /// How long ago it was: the longer of what the two clocks say.
    pub fn age(self, clock: &dyn Clock) -> Duration {
        until(self.wall, clock.now()).max(clock.elapsed().saturating_sub(self.elapsed))
    }
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts counting.
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
