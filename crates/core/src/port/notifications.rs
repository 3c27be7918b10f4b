//! The trait that reads a platform's notifications: requests in which it says that a company's books have changed.

use crate::model::sync::SyncKind;

/// The notifications of a platform to one app. They are not secret, and anybody can send a request that looks like one, so only the
/// signature counts.
pub trait Notifications: Send + Sync {
    /// The name of the header with the signature, in lower case.
    fn signature_header(&self) -> &'static str;

    /// Whether the platform signed this body, compared in constant time.
    fn is_signed(&self, body: &[u8], signature: &str) -> bool;

    /// The changes that a body names, of the kinds that an import reads. Entries of other types, and entries without a company, are
    /// left out. `None` if the body is no notification.
    fn read(&self, body: &[u8]) -> Option<Vec<Change>>;
}

/// A change of a company's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The platform's id of the company.
    pub company_id: String,
    /// The kind of run that imports the change.
    pub kind: SyncKind,
}
