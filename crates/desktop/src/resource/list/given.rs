//! The parameters that a client gave.

use std::collections::BTreeMap;

use crate::resource::invalid::InvalidParameter;
use crate::resource::text::{ID_MOST, is_text};

/// The most values of a parameter.
const VALUES_MOST: usize = 500;
/// The longest text. The longest name in QuickBooks, a customer's full name, has 209 characters.
const TEXT_MOST: usize = 255;
/// What the value of any parameter must be.
const TEXT: &str = "a text of 1 to 255 characters, without control characters";

/// The parameters that are not read yet, and the first fault of those that are.
pub(super) struct Given {
    values: BTreeMap<String, Vec<String>>,
    fault: Option<InvalidParameter>,
}

impl Given {
    pub(super) fn new(pairs: &[(String, String)]) -> Self {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in pairs {
            values.entry(name.clone()).or_default().push(value.clone());
        }
        Self { values, fault: None }
    }

    /// The values of a parameter that may be repeated, each an id.
    pub(super) fn ids(&mut self, name: &'static str) -> Vec<String> {
        self.all(name, "up to 500 ids of 1 to 36 characters, without control characters", ID_MOST)
    }

    /// The values of a parameter that may be repeated, each a text.
    pub(super) fn texts(&mut self, name: &'static str) -> Vec<String> {
        self.all(name, "up to 500 texts of 1 to 255 characters, without control characters", TEXT_MOST)
    }

    fn all(&mut self, name: &'static str, must_be: &'static str, most: usize) -> Vec<String> {
        let values = self.values.remove(name).unwrap_or_default();
        if values.len() > VALUES_MOST || !values.iter().all(|value| is_text(value, most)) {
            self.add(InvalidParameter::Value { name: name.to_owned(), must_be });
        }
        values
    }

    /// The value of a parameter.
    pub(super) fn one(&mut self, name: &'static str) -> Option<String> {
        self.read(name, TEXT, |text| Some(text.to_owned()))
    }

    /// The value of a parameter, read by a function that accepts what it `must_be`.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        must_be: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let mut values = self.values.remove(name)?;
        let value = values.pop()?;
        if !values.is_empty() {
            self.add(InvalidParameter::Repeated(name.to_owned()));
        }
        let read = read(&value).filter(|_| is_text(&value, TEXT_MOST));
        if read.is_none() {
            self.add(InvalidParameter::Value { name: name.to_owned(), must_be });
        }
        read
    }

    /// A parameter that is `true` or `false`.
    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.read(name, "true or false", |text| text.parse().ok()).unwrap_or(default)
    }

    /// Adds a fault if parameters of more than one of these groups are given.
    pub(super) fn exclude(&mut self, groups: &[&[&'static str]]) {
        let given = |group: &&[&'static str]| group.iter().copied().find(|name| self.values.contains_key(*name));
        let mut given = groups.iter().filter_map(given);
        if let (Some(one), Some(other)) = (given.next(), given.next()) {
            self.add(InvalidParameter::Conflict(one, other));
        }
    }

    fn add(&mut self, fault: InvalidParameter) {
        self.fault.get_or_insert(fault);
    }

    /// Fails if one of the parameters that were read is wrong.
    pub(super) fn check(&mut self) -> Result<(), InvalidParameter> {
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Fails if a parameter was not read.
    pub(super) fn all_known(&self) -> Result<(), InvalidParameter> {
        let unknown = self.values.keys().next();
        unknown.map_or(Ok(()), |name| Err(InvalidParameter::Unknown(name.chars().take(TEXT_MOST).collect())))
    }
}
