//! How many objects a query asks for. The Web Connector brings a page in one SOAP body, and a body that the gateway refuses is lost.

/// The largest SOAP body that is aimed at, in bytes. A request to a function has 6 MB at most, with what the gateway adds to a body.
pub const BODY_MOST: usize = 4_000_000;

/// The `MaxReturned` after a page did not arrive, which may be because it was too large. `None` if no page can be smaller.
pub fn smaller_page(asked: u32) -> Option<u32> {
    (asked > 1).then_some(asked / 2)
}

/// The largest page, up to `asked`, that fits into [`BODY_MOST`] if its objects are as large as those of a page before: `objects` of them in
/// a document. At least one object.
pub fn fitting_page(asked: u32, document: &str, objects: usize) -> u32 {
    let fitting = BODY_MOST.saturating_mul(objects) / escaped_length(document).max(1);
    if objects == 0 { asked } else { asked.min(u32::try_from(fitting).unwrap_or(u32::MAX)).max(1) }
}

/// The length of a document in a SOAP body, which is escaped there, in bytes. Programs that leave quotes as they are send a shorter one.
pub fn escaped_length(document: &str) -> usize {
    let extra = |byte| match byte {
        b'<' | b'>' => 3,
        b'&' => 4,
        b'"' | b'\'' => 5,
        _ => 0,
    };
    document.len() + document.bytes().map(extra).sum::<usize>()
}
