//! How many objects a query asks for. The Web Connector brings a page in one SOAP body, and a body that the front door refuses is lost.

/// The largest SOAP body in bytes that a page may lead to. A function receives at most 6 MB, and base64 takes a third of them.
pub const BODY_MOST: usize = 4_000_000;

/// The `MaxReturned` of the next page, after a page of `returned` objects came in a body of `body_bytes`: `asked`, halved until such a page
/// fits into [`BODY_MOST`], and at least 1.
pub fn next_page(asked: u32, returned: usize, body_bytes: usize) -> u32 {
    let each = body_bytes.div_ceil(returned.max(1));
    let mut next = asked.max(1);
    while next > 1 && each.saturating_mul(next as usize) > BODY_MOST {
        next /= 2;
    }
    next
}

/// The `MaxReturned` after a page did not arrive, which may be because it was too large. `None` if no page can be smaller.
pub fn smaller_page(asked: u32) -> Option<u32> {
    (asked > 1).then_some(asked / 2)
}
