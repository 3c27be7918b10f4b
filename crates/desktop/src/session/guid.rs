//! GUIDs as QuickBooks writes them.

use std::fmt;

/// The numbers of hexadecimal digits between the hyphens.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// A GUID. QuickBooks writes it in upper case and braces, and compares it without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Guid(String);

impl Guid {
    /// Reads a GUID in any case, with or without braces.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'))?;
        let mut groups = digits.split('-');
        let are_valid = GROUPS.iter().all(|length| {
            groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|digit| digit.is_ascii_hexdigit()))
        });
        (are_valid && groups.next().is_none()).then(|| Self(digits.to_ascii_uppercase()))
    }
}

/// In upper case and braces.
impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{{{}}}", self.0)
    }
}
