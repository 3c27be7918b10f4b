//! A worker: the step function, and its state between two steps.

use std::time::Duration;

use counterfoil_core::model::lease::LeaseId;
use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Observation;
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::service::vault::refresh::step::Refresh;

use crate::provider::Grant;
use crate::table::Commit;
use crate::times::Tick;

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    /// It may start this number of further runs, and remembers its unused leases.
    Idle { runs: u8, unused: Vec<LeaseId> },
    /// It is refreshing.
    Running(Box<Run>),
    /// It has crashed.
    Gone,
}

/// A refresh of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) machine: Refresh,
    pub(crate) reason: Reason,
    pub(crate) stage: Stage,
    pub(crate) began: Tick,
    /// The epoch and the grant of the last look.
    pub(crate) looked: Option<(u64, Grant)>,
    pub(crate) lease: Option<Leased>,
    /// It has sent something.
    pub(crate) has_sent: bool,
    pub(crate) commit: Option<Commit>,
    /// The number of ticks that it may still stall.
    pub(crate) stalls: u8,
    /// The time by which it must have continued.
    pub(crate) must_by: Option<Tick>,
    /// The number of runs that it may start after this.
    pub(crate) runs: u8,
}

/// A run's lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Leased {
    pub(crate) id: LeaseId,
    /// The time at which it decided to take the lease.
    pub(crate) since: Tick,
    /// The table's epoch when the lease was stored.
    pub(crate) table_epoch: u64,
}

/// The stage of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// It has decided on an action and not executed it.
    Doing { next: Next, since: Tick },
    /// The action is executed, and its answer is on the way.
    Answered(Observation),
    /// It has sent its token request and waits until `until`.
    AtPlatform { sent: Tick, until: Duration },
    /// It pauses.
    Asleep { until: Duration },
}

impl Run {
    /// Whether the run is storing a fresh grant, which has its own budget.
    pub(crate) fn is_committing(&self) -> bool {
        self.commit.is_some()
    }
}
