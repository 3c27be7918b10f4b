//! What the OAuth part and the books both need of Xero's API.

/// The header of an answer that names it to the platform's support.
pub(super) const TRACE: &str = "xero-correlation-id";
