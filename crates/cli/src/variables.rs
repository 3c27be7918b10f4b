//! The variables a command works with: the process's environment, over `.env` in the current folder, over defaults. They
//! are a value that is passed on; the environment itself is never changed.

use std::collections::BTreeMap;

use counterfoil_functions::config::environment;

use crate::failure::Failure;

/// Variables by name. Some are secret, so they cannot be printed as a whole.
#[derive(Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

/// The file that is read beside the environment.
const FILE: &str = ".env";

impl Variables {
    /// Reads `.env`, where there is one, and the environment.
    pub(crate) fn read() -> Result<Self, Failure> {
        Ok(Self::default().over(environment()).over(file()?))
    }

    /// These variables, and beneath them those. A blank one counts as not set.
    pub(crate) fn over(mut self, defaults: impl IntoIterator<Item = (impl Into<String>, String)>) -> Self {
        for (name, value) in defaults {
            if !value.trim().is_empty() {
                self.0.entry(name.into()).or_insert(value);
            }
        }
        self
    }

    /// These variables but those.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// One of them.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }

    /// All of them, as the configuration takes them.
    pub(crate) fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

/// A line that cannot be read is not quoted: it may hold a secret.
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
    fn what_is_blank_gives_way() {
        let variables = Variables::default()
            .over([("A", " ".to_owned()), ("B", "1".to_owned())])
            .over([("A", "2".to_owned()), ("B", "3".to_owned())]);
        assert_eq!((variables.get("A"), variables.get("B")), (Some("2"), Some("1")));
        assert_eq!(variables.without(&["A"]).get("A"), None);
    }
}
