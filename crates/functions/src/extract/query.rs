//! The query of a request, read strictly.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use counterfoil_core::Error;
use jiff::Timestamp;
use jiff::civil::Date;

/// The query of a request, percent-decoded, in order. A parameter that cannot be decoded is an error only if it is read.
pub(crate) struct Query(Result<Vec<Parameter>, &'static str>);

impl Query {
    /// The query of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        Self::parse(parts.uri.query().unwrap_or_default())
    }

    /// Reads a raw query.
    pub(crate) fn parse(raw: &str) -> Self {
        if raw.len() > QUERY_LONGEST {
            return Self(Err("The query is longer than 16 KiB."));
        }
        let pairs: Vec<_> = raw.split('&').filter(|pair| !pair.is_empty()).collect();
        if pairs.len() > PARAMETERS_MOST {
            return Self(Err("The query has more than 50 parameters."));
        }
        // A parameter with an undecodable name is dropped, because nobody reads it.
        let decoded = pairs.iter().filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some(Parameter { name: decode(name)?, value: decode(value).ok_or_else(|| value.to_owned()) })
        });
        Self(Ok(decoded.collect()))
    }

    /// The names of the parameters, in order; none if the query is too long.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(|parameter| parameter.name.as_str())
    }

    /// A parameter's value; `None` if it is absent.
    ///
    /// # Errors
    /// `Invalid` if it is repeated, cannot be decoded or has more than `longest` characters, or if the query is too long.
    pub(crate) fn one(&self, name: &str, longest: usize) -> Result<Option<&str>, Error> {
        let undecodable = || Error::invalid("invalid_query", format!("The parameter {name} is not percent-encoded UTF-8."));
        let value = self.raw_or_decoded(name, longest)?;
        value.map(|value| value.as_deref().map_err(|_| undecodable())).transpose()
    }

    /// As [`Self::one`], but a value that cannot be decoded is returned as it was sent.
    pub(crate) fn lenient(&self, name: &str, longest: usize) -> Result<Option<&str>, Error> {
        Ok(self.raw_or_decoded(name, longest)?.map(|value| match value {
            Ok(text) | Err(text) => text.as_str(),
        }))
    }

    fn raw_or_decoded(&self, name: &str, longest: usize) -> Result<Option<&Result<String, String>>, Error> {
        let parameters = self.0.as_ref().map_err(|problem| Error::invalid("invalid_query", *problem))?;
        let mut found = parameters.iter().filter(|parameter| parameter.name == name);
        let Some(parameter) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(Error::invalid("repeated_parameter", format!("The parameter {name} is repeated.")));
        }
        let (Ok(value) | Err(value)) = &parameter.value;
        if value.chars().count() > longest {
            return Err(Error::invalid(
                "parameter_too_long",
                format!("The parameter {name} may have at most {longest} characters."),
            ));
        }
        if value.chars().any(char::is_control) {
            return Err(Error::invalid("invalid_parameter", format!("The parameter {name} contains control characters.")));
        }
        Ok(Some(&parameter.value))
    }

    /// As [`Self::one`]; an empty parameter is an error too.
    pub(crate) fn filled(&self, name: &'static str, longest: usize) -> Result<Option<&str>, Error> {
        match self.one(name, longest)? {
            Some("") => Err(Error::invalid("empty_parameter", format!("The parameter {name} is empty."))),
            value => Ok(value),
        }
    }

    /// A parameter that must be a word of a closed list.
    pub(crate) fn word<T: std::str::FromStr>(&self, name: &'static str, allowed: &str) -> Result<Option<T>, Error> {
        let Some(text) = self.filled(name, 64)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| Error::invalid("invalid_parameter", format!("The parameter {name} must be one of: {allowed}.")))
    }

    /// A parameter that must be a whole number within these bounds.
    pub(crate) fn number(&self, name: &'static str, least: u64, most: u64) -> Result<Option<u64>, Error> {
        let Some(text) = self.filled(name, 64)? else { return Ok(None) };
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            Error::invalid("invalid_parameter", format!("The parameter {name} must be a whole number from {least} to {most}."))
        })
    }
}

