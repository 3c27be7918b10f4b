//! Reads the file line by line. Memory holds only a few lines, however long the file is.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, stdin};
use std::path::Path;

use futures_util::{Stream, stream};
use tokio::sync::mpsc::{Sender, channel};

use crate::failure::Failure;

/// The longest line, in bytes.
const LONGEST: usize = 16 * 1024;
/// How many lines are read ahead.
const AHEAD: usize = 8;

/// One line that is not blank. It holds a refresh token.
pub(super) struct Line {
    /// Its number, from 1 on.
    pub(super) number: u64,
    /// Its bytes, or why they were not read.
    pub(super) text: Result<Vec<u8>, String>,
}

/// Opens the file, or standard input for `-`.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead + Send>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(stdin())));
    }
    let file = File::open(path).map_err(|error| Failure::new(format!("{} cannot be opened: {error}.", path.display())))?;
    Ok(Box::new(BufReader::new(file)))
}

/// The lines. A separate thread reads them, because a read of standard input may never return.
pub(super) fn lines(input: Box<dyn BufRead + Send>) -> impl Stream<Item = Result<Line, Failure>> {
    let (sender, mut receiver) = channel(AHEAD);
    std::thread::spawn(move || read(input, &sender));
    stream::poll_fn(move |context| receiver.poll_recv(context))
}

/// Reads until the input ends or the receiver is closed.
fn read(mut input: Box<dyn BufRead + Send>, lines: &Sender<Result<Line, Failure>>) {
    for number in 1.. {
        let line = match next(&mut input) {
            Ok(Some(line)) => line,
            Ok(None) => return,
            Err(error) => {
                let _ = lines.blocking_send(Err(Failure::new(format!("The input cannot be read: {error}."))));
                return;
            }
        };
        let is_blank = line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty());
        if !is_blank && lines.blocking_send(Ok(Line { number, text: line })).is_err() {
            return;
        }
    }
}

/// The next line. It skips the rest of a line that is too long.
fn next(input: &mut dyn BufRead) -> std::io::Result<Option<Result<Vec<u8>, String>>> {
    let mut line = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    if (&mut *input).take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() > LONGEST && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        return Ok(Some(Err(format!("The line is longer than {LONGEST} bytes."))));
    }
    Ok(Some(Ok(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_one_by_one_and_a_long_one_is_passed_over() {
        let text = format!("one\n\n{}\ntwo\r\nlast", "x".repeat(LONGEST + 1));
        let mut input = text.as_bytes();
        let mut read = || next(&mut input).expect("a text");
        assert_eq!(read(), Some(Ok(b"one\n".to_vec())));
        assert_eq!(read(), Some(Ok(b"\n".to_vec())));
        assert_eq!(read(), Some(Err("The line is longer than 16384 bytes.".to_owned())));
        assert_eq!(read(), Some(Ok(b"two\r\n".to_vec())));
        assert_eq!(read(), Some(Ok(b"last".to_vec())));
        assert_eq!(read(), None);
    }
}
