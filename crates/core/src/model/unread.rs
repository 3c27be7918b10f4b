//! A token answer that could not be read. It may have the only copy of a grant, so it is stored, sealed, for an operator.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::model::secret::{Fingerprint, Secret};

/// The largest part of an answer that is kept, in bytes. Tokens are at its beginning.
const KEPT_MOST: usize = 64 * 1024;

/// The text of a token answer in which no token could be read, or not all of them.
#[derive(Clone)]
pub struct UnreadAnswer(Secret);

impl UnreadAnswer {
    /// Keeps the first 64 KiB of the text.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.truncate(text.floor_char_boundary(KEPT_MOST));
        Self(Secret::new(text))
    }

    /// The text.
    pub(crate) fn text(&self) -> &Secret {
        &self.0
    }

    /// The SHA-256 of the text.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint()
    }
}

/// Shows the length and nothing of the text.
impl fmt::Debug for UnreadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnreadAnswer({} bytes)", self.0.expose().len())
    }
}

impl PartialEq for UnreadAnswer {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint().matches(&other.fingerprint())
    }
}

impl Eq for UnreadAnswer {}

impl Hash for UnreadAnswer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_an_unread_answer_shows_only_its_length() {
        assert_eq!(format!("{:?}", UnreadAnswer::new("canary")), "UnreadAnswer(6 bytes)");
    }
}
