//! Writes an answer as QuickBooks does: a line for each element, no indentation, and other characters than ASCII as numeric references.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::reference::Reference;
use crate::xml::escaped;

/// The offset of the times in the company file: QuickBooks writes the local one.
pub(super) const OFFSET: Offset = jiff::tz::offset(-5);

/// The writer of one element's content.
#[derive(Default)]
pub(super) struct Writer<'a> {
    text: String,
    /// The only elements to write; empty for all.
    wanted: &'a [&'a str],
}

impl<'a> Writer<'a> {
    /// A writer of only these elements; of all if there are none.
    pub(super) fn of(wanted: &'a [&'a str]) -> Self {
        Self { text: String::new(), wanted }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn leaf(&mut self, name: &str, value: impl AsRef<str>) {
        if self.wants(name) {
            let _ = writeln!(self.text, "<{name}>{}</{name}>", ascii(value.as_ref()));
        }
    }

    pub(super) fn leaf_if(&mut self, name: &str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.leaf(name, value);
        }
    }

    pub(super) fn flag(&mut self, name: &str, value: bool) {
        self.leaf(name, if value { "true" } else { "false" });
    }

    pub(super) fn amount(&mut self, name: &str, cents: i64) {
        self.leaf(name, amount(cents));
    }

    pub(super) fn date(&mut self, name: &str, date: Date) {
        self.leaf(name, date.to_string());
    }

    pub(super) fn time(&mut self, name: &str, unix_seconds: i64) {
        self.leaf(name, time(unix_seconds));
    }

    pub(super) fn reference(&mut self, name: &str, to: &Reference) {
        self.group(name, |inner| {
            inner.leaf("ListID", &to.list_id);
            inner.leaf("FullName", &to.full_name);
        });
    }

    pub(super) fn group(&mut self, name: &str, content: impl FnOnce(&mut Writer<'_>)) {
        if self.wants(name) {
            let mut inner = Writer::default();
            content(&mut inner);
            let _ = writeln!(self.text, "<{name}>\n{}</{name}>", inner.text);
        }
    }

    /// The lines of an address; empty ones are left out.
    pub(super) fn address(&mut self, name: &str, lines: &[(&str, &str)]) {
        self.group(name, |inner| {
            lines.iter().filter(|(_, line)| !line.is_empty()).for_each(|(name, line)| inner.leaf(name, line));
        });
    }

    fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.contains(&name)
    }
}

pub(super) fn amount(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

pub(super) fn time(unix_seconds: i64) -> String {
    let local = OFFSET.to_datetime(Timestamp::from_second(unix_seconds).unwrap_or_default());
    format!("{}-05:00", local.strftime("%Y-%m-%dT%H:%M:%S"))
}

pub(super) fn ascii(text: &str) -> String {
    escaped(text).chars().fold(String::with_capacity(text.len()), |mut written, character| {
        if character.is_ascii() {
            written.push(character);
        } else {
            let _ = write!(written, "&#{};", u32::from(character));
        }
        written
    })
}
