//! How many objects a query asks for. The Web Connector brings a page in one SOAP body, and a body that the gateway refuses is lost.

/// The `MaxReturned` after a page did not arrive, which may be because it was too large. `None` if no page can be smaller.
pub fn smaller_page(asked: u32) -> Option<u32> {
    (asked > 1).then_some(asked / 2)
}
