//! Times without a zone: `2026-09-14 12:50:21`. Most are in US Eastern time; those of bills are in UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::object::Object;

/// US Eastern time, by the rules since 2007.
const EASTERN: &str = "EST5EDT,M3.2.0,M11.1.0";

pub(super) fn time(object: &Object<'_>, name: &str) -> Option<Timestamp> {
    in_zone(object, name, &zone())
}

pub(super) fn time_of_utc(object: &Object<'_>, name: &str) -> Option<Timestamp> {
    in_zone(object, name, &TimeZone::UTC)
}

/// The day before the platform's day of a time. The filter takes whole days, and it is not known whether it includes the first one.
pub(super) fn day_before(time: Timestamp) -> Date {
    let day = zone().to_datetime(time).date();
    day.saturating_sub(1.day())
}

fn in_zone(object: &Object<'_>, name: &str, zone: &TimeZone) -> Option<Timestamp> {
    let text = object.text(name)?;
    let local: DateTime = text.trim().parse().ok()?;
    zone.to_timestamp(local).ok()
}

fn zone() -> TimeZone {
    TimeZone::posix(EASTERN).expect("a rule of POSIX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_us_eastern_time_and_those_of_bills_in_utc() {
        let object = Object::parse(
            r#"{"summer":"2026-09-14 12:50:21","winter":"2026-12-14 12:50:21","fraction":"2026-09-14 12:50:21.123456",
                "twice":"2026-11-01 01:30:00","day":"2026-09-14","odd":"soon","null":null}"#,
        );
        let object = object.expect("an object");
        let read = |name| time(&object, name).map(|time| time.to_string());
        assert_eq!(read("summer").as_deref(), Some("2026-09-14T16:50:21Z"));
        assert_eq!(read("winter").as_deref(), Some("2026-12-14T17:50:21Z"));
        assert_eq!(read("fraction").as_deref(), Some("2026-09-14T16:50:21.123456Z"));
        assert_eq!(read("twice").as_deref(), Some("2026-11-01T05:30:00Z"), "the first of both");
        assert_eq!(["odd", "null", "z"].map(read), [None, None, None]);
        assert_eq!(time_of_utc(&object, "summer").map(|time| time.to_string()).as_deref(), Some("2026-09-14T12:50:21Z"));
        let midnight: Timestamp = "2026-09-15T02:00:00Z".parse().expect("a time");
        assert_eq!(day_before(midnight), jiff::civil::date(2026, 9, 13), "it is still the 14th in the east");
    }
}
