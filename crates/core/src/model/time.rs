//! Arithmetic of times, which saturates and never panics.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The time from `from` to `to`; zero if `to` is earlier.
pub fn until(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A later time, at most [`Timestamp::MAX`].
pub fn later(from: Timestamp, time: Duration) -> Timestamp {
    from.saturating_add(signed(time)).unwrap_or(Timestamp::MAX)
}

/// An earlier time, at least [`Timestamp::MIN`].
pub fn earlier(from: Timestamp, time: Duration) -> Timestamp {
    from.saturating_sub(signed(time)).unwrap_or(Timestamp::MIN)
}

/// The milliseconds since 1970 as twelve hexadecimal digits, which sort by time. A time before 1970 counts as 1970.
pub fn sortable(at: Timestamp) -> String {
    format!("{:012x}", at.as_millisecond().max(0))
}

/// The day of a time, in UTC.
pub(crate) fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// The beginning of a day in UTC; `None` for a day that has no time.
pub(crate) fn start_of(day: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

/// A random pause between half and all of a length that doubles with each failure, up to `longest`. `chance` is in `0.0..1.0`.
pub(crate) fn backoff(first: Duration, longest: Duration, failures: u32, chance: f64) -> Duration {
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
    fn arithmetic_saturates_at_the_first_and_the_last_time() {
        assert_eq!(until(Timestamp::MAX, Timestamp::MIN), Duration::ZERO);
        assert_eq!(later(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
        assert_eq!(earlier(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
        assert_eq!(until(Timestamp::UNIX_EPOCH, later(Timestamp::UNIX_EPOCH, Duration::from_secs(5))), Duration::from_secs(5));
    }
}
