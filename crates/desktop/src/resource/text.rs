//! The texts that QuickBooks can have.

/// The longest id: QuickBooks's type `IDTYPE`.
pub(super) const ID_MOST: usize = 36;

/// Whether QuickBooks can have such an id.
pub(super) fn is_id(text: &str) -> bool {
    is_text(text, ID_MOST)
}

/// Whether a text has 1 to `most` characters, and no control characters.
pub(super) fn is_text(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
