//! Reading events.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::event::EventKind;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::webhook::notification::Notification;
use crate::port::store::StoreError;

/// Stored events. They are written with the changes that they report. An event appears when its transaction is stored, at most some
/// seconds after the time in its id. An expired event may be listed for some days.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// One event, strongly consistent.
    async fn event(&self, partner: &PartnerId, id: &str) -> Result<Option<Notification>, StoreError>;

    /// At most `most` events of a partner with ids above `after` and below `before`, the oldest first. Both bounds are ids or
    /// [marks](crate::model::event::Event::mark). The list may lag by moments.
    async fn events_between(
        &self,
        partner: &PartnerId,
        after: &str,
        before: &str,
        most: u32,
    ) -> Result<EventsBetween, StoreError>;

    /// A page of a partner's events, the newest first, strongly consistent.
    async fn events(&self, partner: &PartnerId, query: &EventQuery<'_>) -> Result<EventPage, StoreError>;
}

/// The first events of a range.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsBetween {
    /// Those that this version can read.
    pub events: Vec<Notification>,
    /// The ids of the others.
    pub unread: Vec<String>,
}

impl EventsBetween {
    /// The id of the last one.
    pub fn last(&self) -> Option<&str> {
        self.events.last().map(Notification::id).max(self.unread.last().map(String::as_str))
    }
}

/// Which events are listed.
#[derive(Debug, Clone, Default)]
pub struct EventQuery<'a> {
    /// Only events of this kind.
    pub kind: Option<EventKind>,
    /// Only events of this connection.
    pub company_key: Option<&'a CompanyKey>,
    /// Only events from this time on.
    pub since: Option<Timestamp>,
    /// Only events before this time.
    pub until: Option<Timestamp>,
    /// Only events with ids below this one.
    pub before: Option<&'a str>,
    /// The largest number of events.
    pub most: u32,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Notification>,
    /// The id down to which the list was read, if there may be more.
    pub read_to: Option<String>,
}
