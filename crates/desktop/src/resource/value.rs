//! Values of fields: from the text of an element to JSON.

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use serde_json::{Number, Value};

use super::field::Kind;
use super::unreadable::Fault;
use super::word::snake_case;

/// The value of a text that is not empty. `None` if it is a word that the contract does not list.
pub(super) fn scalar(kind: Kind, text: &str) -> Result<Option<Value>, Fault> {
    let trimmed = text.trim();
    let value = match kind {
        Kind::Decimal => is_decimal(trimmed).then(|| trimmed.into()).ok_or(Fault::Decimal)?,
        Kind::Number => number(trimmed).filter(|_| is_decimal(trimmed)).ok_or(Fault::Decimal)?,
        Kind::Flag => flag(trimmed).ok_or(Fault::Flag)?.into(),
        Kind::Date => is_date(trimmed).then(|| trimmed.into()).ok_or(Fault::Date)?,
        Kind::Time => is_time(trimmed).then(|| trimmed.into()).ok_or(Fault::Time)?,
        Kind::Word(words) => return Ok(Some(snake_case(trimmed)).filter(|word| words.contains(&word.as_str())).map(Value::from)),
        Kind::Mapped(pairs) => return Ok(pairs.iter().find(|(xml, _)| *xml == trimmed).map(|(_, json)| (*json).into())),
        Kind::Constant(_) | Kind::Text | Kind::Ref | Kind::Refs | Kind::Object(_) | Kind::List(_) => text.into(),
    };
    Ok(Some(value))
}

/// Whether it is a decimal number of qbXML: digits, with a sign before them and a fraction after them if need be.
pub(super) fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let are_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    are_digits(whole) && are_digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// A number of JSON. A whole one has no point: `5.00` is `5`.
fn number(text: &str) -> Option<Value> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    match whole.parse::<i64>() {
        Ok(whole) if fraction.bytes().all(|digit| digit == b'0') => Some(whole.into()),
        _ => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
    }
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn is_date(text: &str) -> bool {
    text.len() == "YYYY-MM-DD".len() && text.parse::<Date>().is_ok()
}

/// Whether it is a date with a time. QuickBooks adds the offset of the computer's time zone, which may be missing.
fn is_time(text: &str) -> bool {
    Pieces::parse(text).is_ok_and(|pieces| pieces.time().is_some())
}
