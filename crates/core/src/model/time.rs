//! Arithmetic of times that never panics and never overflows.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The time from `from` to `to`, zero where it is past.
pub fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// So much later, at most the last time there is.
pub fn later(from: Timestamp, time: Duration) -> Timestamp {
    from.saturating_add(signed(time)).unwrap_or(Timestamp::MAX)
}

/// So much earlier, at least the first time there is.
pub fn earlier(from: Timestamp, time: Duration) -> Timestamp {
    from.saturating_sub(signed(time)).unwrap_or(Timestamp::MIN)
}

/// The milliseconds since 1970 as twelve hexadecimal digits, which sort as the times do. Every time before 1970 is 1970.
pub fn sortable(at: Timestamp) -> String {
    format!("{:012x}", at.as_millisecond().max(0))
}

/// A pause that doubles with each failure up to the longest, and of that takes between half and all: `chance` is from 0 up to 1.
pub fn backoff(first: Duration, longest: Duration, failures: u32, chance: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.min(20)));
    doubled.min(longest).mul_f64(0.5 + chance / 2.0)
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_time_hold() {
        assert_eq!(until(Timestamp::MAX, Timestamp::MIN), Duration::ZERO);
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
        assert_eq!(earlier(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
        assert_eq!(until(Timestamp::UNIX_EPOCH, later(Timestamp::UNIX_EPOCH, Duration::from_secs(5))), Duration::from_secs(5));
    }
}
