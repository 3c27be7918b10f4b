//! The trait that reads a QuickBooks company file, page by page. A page is one qbXML document, which the Web Connector carries to
//! QuickBooks. Implemented by the crate `desktop`.

use crate::model::desktop::job::JobFailure;
use crate::model::record::EntityType;
use crate::model::secret::{Fingerprint, Secret};
use crate::model::sync::{Cursor, ReadOptions, SyncKind};
use crate::port::accounting::{Page, ReadFailure};

/// The books in a company file. The counterpart of [`Accounting`](crate::port::accounting::Accounting) for a platform that cannot be
/// called.
pub trait CompanyFileBooks: Send + Sync {
    /// As [`Accounting::entity_types`](crate::port::accounting::Accounting::entity_types).
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType];

    /// The cursor of a run's first page.
    fn first(&self, options: &ReadOptions) -> Cursor;

    /// The request for the page at a cursor.
    ///
    /// # Errors
    /// `Rejected` if the cursor cannot be read.
    fn request(&self, options: &ReadOptions, cursor: &Cursor) -> Result<PageDocument, ReadFailure>;

    /// The page in the answer to that request.
    ///
    /// # Errors
    /// [`ReadFailure`] says what the answer means for the run.
    fn page(&self, options: &ReadOptions, cursor: &Cursor, answer: PageAnswer<'_>) -> Result<Page, ReadFailure>;

    /// An empty page that leads back to the beginning of the list at a cursor, in smaller pages: QuickBooks has no iterator for the cursor
    /// any more, did not answer in time, or its answers are lost. The run counts a record once that two of its pages have.
    ///
    /// # Errors
    /// `Unavailable` if the list was begun too often.
    fn begin_again(&self, cursor: &Cursor) -> Result<Page, ReadFailure>;

    /// What the failure of a request means for a run.
    fn meaning(&self, failure: &JobFailure) -> ReadFailure;
}

/// A request for a page.
pub struct PageDocument {
    /// The qbXML document.
    pub document: Secret,
    /// The session of the Web Connector that has the iterator of the page, by the hash of its ticket. `None` for the first page of a list.
    pub session: Option<Fingerprint>,
}

/// The answer to a request for a page.
#[derive(Clone, Copy)]
pub struct PageAnswer<'a> {
    /// The qbXML document.
    pub document: &'a Secret,
    /// The session that brought it, by the hash of its ticket.
    pub session: &'a Fingerprint,
}
