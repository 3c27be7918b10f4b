//! The fields of a JSON object, read one by one: whatever one of them is, the others can be read. A body that breaks off, or goes
//! on behind the object, has the fields that it has.

use std::collections::VecDeque;
use std::time::Duration;

/// How many objects of a body are looked into, from the outside inwards.
const OBJECTS_MOST: usize = 16;
/// How many values of one field are looked at: the last ones, in JSON the ones that hold.
const VALUES_MOST: usize = 16;

/// An object in a text: its fields in their order, each with the text of its value. A name may come more than once. They are looked
/// for with each question and kept nowhere: an answer may have a million.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    text: &'a str,
    /// Behind the opening brace.
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

    /// The values of a field, the last one first, as many as are looked at; a `null` is none.
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

    /// Whether it is there and `usable` is not.
    fn warn_of<T>(&self, name: &'static str, usable: Option<T>) -> Option<T> {
        if usable.is_none() && self.values(name).next().is_some() {
            tracing::warn!(field = name, "a field of a token answer is not usable");
        }
        usable
    }

    /// A text.
    pub(crate) fn text(&self, name: &'static str) -> Option<String> {
        self.warn_of(name, self.values(name).find_map(text))
    }

    /// Words, in a text with blanks or commas between them, or in a list.
    pub(crate) fn words(&self, name: &'static str) -> Option<Vec<String>> {
        self.warn_of(name, self.values(name).find_map(words))
    }

    /// A number, also one that is written as a text.
    pub(crate) fn number(&self, name: &'static str) -> Option<f64> {
        self.warn_of(name, self.values(name).find_map(number))
    }

    /// A number of seconds, brought within these bounds; `None` where it is not there, not readable, or not above zero.
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

/// The text that a JSON value is.
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

/// Goes through the text of an object. It knows where values end, and nothing of what they are.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// The fields, from behind the opening brace.
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
    /// A field and what lies between it and the next comma or the end of the object; `None` where the text breaks off.
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

    /// An object or a list, as a whole.
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

    /// What comes before such a byte; `None` where there is no such byte any more.
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
