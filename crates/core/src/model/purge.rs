//! Purges: the removal of a disconnected connection's records, runs, audit rows and events.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::time::later;

/// A purge of a disconnected connection. It covers the rows of grants up to an epoch; rows of a later grant stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// The connection.
    pub connection: ConnectionId,
    /// The epoch that the disconnect set.
    pub epoch: u64,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// The time of the last change of a record that it covers; `None` if there were no records.
    pub last_change: Option<Timestamp>,
    /// The part that is being removed.
    pub part: Part,
    /// The position in that part; `None` at its beginning.
    pub after: Option<String>,
    /// The number of removed items, without those of a step whose process died.
    pub removed: u64,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
}

/// The parts of a purge, in the order of their removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Part {
    /// Records and the order of their changes.
    Records,
    /// Audit rows.
    History,
    /// Events.
    Events,
    /// Runs of imports.
    Runs,
}

impl Part {
    /// The first part.
    pub const FIRST: Self = Self::Records;

    /// The part after this one.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Records => Some(Self::History),
            Self::History => Some(Self::Events),
            Self::Events => Some(Self::Runs),
            Self::Runs => None,
        }
    }
}

/// The time from the request to the read of the list of runs. The index may lag by moments.
const LIST_LAG: Duration = Duration::from_secs(30);

impl Purge {
    /// The earliest time at which the current part may be removed.
    pub(crate) fn ready_at(&self) -> Timestamp {
        match self.part {
            Part::Runs => later(self.requested_at, LIST_LAG),
            Part::Records | Part::History | Part::Events => self.requested_at,
        }
    }
}
