//! How a platform serves its companies' [books](crate::books): what is its own, the visits of their lists, and the control routes.

pub(crate) mod control;
pub(crate) mod visit;

use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use crate::books::entry::Entry;
use crate::books::traffic::{Breach, Left};
use crate::books::{Entity, Profile};
use crate::oauth::Platform;

/// A platform that serves its companies' books.
pub(crate) trait Bookkeeper: Platform {
    /// `None` where there is no such company.
    fn profile(company: &str) -> Option<Profile>;

    /// Whether there are drafts of such records.
    fn has_drafts(entity: Entity) -> bool;

    /// What the platform calls a record.
    fn record_id(entry: &Entry<'_>) -> String;

    /// The answer to one request too many.
    fn limited(breach: &Breach, now: Timestamp) -> Response;

    /// A fault in an answer whose status is 200.
    fn fault_in_success(now: Timestamp) -> Response;

    /// What an answer's headers say of the limits.
    fn tell_limits(_: &mut HeaderMap, _: &Left) {}
}
