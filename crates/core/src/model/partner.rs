//! A partner: the business that runs an app. API keys, links and connections belong to it.

use jiff::Timestamp;

use crate::model::name::PartnerId;

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// A name for people.
    pub name: String,
    /// The addresses that a browser may be redirected to after a consent, compared byte for byte (O-10). At most 20.
    pub redirect_uris: Vec<String>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Partner {
    /// The largest number of redirect URIs of a partner.
    pub(crate) const REDIRECT_URIS_MOST: usize = 20;

    /// Whether a browser may be redirected to this address.
    pub(crate) fn allows(&self, redirect_uri: &str) -> bool {
        self.redirect_uris.iter().any(|allowed| allowed == redirect_uri)
    }
}
