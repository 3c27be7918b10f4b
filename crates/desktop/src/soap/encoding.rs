//! Which characters the bytes of a request are.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The bytes at the beginning of a document that can contain its XML declaration.
const DECLARATION_MOST: usize = 256;

/// The characters of a request: by its byte order mark, else as UTF-16 if its first character is, else by the charset of its content type,
/// else by its XML declaration, else as UTF-8. Bytes that are no character become U+FFFD, and a charset that is neither windows-1252 nor
/// ISO-8859-1 nor ASCII counts as UTF-8. Where a declaration says UTF-16 but is ASCII itself, as .NET writes into strings, it is UTF-8.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return decoded(encoding, bytes.get(length..).unwrap_or_default());
    }
    let encoding = match bytes {
        [b'<', 0, ..] => UTF_16LE,
        [0, b'<', ..] => UTF_16BE,
        _ => {
            let charset = content_type.and_then(|value| parameter(value, "charset")).or_else(|| declared(bytes));
            charset.map_or(UTF_8, named)
        }
    };
    decoded(encoding, bytes)
}

fn decoded<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// Only these, so that the tables of other encodings are not deployed. ISO-8859-1 is read as windows-1252, which contains it.
fn named(charset: &str) -> &'static Encoding {
    let is_western =
        ["windows-1252", "cp1252", "iso-8859-1", "latin1", "us-ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    if is_western { WINDOWS_1252 } else { UTF_8 }
}

/// The value of a parameter of a content type.
fn parameter<'a>(content_type: &'a str, name: &str) -> Option<&'a str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// The encoding of an XML declaration in ASCII.
fn declared(bytes: &[u8]) -> Option<&str> {
    let start = bytes.get(..DECLARATION_MOST).unwrap_or(bytes);
    let end = start.windows(2).position(|pair| pair == b"?>")?;
    let declaration = str::from_utf8(start.get(..end)?).ok()?.strip_prefix("<?xml")?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.split(quote).nth(1)
}
