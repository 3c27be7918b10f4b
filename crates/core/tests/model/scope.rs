//! What one exploration covers: how many workers, what may go wrong, and which guard is taken away.

use std::time::Duration;

use counterfoil_core::model::connection::{DeathCause, LastFailure};
use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::settings::Settings;

use crate::provider::RotationPolicy;
use crate::times::{LEASE, RUN_TIME, Tick, seconds, stated};
use crate::worker::Run;

/// The guard that is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// None: the protocol as it is.
    Nothing,
    /// A lease is taken whatever lease there is.
    LeaseCondition,
    /// A lease that was seen to be over is taken also if somebody else has taken it over meanwhile.
    SeenCondition,
    /// The second look shows what the first one showed.
    SecondLook,
    /// A request is sent however little of the lease is left.
    TimeLeft,
    /// An attempt of unknown outcome need not rest.
    Rest,
    /// An attempt without an answer is called over.
    OpenIntent,
    /// Clocks are further apart than the rest allows for.
    Clocks,
    /// A grant is committed whatever epoch there is.
    CommitEpoch,
    /// A grant is committed also over one that is dead.
    CommitStatus,
    /// A lease is thought to be over because a late commit outdated it.
    OutdatedLease,
    /// A consent keeps the epoch.
    ConsentRaisesEpoch,
    /// A grant is marked dead whatever epoch there is.
    EndGrantEpoch,
    /// A grant is marked dead also if it is dead already.
    EndGrantStatus,
    /// Marking a grant dead raises the epoch.
    DeathKeepsEpoch,
    /// A parked grant is dropped where the grant is dead.
    Revive,
    /// A parked grant is revived whatever epoch there is.
    ReviveEpoch,
    /// Whether an attempt's outcome was unknown is forgotten.
    Doubt,
    /// A lease of one's own counts as never used though something was sent under it.
    UsedLease,
    /// A lease that was never used does not say whether the one that it replaced was of unknown outcome.
    UnusedDoubt,
}

/// How often each thing may go wrong, in one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// A worker vanishes.
    pub(crate) crashes: u8,
    /// An answer of the platform is lost, comes too late, or is a fault.
    pub(crate) bad_answers: u8,
    /// A write fails, before or after it was applied.
    pub(crate) store_faults: u8,
    /// The customer consents anew or withdraws at the platform, or the partner disconnects.
    pub(crate) interruptions: u8,
}

/// What one exploration covers.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// Why each worker refreshes; as many workers as reasons.
    pub(crate) reasons: Vec<Reason>,
    /// The sets of clocks that are explored: how much each worker's is off.
    pub(crate) drifts: Vec<Vec<i8>>,
    /// How often each worker may begin: a caller that is told to retry does.
    pub(crate) runs: u8,
    /// How long each worker's run may take.
    pub(crate) run_times: Vec<Tick>,
    /// For how many ticks in all each worker may stall in the midst of a run, its sends and commits apart.
    pub(crate) stalls: Vec<u8>,
    /// What may go wrong.
    pub(crate) faults: Left,
    /// How the platform treats refresh tokens.
    pub(crate) policy: RotationPolicy,
    /// What is taken away.
    pub(crate) broken: Broken,
}

/// Nothing goes wrong.
pub(crate) const NO_FAULTS: Left = Left { crashes: 0, bad_answers: 0, store_faults: 0, interruptions: 0 };

impl Scope {
    /// So many workers, two or three, with clocks as far apart as they may be, each to begin once and never to stall.
    pub(crate) fn new(workers: usize, policy: RotationPolicy, faults: Left) -> Self {
        let reasons = [Reason::Read { min_valid: Duration::from_secs(1) }, Reason::Forced, Reason::Due];
        Self {
            reasons: reasons[..workers].to_vec(),
            drifts: [[1, -1, 0], [-1, 1, 0]].map(|drifts| drifts[..workers].to_vec()).to_vec(),
            runs: 1,
            run_times: vec![RUN_TIME; workers],
            stalls: vec![0; workers],
            faults,
            policy,
            broken: Broken::Nothing,
        }
    }

    /// Taken away with it is a guard. Whoever believes in a longer lease must have the time for it.
    pub(crate) fn without(self, broken: Broken) -> Self {
        let more = if broken == Broken::TimeLeft { LEASE * 10 } else { 0 };
        Self { broken, run_times: self.run_times.iter().map(|time| time + more).collect(), ..self }
    }

    /// With every set of clocks that is off by a tick at most.
    pub(crate) fn with_every_drift(self) -> Self {
        let mut drifts = vec![Vec::new()];
        for _ in &self.reasons {
            drifts = drifts.iter().flat_map(|some| [-1, 0, 1].map(|drift| [some.as_slice(), &[drift]].concat())).collect();
        }
        Self { drifts, ..self }
    }
}

/// The settings of a worker, with what is taken away.
pub(crate) fn settings(broken: Broken) -> Settings {
    let stated = stated();
    match broken {
        Broken::Rest => Settings { rest: seconds(0), ..stated },
        // The worker believes that its lease is long; the table has it as it is.
        Broken::TimeLeft => Settings { lease: seconds(LEASE * 10), ..stated },
        _ => stated,
    }
}

/// A decision, with what is taken away.
pub(crate) fn weaken(broken: Broken, next: Next, run: &Run) -> Next {
    match (broken, next) {
        (Broken::Doubt, Next::EndGrant(_)) => Next::EndGrant(DeathCause::Revoked),
        (Broken::OpenIntent, Next::RecordFailure(last_failure)) if last_failure.settled_lease.is_none() => {
            let settled_lease = run.lease.as_ref().map(|lease| lease.id.clone());
            Next::RecordFailure(LastFailure { settled_lease, retry_at: last_failure.at, ..last_failure })
        }
        (_, next) => next,
    }
}
