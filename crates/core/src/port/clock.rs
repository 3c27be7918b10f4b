//! Time, in one place: what o'clock it is, how long something took, and waiting.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;

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
