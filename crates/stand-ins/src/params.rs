//! The parameters of a query, a form or a JSON object, read strictly. A platform may ignore an unknown or repeated one. Its stand-in does
//! not, so that our own requests stay exact.

use std::collections::BTreeMap;

/// The largest number of parameters, and the longest name and value in bytes.
const MAX_PARAMETERS: usize = 20;
const MAX_NAME_BYTES: usize = 64;
const MAX_VALUE_BYTES: usize = 4096;

/// Values by name. No name is repeated.
pub(crate) struct Params(BTreeMap<String, String>);

/// An error in the parameters. The text names the parameter, never its value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadParams {
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
    #[error("the name of a parameter is longer than {MAX_NAME_BYTES} bytes")]
    LongName,
    #[error("the parameter {0} is repeated")]
    Repeated(String),
    #[error("the parameter {0} is longer than {MAX_VALUE_BYTES} bytes")]
    TooLong(String),
    #[error("the parameter {0} is missing or empty")]
    Missing(&'static str),
    #[error("the parameter {0} is not known here")]
    Unknown(String),
    #[error("the body must be a JSON object of texts")]
    NoObject,
}

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, BadParams> {
        Self::parse_with_list(text, "")
    }

    /// Reads `application/x-www-form-urlencoded` text in which the parameter `list` may be repeated. Its values are joined by spaces.
    pub(crate) fn parse_with_list(text: &[u8], list: &str) -> Result<Self, BadParams> {
        let mut params = Self(BTreeMap::new());
        for (name, value) in url::form_urlencoded::parse(text) {
            match params.0.get_mut(&*name) {
                Some(values) if name == list && values.len() + value.len() < MAX_VALUE_BYTES => {
                    values.push(' ');
                    values.push_str(&value);
                }
                _ => params.add(&name, &value)?,
            }
        }
        Ok(params)
    }

    /// Reads a JSON object with text values.
    pub(crate) fn parse_json(text: &[u8]) -> Result<Self, BadParams> {
        // The parser's error may quote a value, so it is dropped.
        let object: BTreeMap<String, String> = serde_json::from_slice(text).map_err(|_| BadParams::NoObject)?;
        let mut params = Self(BTreeMap::new());
        object.iter().try_for_each(|(name, value)| params.add(name, value))?;
        Ok(params)
    }

    /// Adds the parameters of `other`.
    pub(crate) fn extend(&mut self, other: &Self) -> Result<(), BadParams> {
        other.0.iter().try_for_each(|(name, value)| self.add(name, value))
    }

    fn add(&mut self, name: &str, value: &str) -> Result<(), BadParams> {
        if name.len() > MAX_NAME_BYTES {
            return Err(BadParams::LongName);
        }
        if self.0.contains_key(name) {
            return Err(BadParams::Repeated(name.to_owned()));
        }
        if self.0.len() == MAX_PARAMETERS {
            return Err(BadParams::TooMany);
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(BadParams::TooLong(name.to_owned()));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// All names and values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The parameter's value, if it is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The parameter's value, which must be there and not empty.
    pub(crate) fn require(&self, name: &'static str) -> Result<&str, BadParams> {
        self.get(name).ok_or(BadParams::Missing(name))
    }

    /// Refuses every parameter that is not among `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), BadParams> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(BadParams::Unknown(name.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_an_unknown_and_a_missing_parameter_are_different_errors() {
        assert_eq!(Params::parse(b"a=1&a=2").err(), Some(BadParams::Repeated("a".to_owned())));
        let params = Params::parse(b"a=1&b=").expect("well formed");
        assert_eq!(params.only(&["a"]), Err(BadParams::Unknown("b".to_owned())));
        assert_eq!(params.require("b"), Err(BadParams::Missing("b")));
        assert_eq!(params.require("a"), Ok("1"));
    }

    #[test]
    fn number_and_lengths_are_bounded() {
        let many = (0..=MAX_PARAMETERS).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(Params::parse(many.as_bytes()).err(), Some(BadParams::TooMany));
        let long_name = "n".repeat(MAX_NAME_BYTES + 1);
        assert_eq!(Params::parse(long_name.as_bytes()).err(), Some(BadParams::LongName));
        let long = format!("a={}", "x".repeat(MAX_VALUE_BYTES + 1));
        assert_eq!(Params::parse(long.as_bytes()).err(), Some(BadParams::TooLong("a".to_owned())));
    }

    #[test]
    fn a_list_may_be_repeated_within_bounds_and_nothing_else() {
        let params = Params::parse_with_list(b"a=1&a=2&b=3", "a").expect("well formed");
        assert_eq!((params.get("a"), params.get("b")), (Some("1 2"), Some("3")));
        let other = Params::parse_with_list(b"a=1&b=2&b=3", "a");
        assert_eq!(other.err(), Some(BadParams::Repeated("b".to_owned())));
        let half = "x".repeat(MAX_VALUE_BYTES / 2);
        let long = format!("a={half}&a={half}");
        assert!(Params::parse_with_list(long.as_bytes(), "a").is_err());
    }

    #[test]
    fn json_is_an_object_of_texts() {
        assert_eq!(Params::parse_json(br#"{"a":"1"}"#).expect("well formed").get("a"), Some("1"));
        for other in [r#"{"a":1}"#, r#"["a"]"#, r#"{"a":"secret"#, ""] {
            assert_eq!(Params::parse_json(other.as_bytes()).err(), Some(BadParams::NoObject));
        }
    }
}
