//! Serves the [books](crate::books) of a platform's companies: the platform's own part, the requests for lists, and the control routes.

pub(crate) mod control;
pub(crate) mod notify;
pub(crate) mod visit;

use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;

use crate::books::entry::Entry;
use crate::books::traffic::{Breach, Left};
use crate::books::{Entity, Profile};
use crate::oauth::StandInPlatform;
use notify::Notification;

/// A platform that serves its companies' books.
pub(crate) trait Bookkeeper: StandInPlatform {
    /// The profile of a company; `None` if there is no such company.
    fn profile(company: &str) -> Option<Profile>;

    /// Whether the platform has drafts of such records.
    fn has_drafts(entity: Entity) -> bool;

    /// The platform's id of a record.
    fn record_id(entry: &Entry<'_>) -> String;

    /// The platform's answer to a request beyond a limit.
    fn limited(breach: &Breach, now: Timestamp) -> Response;

    /// An error in an answer whose status is 200.
    fn fault_in_success(now: Timestamp) -> Response;

    /// The notification that records of an entity changed; `None` if there is no such company, or none is sent of them.
    fn notification(_company: &str, _: Entity, _now: Timestamp) -> Option<Notification> {
        None
    }

    /// Adds the headers with the remaining requests.
    fn tell_limits(_: &mut HeaderMap, _: &Left) {}
}
