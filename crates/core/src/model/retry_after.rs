//! `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).

use std::time::Duration;

use jiff::Timestamp;

use crate::model::time::until;

/// The longest pause that is read. A longer one is cut to it.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The pause. A date counts from the date of the answer, so that this machine's clock does not matter; `now` is used if the answer has no
/// date. `None` if the value is neither a number nor a date.
pub fn read(value: &str, date: Option<&str>, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if value.starts_with(|c: char| c.is_ascii_digit()) {
        let seconds: f64 = value.parse().ok()?;
        return Some(Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())));
    }
    let at = read_date(value)?;
    let from = date.and_then(read_date).unwrap_or(now);
    Some(until(from, at).min(LONGEST))
}

/// Parses an HTTP date (RFC 9110, 5.6.7); `None` if it is none.
pub fn read_date(value: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_read_from_seconds_and_dates_and_is_never_longer_than_a_day() {
        let now = Timestamp::constant(1_789_557_180, 0);
        let read = |value| read(value, Some("Wed, 16 Sep 2026 11:13:00 GMT"), now);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(read("120"), seconds(120));
        assert_eq!(read(" 0 "), seconds(0));
        assert_eq!(read("1.5"), Some(Duration::from_millis(1_500)));
        assert_eq!(read("100000000000000000000"), seconds(86_400));
        assert_eq!(read("1e300"), seconds(86_400));
        assert_eq!(read("Wed, 16 Sep 2026 11:15:00 GMT"), seconds(120));
        assert_eq!(read("Wednesday, 16-Sep-26 11:15:00 GMT"), seconds(120), "RFC 850");
        assert_eq!(read("Wed Sep 16 11:15:00 2026"), seconds(120), "asctime");
        assert_eq!(read("Wed, 16 Sep 2026 11:12:00 GMT"), seconds(0), "it is past");
        assert_eq!(read("Fri, 01 Jan 2038 00:00:00 GMT"), seconds(86_400));
        for unreadable in ["", "soon", "-1", "12 s", "1.2.3"] {
            assert_eq!(read(unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn a_date_counts_from_the_answers_own_date_else_from_our_clock() {
        let now = Timestamp::constant(1_789_557_180, 0);
        let at = "Wed, 16 Sep 2026 11:15:00 GMT";
        for date in [None, Some("not a date")] {
            assert_eq!(read(at, date, now), Some(Duration::from_secs(120)), "our clock");
        }
        assert_eq!(read(at, Some("Wed, 16 Sep 2026 11:14:50 GMT"), now), Some(Duration::from_secs(10)));
    }
}