impl Query {
    /// A parameter that must be a date, such as `2026-11-28`.
    pub(crate) fn date(&self, name: &'static str) -> Result<Option<Date>, Error> {
        let Some(text) = self.filled(name, 64)? else { return Ok(None) };
        let wrong = || Error::invalid("invalid_parameter", format!("The parameter {name} must be a date, such as 2026-11-28."));
        let date = text.parse().ok().filter(|date: &Date| (1..=9_999).contains(&date.year()));
        date.map(Some).ok_or_else(wrong)
    }

    /// A parameter that must be a time: RFC 3339, or seconds since 1970.
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<Timestamp>, Error> {
        let Some(text) = self.filled(name, 64)? else { return Ok(None) };
        let seconds = text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        seconds.or_else(|| text.parse().ok()).map(Some).ok_or_else(|| {
            let message = format!("The parameter {name} must be a time, such as 2026-11-28T10:30:00Z.");
            Error::invalid("invalid_parameter", message)
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `Err` has the text as it was sent, if it is not percent-encoded UTF-8.
    pub(crate) value: Result<String, String>,
}

/// The largest number of parameters that are read.
pub(crate) const PARAMETERS_MOST: usize = 50;

pub(crate) const QUERY_LONGEST: usize = 16 * 1024;

/// Percent-decodes a text, with `+` as a space; `None` if it is malformed or not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next()?)? * 16 + hex_digit(rest.next()?)?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_strictly() {
        let query = Query::parse("a=1&b=%C3%A4+x&c=1&c=2&d=&e");
        assert_eq!(query.one("a", 9), Ok(Some("1")));
        assert_eq!(query.one("b", 3), Ok(Some("ä x")));
        assert_eq!(query.one("b", 2).expect_err("too long").code(), "parameter_too_long");
        assert_eq!(query.one("c", 9).expect_err("twice").code(), "repeated_parameter");
        assert_eq!(query.filled("d", 9).expect_err("empty").code(), "empty_parameter");
        assert_eq!(query.one("missing", 9), Ok(None));
        for bad in ["a=%", "a=%z1", "a=%ff", "b=%&a=%ff"] {
            assert_eq!(Query::parse(bad).one("a", 9).expect_err(bad).code(), "invalid_query");
        }
        for unread in ["a=1&b=%", "a=1&%ff=2", "a=1&b=%E9&b=%E9"] {
            assert_eq!(Query::parse(unread).one("a", 9), Ok(Some("1")), "{unread}");
        }
        assert!(Query::parse("a=%00").one("a", 9).is_err());
        assert!(Query::parse(&"a&".repeat(51)).one("x", 9).is_err());
        assert!(Query::parse(&"a".repeat(16_385)).one("x", 9).is_err());
    }

    #[test]
    fn dates_and_times_are_read() {
        let query = Query::parse("d=2026-11-28&bad=2026-02-30&t=2026-11-28T10:30:00Z&s=1795861800&z=2026-11-28T10:30:00%2B00:00");
        assert_eq!(query.date("d"), Ok(Some(jiff::civil::date(2026, 11, 28))));
        assert!(query.date("bad").is_err() && query.time("d").is_err());
        let time = query.time("t").expect("a time");
        assert!(time.is_some() && query.time("s") == Ok(time) && query.time("z") == Ok(time));
    }

    #[test]
    fn a_number_is_digits_within_bounds() {
        let read = |text: &str| Query::parse(&format!("n={text}")).number("n", 1, 100);
        assert_eq!(read("100"), Ok(Some(100)));
        for bad in ["0", "101", "-1", "%2B1", "1.0", "1e1", "x", "99999999999999999999999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
