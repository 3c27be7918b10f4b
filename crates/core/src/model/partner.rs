//! A partner: the app that uses this installation and owns everything in it.

use jiff::Timestamp;

use crate::model::name::PartnerId;

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its id, part of every key of what it owns.
    pub id: PartnerId,
    /// For people.
    pub name: String,
    /// Where a browser may be sent after a consent; compared exactly, byte for byte (O-10). At most 20.
    pub redirect_uris: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Partner {
    /// How many redirect URIs a partner may have.
    pub const REDIRECT_URIS_MOST: usize = 20;

    /// Whether a browser may be sent there.
    pub fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|allowed| allowed == redirect_uri)
    }
}
