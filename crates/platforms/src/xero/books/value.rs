//! Times and dates in Xero's form: `/Date(1771027200000+0000)/`, milliseconds of UTC whatever offset follows.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::object::{Object, date};

pub(super) fn time(object: &Object<'_>, name: &str) -> Option<Timestamp> {
    let text = object.text(name)?;
    let inner = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let end = inner.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit()).map_or(inner.len(), |(at, _)| at);
    Timestamp::from_millisecond(inner[..end].parse().ok()?).ok()
}

/// A calendar date, which is midnight in UTC. If there is a text field with the date, that is read.
pub(super) fn day(object: &Object<'_>, text: &str, name: &str) -> Option<Date> {
    let of_time = || date(&Offset::UTC.to_datetime(time(object, name)?).date().to_string());
    object.date(text).or_else(of_time).or_else(|| object.date(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_not_moved_into_another_zone_and_a_time_needs_its_form() {
        let object = Object::parse(
            r#"{"a":"/Date(1771027200000+0000)/","b":"/Date(1771027200000)/","c":"/Date(1771027200000+1300)/","d":"/Date(-1000+0000)/",
                "e":"/Date()/","f":"/Date(99999999999999999999)/","g":"2026-02-14","h":"/Date(1771027200000","i":1771027200000,
                "text":"2026-02-13T00:00:00","far":"/Date(250000000000000)/"}"#,
        );
        let object = object.expect("an object");
        let day_of = |name| day(&object, "none", name).map(|day| day.to_string());
        let february = || Some("2026-02-14".to_owned());
        assert_eq!(["a", "b", "c", "g"].map(day_of), [(); 4].map(|()| february()));
        assert_eq!(day_of("d").as_deref(), Some("1969-12-31"));
        assert_eq!(["e", "f", "h", "i", "z", "far"].map(day_of), [(); 6].map(|()| None));
        assert_eq!(day(&object, "text", "a").map(|day| day.to_string()).as_deref(), Some("2026-02-13"));
        assert_eq!(time(&object, "a").map(Timestamp::as_millisecond), Some(1_771_027_200_000));
    }
}
