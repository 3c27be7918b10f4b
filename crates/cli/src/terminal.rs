//! What a person reads: results on standard output, failures on standard error. A reader that goes away (`| head`) is no
//! failure of ours.

use std::fmt::Display;
use std::io::{Write as _, stderr, stdout};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a text and ends the line.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Prints JSON for a program to read, indented for a person who looks on.
pub(crate) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(error.to_string()))?;
    say(text);
    Ok(())
}

/// Says why a command ended.
pub(crate) fn failure(failure: &Failure) {
    let _ = writeln!(stderr().lock(), "error: {failure}");
}

/// Lines of cells as columns, each as wide as its widest cell; the last is left as it is.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let line = |row: &Vec<String>| {
        let last = row.len().saturating_sub(1);
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = if column == last { 0 } else { width(column).unwrap_or_default() };
            format!("{cell:width$}")
        });
        cells.collect::<Vec<_>>().join("  ")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let rows = [["a", "bb"], ["ccc", "d"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), "a    bb\nccc  d");
    }
}
