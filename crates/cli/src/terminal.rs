//! Output: results go to standard output, failures to standard error. A reader that closes the output (`| head`) is not a failure.

use std::fmt::Display;
use std::io::{Write as _, stderr, stdout};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a line.
pub(crate) fn say(text: impl Display) {
    let _ = writeln!(stdout().lock(), "{text}");
}

/// Prints JSON, indented.
pub(crate) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::new(error.to_string()))?;
    say(text);
    Ok(())
}

/// Prints a message on standard error.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(stderr().lock(), "{text}");
}

/// Prints why a command failed.
pub(crate) fn failure(failure: &Failure) {
    let _ = writeln!(stderr().lock(), "error: {failure}");
}

/// Formats cells as columns. Each is as wide as its widest cell, except for the last one.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let line = |row: &Vec<String>| {
        let last = row.len().saturating_sub(1);
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = if column == last { 0 } else { width(column).unwrap_or_default() };
            format!("{cell:width$}")
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_without_trailing_blanks() {
        let rows = [["a", "bb"], ["ccc", "d"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), "a    bb\nccc  d");
        let rows = [["a", ""], ["ccc", "d"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), "a\nccc  d");
    }
}
