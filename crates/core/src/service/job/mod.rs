//! A request for a company file, as a job that the Web Connector of its end user fetches.

pub mod answer;
pub mod ask;
pub(crate) mod finish;

use std::time::Duration;

use crate::model::desktop::end_user::EndUserName;

/// The pause between two looks for a job, or for its end.
pub const POLL: Duration = Duration::from_millis(250);
/// The purpose of the sealed request of a job.
pub(crate) const REQUEST: &str = "request";

/// The owner of what is sealed for an end user.
pub fn sealing_owner(end_user: &EndUserName) -> String {
    format!("desktop {}/{}", end_user.partner, end_user.id)
}
