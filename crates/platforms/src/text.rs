//! Decodes the bytes of an answer to text: compressed bodies that nobody asked for, UTF-16, and byte order marks.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// Decompresses a body, up to `most` bytes. If the body is cut off, it returns the part before that.
pub(crate) fn unpacked(body: Vec<u8>, says_deflate: bool, most: usize) -> Vec<u8> {
    match body.as_slice() {
        [0x1f, 0x8b, ..] => read(GzDecoder::new(body.as_slice()), most),
        // RFC 1950: the method is 8 and the two bytes are a multiple of 31. No text of JSON begins so.
        [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0 => {
            read(ZlibDecoder::new(body.as_slice()), most)
        }
        _ if says_deflate => {
            let unpacked = read(DeflateDecoder::new(body.as_slice()), most);
            if unpacked.is_empty() { body } else { unpacked }
        }
        _ => body,
    }
}

fn read(decoder: impl Read, most: usize) -> Vec<u8> {
    let mut unpacked = Vec::new();
    // The part that was read before an error is kept.
    let _ = decoder.take(most as u64).read_to_end(&mut unpacked);
    unpacked
}

/// The text of a body, without a copy if the body is UTF-8. Invalid characters are replaced; tokens are ASCII, so they are not affected.
pub(crate) fn decoded(mut body: Vec<u8>) -> String {
    match body.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            body.drain(..3);
            utf8(body)
        }
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // The first character of JSON is ASCII.
        [0, second, ..] if *second != 0 => utf16(&body, u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => utf16(&body, u16::from_le_bytes),
        _ => utf8(body),
    }
}

/// Replaces control characters by blanks. In JSON they may stand only between values, where they mean the same. Otherwise one raw line
/// break within a text would make the whole page unreadable.
pub(crate) fn without_controls(text: String) -> String {
    let mut bytes = text.into_bytes();
    bytes.iter_mut().filter(|byte| **byte < b' ').for_each(|byte| *byte = b' ');
    String::from_utf8(bytes).unwrap_or_default()
}

fn utf8(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
