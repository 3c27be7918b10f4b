//! Reads the fields of a JSON object separately, so that an invalid field affects no other. An object that is cut off, or has text after it,
//! still has its other fields.

use std::collections::VecDeque;
use std::time::Duration;

/// The largest number of nested objects that are searched, from the outside inwards.
const OBJECTS_MOST: usize = 16;
/// The largest number of values of one field that are read: the last ones, because in JSON the last one counts.
const VALUES_MOST: usize = 16;

/// The text of an object: its fields in order, each with the text of its value. A name may be repeated. Each query scans the text again and
/// stores nothing, because an answer may have a million fields.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    text: &'a str,
    /// The position after the opening brace.
    begins: usize,
}

impl<'a> Fields<'a> {
    /// The first object that has one of these fields.
    pub(crate) fn of(text: &'a str, wanted: &[&str]) -> Self {
        let starts = text.match_indices('{').map(|(at, _)| at).take(OBJECTS_MOST);
        let objects = starts.map(|at| Self { text, begins: at + 1 });
        let is_it = |object: &Self| wanted.iter().any(|name| object.values(name).next().is_some());
        objects.into_iter().find(is_it).unwrap_or_default()
    }

    /// The values of a field, the last one first, up to the bound. A `null` counts as missing.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let fields = Scanner { text: self.text, at: self.begins };
        let of_name = fields.filter(|(field, value)| field == name && *value != "null").map(|(_, value)| value);
        let mut last = VecDeque::new();
        for value in of_name {
            last.truncate(VALUES_MOST - 1);
            last.push_front(value);
        }
        last.into_iter()
    }

    /// Logs a warning if the field is there but not usable.
    fn warn_of<T>(&self, name: &'static str, usable: Option<T>) -> Option<T> {
        if usable.is_none() && self.values(name).next().is_some() {
            tracing::warn!(field = name, "a field of a token answer is not usable");
        }
        usable
    }

    /// A text field.
    pub(crate) fn text(&self, name: &'static str) -> Option<String> {
        self.warn_of(name, self.values(name).find_map(text))
    }

    /// Words: in a text, separated by blanks or commas, or in a list.
    pub(crate) fn words(&self, name: &'static str) -> Option<Vec<String>> {
        self.warn_of(name, self.values(name).find_map(words))
    }

    /// A number, or a text with a number.
    pub(crate) fn number(&self, name: &'static str) -> Option<f64> {
        self.warn_of(name, self.values(name).find_map(number))
    }

    /// A number of seconds, limited to these bounds; `None` if it is missing, unreadable or not above zero.
    pub(crate) fn seconds(&self, name: &'static str, least: Duration, most: Duration) -> Option<Duration> {
        let said = self.number(name)?;
        if said <= 0.0 {
            tracing::warn!(field = name, "a field of a token answer is not above zero");
            return None;
        }
        let within = said.clamp(least.as_secs_f64(), most.as_secs_f64());
        if (within - said).abs() > 0.0 {
            tracing::warn!(field = name, "a field of a token answer is not within what the platform is known for");
        }
        Some(Duration::from_secs_f64(within))
    }
}

/// The text of a JSON string.
pub(crate) fn text(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

fn words(value: &str) -> Option<Vec<String>> {
    let is_between = |c: char| c == ',' || c.is_whitespace();
    let listed: Vec<String> = text(value).map(|text| vec![text]).or_else(|| serde_json::from_str(value).ok())?;
    let words = listed.iter().flat_map(|words| words.split(is_between)).filter(|word| !word.is_empty());
    Some(words.map(str::to_owned).collect())
}

fn number(value: &str) -> Option<f64> {
    let digits = value.trim_matches('"').trim();
    let begins_as_one = digits.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    digits.parse().ok().filter(|number: &f64| begins_as_one && !number.is_nan())
}

/// Scans the text of an object. It recognizes where values end, and does not parse them.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// The fields after the opening brace.
impl<'a> Iterator for Scanner<'a> {
    type Item = (String, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_blanks();
        while self.peek() == Some(b',') {
            self.at += 1;
            self.skip_blanks();
        }
        if self.peek() == Some(b'"') { self.field() } else { None }
    }
}

impl<'a> Scanner<'a> {
    /// A field and the text up to the next comma or the end of the object; `None` if the text is cut off.
    fn field(&mut self) -> Option<(String, &'a str)> {
        let name = self.string()?;
        let name = text(name).unwrap_or_else(|| name.trim_matches('"').to_owned());
        self.skip_blanks();
        self.at += usize::from(self.peek()? == b':');
        self.skip_blanks();
        let value = self.value()?;
        while !matches!(self.peek(), None | Some(b',' | b'}')) {
            self.at += 1;
        }
        Some((name, value))
    }

    fn value(&mut self) -> Option<&'a str> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(),
            _ => self.take_until(|byte| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace()),
        }
    }

    /// A string with its quotes.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }

    /// A whole object or list.
    fn nested(&mut self) -> Option<&'a str> {
        let (start, mut depth) = (self.at, 0_usize);
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return self.text.get(start..self.at);
            }
        }
    }

    /// The text before the first byte that is an end; `None` if there is none.
    fn take_until(&mut self, is_end: impl Fn(u8) -> bool) -> Option<&'a str> {
        let start = self.at;
        while !is_end(self.peek()?) {
            self.at += 1;
        }
        self.text.get(start..self.at)
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}
