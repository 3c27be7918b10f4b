//! Dates and times in parameters. A time without an offset is one of the computer on which QuickBooks runs.

use jiff::civil::{Date, Time, time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

/// What a date must be.
pub(super) const DATE: &str = "a date: YYYY-MM-DD";
/// What a time must be.
pub(super) const TIME: &str =
    "a date or a time: YYYY-MM-DD, YYYY-MM-DDThh:mm:ss or YYYY-MM-DDThh:mm:ss±hh:mm, with + written as %2B";

/// The time of a text in the form of qbXML. A date alone is the start of the day.
pub(super) fn from(text: &str) -> Option<String> {
    written(text, Time::midnight())
}

/// The time of a text in the form of qbXML. A date alone is the end of the day.
pub(super) fn to(text: &str) -> Option<String> {
    written(text, time(23, 59, 59, 0))
}

/// The date of a text in the form of qbXML.
pub(super) fn date(text: &str) -> Option<String> {
    let date: Date = text.parse().ok()?;
    (text.len() == "YYYY-MM-DD".len()).then(|| date.to_string())
}

/// qbXML has no `Z` and no fractions of seconds.
fn written(text: &str, of_date: Time) -> Option<String> {
    if text.len() == "YYYY-MM-DD".len() {
        return Some(format!("{}T{of_date}", date(text)?));
    }
    let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
    let at = pieces.date().at(0, 0, 0, 0).with().time(pieces.time()?).subsec_nanosecond(0).build().ok()?;
    let offset = pieces.to_numeric_offset().map(Offset::seconds);
    (at.year() > 0).then(|| format!("{at}{}", offset.map(hours_and_minutes).unwrap_or_default()))
}

fn hours_and_minutes(offset: i32) -> String {
    let minutes = offset.abs() / 60;
    format!("{}{:02}:{:02}", if offset < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
}
