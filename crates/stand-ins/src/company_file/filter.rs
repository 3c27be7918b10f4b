//! The filters of queries.

use jiff::civil::{Date, DateTime};

use super::lists;
use super::reference::Among;
use super::status::Status;
use super::txn::{Kind, Txn};
use super::writer::OFFSET;
use crate::xml::Element;

/// A range of times, both ends included, in Unix seconds.
pub(super) struct TimeRange {
    from: Option<i64>,
    to: Option<i64>,
}

impl TimeRange {
    /// Reads the two children of these names. A date without a time is its beginning, or as an end its last second.
    pub(super) fn read(range: &Element, from: &str, to: &str) -> Self {
        let time = |name, default| range.text_of(name).and_then(|text| unix_seconds(text, default));
        Self { from: time(from, "00:00:00"), to: time(to, "23:59:59") }
    }

    pub(super) fn has(&self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time <= to)
    }
}

/// The time of a text that the grammar has accepted. What it leaves out comes from `default`.
fn unix_seconds(text: &str, default: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T').unwrap_or((text, ""));
    let at = rest.find(['+', '-']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(at);
    let clock = format!("{clock}{}", default.get(clock.len()..).unwrap_or_default());
    let time: DateTime = format!("{date}T{clock}").parse().ok()?;
    let offset = if offset.is_empty() { OFFSET } else { read_offset(offset)? };
    Some(offset.to_timestamp(time).ok()?.as_second())
}

fn read_offset(text: &str) -> Option<jiff::tz::Offset> {
    let (hours, minutes) = text[1..].split_once(':')?;
    let seconds = hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60;
    jiff::tz::Offset::from_seconds(if text.starts_with('-') { -seconds } else { seconds }).ok()
}

/// How a text must match.
pub(super) struct Match {
    criterion: String,
    text: String,
}

impl Match {
    pub(super) fn read(filter: &Element, name: &str) -> Self {
        let text = |name| filter.text_of(name).unwrap_or_default();
        Self { criterion: text("MatchCriterion").to_owned(), text: text(name).to_lowercase() }
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        match self.criterion.as_str() {
            "StartsWith" => text.starts_with(&self.text),
            "EndsWith" => text.ends_with(&self.text),
            _ => text.contains(&self.text),
        }
    }
}

/// A range of texts, both ends included. Numbers are compared as numbers.
pub(super) struct TextRange {
    from: Option<String>,
    to: Option<String>,
}

impl TextRange {
    pub(super) fn read(range: &Element, from: &str, to: &str) -> Self {
        let text = |name| range.text_of(name).map(str::to_lowercase);
        Self { from: text(from), to: text(to) }
    }

    pub(super) fn has(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let not_before = |one: &str, other: &str| match (one.parse::<u64>(), other.parse::<u64>()) {
            (Ok(one), Ok(other)) => one >= other,
            _ => one >= other,
        };
        self.from.as_deref().is_none_or(|from| not_before(&text, from))
            && self.to.as_deref().is_none_or(|to| not_before(to, &text))
    }
}

/// The filters of a query for transactions.
#[derive(Default)]
pub(super) struct TxnFilter {
    modified: Option<TimeRange>,
    dates: (Option<Date>, Option<Date>),
    party: Option<Among>,
    account: Option<Among>,
    number: Option<Match>,
    numbers: Option<TextRange>,
    currency: Option<Among>,
    is_paid: Option<bool>,
}

impl TxnFilter {
    /// Reads the filters of a request that has the right form.
    ///
    /// # Errors
    /// The status of a filter that names an object which does not exist.
    pub(super) fn read(request: &Element, kind: Kind) -> Result<Self, Status> {
        let parties = if kind == Kind::Invoice { lists::customers() } else { lists::vendors() };
        let among = |name, known: &[_]| {
            let read = request.child(name).map(|filter| Among::read(filter, known)).transpose();
            read.map_err(|missing| Status::no_such_object(&missing))
        };
        let dates = request.child("TxnDateRangeFilter");
        let date = |name| dates.and_then(|range| range.text_of(name)).and_then(|text| text.parse().ok());
        let numbers = request.child("RefNumberRangeFilter");
        Ok(Self {
            modified: request
                .child("ModifiedDateRangeFilter")
                .map(|range| TimeRange::read(range, "FromModifiedDate", "ToModifiedDate")),
            dates: (date("FromTxnDate"), date("ToTxnDate")),
            party: among("EntityFilter", parties)?,
            account: among("AccountFilter", lists::accounts())?,
            number: request.child("RefNumberFilter").map(|filter| Match::read(filter, "RefNumber")),
            numbers: numbers.map(|range| TextRange::read(range, "FromRefNumber", "ToRefNumber")),
            currency: among("CurrencyFilter", &lists::currencies())?,
            is_paid: match request.text_of("PaidStatus") {
                Some("PaidOnly") => Some(true),
                Some("NotPaidOnly") => Some(false),
                _ => None,
            },
        })
    }

    pub(super) fn has(&self, txn: &Txn) -> bool {
        let party = txn.party.as_ref().map_or("", |party| party.list_id.as_str());
        let number = txn.ref_number.as_deref();
        let currency = lists::CURRENCIES[usize::from(txn.is_foreign)].0;
        let accounts = || txn.lines.iter().filter_map(|line| line.account.as_ref()).chain([&txn.account]);
        self.modified.as_ref().is_none_or(|range| range.has(txn.modified))
            && self.dates.0.is_none_or(|from| txn.date >= from)
            && self.dates.1.is_none_or(|to| txn.date <= to)
            && self.party.as_ref().is_none_or(|among| among.has(party))
            && self.account.as_ref().is_none_or(|among| accounts().any(|account| among.has(&account.list_id)))
            && self.number.as_ref().is_none_or(|wanted| number.is_some_and(|number| wanted.fits(number)))
            && self.numbers.as_ref().is_none_or(|range| number.is_some_and(|number| range.has(number)))
            && self.currency.as_ref().is_none_or(|among| among.has(currency))
            && self.is_paid.is_none_or(|is_paid| is_paid == (txn.balance == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_and_without_its_parts() {
        assert_eq!(unix_seconds("2025-01-01T00:00:00-05:00", "00:00:00"), Some(1_735_707_600));
        assert_eq!(unix_seconds("2025-01-01T00:00:00+00:00", "00:00:00"), Some(1_735_689_600));
        assert_eq!(unix_seconds("2025-01-01", "00:00:00"), Some(1_735_707_600));
        assert_eq!(unix_seconds("2025-01-01", "23:59:59"), Some(1_735_793_999));
        assert_eq!(unix_seconds("2025-01-01T10:20", "00:00:00"), Some(1_735_744_800));
    }
}
