//! Numeric references to characters that XML does not have. Programs write such references, and no reader of XML accepts them.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::write::is_permitted;

const BEGIN: &str = "&#";
const CDATA: &str = "<![CDATA[";
const CDATA_END: &str = "]]>";
/// The first halves of characters in UTF-16.
const FIRST_HALF: RangeInclusive<u32> = 0xD800..=0xDBFF;

/// The document with U+FFFD in place of each reference to a character that XML 1.0 forbids (section 2.2), and with the character itself in
/// place of a reference to each of its halves in UTF-16. It is not longer than before. What is no reference at all stays as it is.
pub(super) fn replaced(xml: &str) -> Cow<'_, str> {
    if !xml.contains(BEGIN) {
        return Cow::Borrowed(xml);
    }
    let mut replaced = String::with_capacity(xml.len());
    for (index, part) in xml.split(CDATA).enumerate() {
        // A CDATA section has no references.
        let (literal, rest) = if index == 0 { ("", part) } else { part.split_at(part.find(CDATA_END).unwrap_or(part.len())) };
        if index > 0 {
            replaced.push_str(CDATA);
        }
        replaced.push_str(literal);
        add(rest, &mut replaced);
    }
    Cow::Owned(replaced)
}

fn add(mut rest: &str, replaced: &mut String) {
    while let Some(at) = rest.find(BEGIN) {
        let (before, found) = rest.split_at(at);
        replaced.push_str(before);
        let (number, length) = number(found).unwrap_or((u32::from('&'), BEGIN.len()));
        let (reference, behind) = found.split_at(length);
        rest = behind;
        if char::from_u32(number).is_some_and(is_permitted) {
            replaced.push_str(reference);
        } else if let Some((character, behind)) = joined(number, behind) {
            replaced.push(character);
            rest = behind;
        } else {
            replaced.push(char::REPLACEMENT_CHARACTER);
        }
    }
    replaced.push_str(rest);
}

/// The number of the reference at the beginning of a text, and the length of the reference. A number that is too large is the largest one.
fn number(text: &str) -> Option<(u32, usize)> {
    let text = text.strip_prefix(BEGIN)?;
    let (digits, behind) = text.split_at(text.find(|character: char| !character.is_ascii_alphanumeric())?);
    let length = BEGIN.len() + digits.len() + 1;
    let (digits, radix) = digits.strip_prefix('x').map_or((digits, 10), |digits| (digits, 16));
    let is_number = behind.starts_with(';') && !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    is_number.then(|| (u32::from_str_radix(digits, radix).unwrap_or(u32::MAX), length))
}

/// The character of a first half and of the second half at the beginning of a text, and what follows.
fn joined(first: u32, text: &str) -> Option<(char, &str)> {
    let (second, length) = if FIRST_HALF.contains(&first) { number(text)? } else { return None };
    let [first, second] = [first, second].map(|half| u16::try_from(half).unwrap_or_default());
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, text.get(length..)?))
}
