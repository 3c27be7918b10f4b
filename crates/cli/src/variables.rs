//! The variables of a command: the process's environment, then `.env` in the current folder, then defaults. They are passed on as a
//! value; the environment itself is not changed.

use std::collections::BTreeMap;

use counterfoil_functions::config::environment;

use crate::failure::Failure;

/// Variables by name. Some are secret, so they cannot be printed as a whole.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

/// The file that is read in addition to the environment.
const FILE: &str = ".env";

impl Variables {
    /// Reads the environment and, if it exists, `.env`.
    pub(crate) fn read() -> Result<Self, Failure> {
        Ok(Self::default().over(environment()).over(file()?))
    }

    /// These variables with defaults for those that are missing or blank.
    pub(crate) fn over(mut self, defaults: impl IntoIterator<Item = (impl Into<String>, String)>) -> Self {
        for (name, value) in defaults {
            if !value.trim().is_empty() {
                self.0.entry(name.into()).or_insert(value);
            }
        }
        self
    }

    /// These variables without some.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }

    /// All variables, for the configuration.
    pub(crate) fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// Reads `.env`. The error does not quote the line, because it may contain a secret.
fn file() -> Result<Vec<(String, String)>, Failure> {
    let lines = match dotenvy::from_path_iter(FILE) {
        Ok(lines) => lines,
        Err(error) if error.not_found() => return Ok(Vec::new()),
        Err(_) => return Err(Failure::new(format!("The file {FILE} cannot be opened."))),
    };
    let mut pairs = Vec::new();
    for pair in lines {
        pairs.push(pair.map_err(|_| {
            let after = pairs.last().map_or_else(String::new, |(name, _)| format!(" after {name}"));
            Failure::new(format!("The file {FILE} cannot be read: the entry{after} is not of the form NAME=value."))
        })?);
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_uses_the_default() {
        let variables = Variables::default()
            .over([("A", " ".to_owned()), ("B", "1".to_owned())])
            .over([("A", "2".to_owned()), ("B", "3".to_owned())]);
        assert_eq!((variables.get("A"), variables.get("B")), (Some("2"), Some("1")));
        assert_eq!(variables.without(&["A"]).get("A"), None);
    }
}
