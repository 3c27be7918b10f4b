//! The table of cases and their ends: documented and observed.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use crate::case::{Behaviour, Case, Moment};

/// The end of each case, in the words of the table.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Matrix(BTreeMap<Case, String>);

impl Matrix {
    /// The table in the section on kills in `docs/refresh.md`.
    pub(crate) fn documented() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/refresh.md");
        let text = std::fs::read_to_string(path).expect("docs/refresh.md is there");
        let section = text
            .lines()
            .skip_while(|line| *line != "## When a process is killed")
            .skip(1)
            .take_while(|line| !line.starts_with("## "));
        let matrix: Self = section.filter(|line| line.starts_with("| `")).flat_map(row).collect();
        let missing: Vec<_> = Case::all().filter(|case| !matrix.0.contains_key(case)).collect();
        assert!(missing.is_empty(), "docs/refresh.md lacks {missing:?}");
        matrix
    }
}

/// Parses a row: the behaviour in backquotes, and its cells in the order of the moments.
fn row(line: &str) -> Vec<(Case, String)> {
    let mut cells = line.trim_matches('|').split('|').map(str::trim);
    let name = cells.next().and_then(|platform| platform.split('`').nth(1)).unwrap_or_default();
    let behaviour = Behaviour::ALL.into_iter().find(|behaviour| behaviour.name() == name);
    let behaviour = behaviour.unwrap_or_else(|| panic!("no such behaviour: {line}"));
    let ends: Vec<_> = cells.map(|cell| cell.trim_matches('`').to_owned()).collect();
    assert_eq!(ends.len(), Moment::ALL.len(), "{line}");
    Moment::ALL.into_iter().zip(ends).map(|(moment, end)| (Case { behaviour, moment }, end)).collect()
}

impl FromIterator<(Case, String)> for Matrix {
    fn from_iter<I: IntoIterator<Item = (Case, String)>>(cases: I) -> Self {
        Self(cases.into_iter().collect())
    }
}

impl Extend<(Case, String)> for Matrix {
    fn extend<I: IntoIterator<Item = (Case, String)>>(&mut self, cases: I) {
        self.0.extend(cases);
    }
}

impl Display for Matrix {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{:8}", "")?;
        for moment in Moment::ALL {
            write!(out, " {:14}", moment.name())?;
        }
        for behaviour in Behaviour::ALL {
            write!(out, "\n{:8}", behaviour.name())?;
            for moment in Moment::ALL {
                write!(out, " {:14}", self.0.get(&Case { behaviour, moment }).map_or("", String::as_str))?;
            }
        }
        Ok(())
    }
}
