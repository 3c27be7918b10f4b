//! A stand-in's clock: the real time plus an offset that tests set. Only this file of the crate reads the real time and waits for it.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The latest time that a clock can be set to: the year 2200, beyond every token's life.
const LATEST_UNIX_SECONDS: i64 = 7_258_118_400;

/// A clock with an offset. It runs at the pace of the real time.
#[derive(Default)]
pub(crate) struct Clock {
    ahead: Mutex<SignedDuration>,
}

/// The error for a time out of range. The clock does not change.
#[derive(Debug, thiserror::Error)]
#[error("the clock can be moved to a time between 1970 and 2200 only")]
pub(crate) struct OutOfRange;

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        real_now() + self.ahead()
    }

    /// Sets the clock to this time.
    pub(crate) fn set(&self, unix_seconds: i64) -> Result<(), OutOfRange> {
        let mut ahead = self.ahead.lock().expect("no holder panics");
        let target = Timestamp::from_second(unix_seconds).map_err(|_| OutOfRange)?;
        *ahead = in_range(target)?.duration_since(real_now());
        Ok(())
    }

    /// Moves the clock forward by this number of seconds, or back if it is negative.
    pub(crate) fn advance(&self, seconds: i64) -> Result<(), OutOfRange> {
        let mut ahead = self.ahead.lock().expect("no holder panics");
        let further = ahead.checked_add(SignedDuration::from_secs(seconds)).ok_or(OutOfRange)?;
        in_range(real_now().checked_add(further).map_err(|_| OutOfRange)?)?;
        *ahead = further;
        Ok(())
    }

    /// The offset from the real time; negative if the clock is behind.
    pub(crate) fn ahead(&self) -> SignedDuration {
        *self.ahead.lock().expect("no holder panics")
    }

    /// Sets the offset from the real time.
    pub(crate) fn put_ahead(&self, by: SignedDuration) -> Result<(), OutOfRange> {
        in_range(real_now().checked_add(by).map_err(|_| OutOfRange)?)?;
        *self.ahead.lock().expect("no holder panics") = by;
        Ok(())
    }

    /// Sets the clock to the real time.
    pub(crate) fn reset(&self) {
        *self.ahead.lock().expect("no holder panics") = SignedDuration::ZERO;
    }
}

fn in_range(time: Timestamp) -> Result<Timestamp, OutOfRange> {
    if (0..=LATEST_UNIX_SECONDS).contains(&time.as_second()) { Ok(time) } else { Err(OutOfRange) }
}

/// Waits in real time, however the clock is set.
#[expect(clippy::disallowed_methods, reason = "a late answer is late in real time")]
pub(crate) async fn real_delay(delay: Duration) {
    tokio::time::sleep(delay).await;
}

#[expect(clippy::disallowed_methods, reason = "the stand-in is a world of its own, with a clock of its own")]
fn real_now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_runs_on_from_there() {
        let clock = Clock::default();
        clock.set(1_900_000_000).expect("in range");
        clock.advance(86_400).expect("in range");
        let seconds = clock.now().as_second();
        assert!((1_900_086_400..1_900_086_460).contains(&seconds), "{seconds}");
    }

    #[test]
    fn a_time_out_of_range_moves_nothing() {
        let clock = Clock::default();
        clock.set(1_900_000_000).expect("in range");
        assert!(clock.advance(i64::MAX).is_err());
        assert!(clock.set(-1).is_err());
        assert!((1_900_000_000..1_900_000_060).contains(&clock.now().as_second()));
    }
}
