//! One worker: the step function and where it is between two of its steps.

use std::time::Duration;

use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::service::vault::refresh::step::Refresh;
use counterfoil_core::service::vault::refresh::step::Saw;

use crate::provider::Grant;
use crate::table::Commit;
use crate::times::Tick;

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    /// It may begin so many more times, and remembers its leases that were never used.
    Idle { runs: u8, unused: Vec<String> },
    /// It is at it.
    Running(Box<Run>),
    /// It has vanished.
    Gone,
}

/// One refresh, run by a worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) machine: Refresh,
    pub(crate) reason: Reason,
    pub(crate) stage: Stage,
    pub(crate) began: Tick,
    /// The connection as it was last looked at: its epoch and its grant.
    pub(crate) looked: Option<(u64, Grant)>,
    pub(crate) lease: Option<Leased>,
    /// It has sent something.
    pub(crate) has_sent: bool,
    pub(crate) commit: Option<Commit>,
    /// For how many more ticks it may stall.
    pub(crate) stalls: u8,
    /// When it must have moved on, by the stated times.
    pub(crate) must_by: Option<Tick>,
    /// How often it may begin after this.
    pub(crate) runs: u8,
}

/// A run's lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Leased {
    pub(crate) id: String,
    /// When taking it was decided.
    pub(crate) since: Tick,
    /// The epoch that the table had when it was stored.
    pub(crate) table_epoch: u64,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// It has decided what to do and not done it.
    Doing { next: Next, since: Tick },
    /// It is done, and the answer is on its way.
    Answered(Saw),
    /// Its token request is sent, and it listens until then.
    AtPlatform { sent: Tick, until: Duration },
    /// It pauses.
    Asleep { until: Duration },
}

impl Run {
    /// Whether the run is storing a fresh grant, for which it has a budget of its own.
    pub(crate) fn is_committing(&self) -> bool {
        self.commit.is_some()
    }
}
