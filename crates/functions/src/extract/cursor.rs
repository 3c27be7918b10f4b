//! Cursors: the last entry of a page, after a checksum of the list and the partner. A damaged cursor is an error.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::Error;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;

/// The longest cursor that is accepted, in characters.
pub(crate) const LONGEST: usize = 200;

/// The cursor after an entry of a list.
pub(crate) fn write(list: &str, partner: &PartnerId, entry: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{entry}", check(list, partner, entry)))
}

/// The entry that a cursor names.
pub(crate) fn read(list: &str, partner: &PartnerId, cursor: &str) -> Result<String, Error> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(damaged)?;
    let (found, entry) = text.split_at_checked(CHECK_LENGTH).ok_or_else(damaged)?;
    if check(list, partner, entry) == found { Ok(entry.to_owned()) } else { Err(damaged()) }
}

/// The error for a damaged cursor.
pub(crate) fn damaged() -> Error {
    Error::invalid(
        "invalid_cursor",
        "The cursor is damaged or belongs to another list. Send the cursor unchanged, or start without one.",
    )
}

const CHECK_LENGTH: usize = 8;

fn check(list: &str, partner: &PartnerId, entry: &str) -> String {
    Fingerprint::of(&format!("cursor {list} {partner} {entry}")).as_str()[..CHECK_LENGTH].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a10_a_cursor_is_read_back_and_a_damaged_one_is_refused() {
        let partner = PartnerId::default_partner();
        let cursor = write("connections", &partner, "beach-blend");
        assert_eq!(read("connections", &partner, &cursor), Ok("beach-blend".to_owned()));
        assert!(read("connections", &PartnerId::parse("other").expect("an id"), &cursor).is_err());
        assert!(read("links", &partner, &cursor).is_err());
        for place in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(bytes).expect("text");
            assert!(read("connections", &partner, &damaged).is_err(), "{damaged}");
            assert!(read("connections", &partner, &cursor[..place]).is_err());
        }
    }
}
