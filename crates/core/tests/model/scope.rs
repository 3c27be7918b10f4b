//! The scope of an exploration: the workers, the faults, and the removed guard.

use std::time::Duration;

use counterfoil_core::model::connection::{DeathCause, LastFailure};
use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::settings::Settings;

use crate::provider::RotationPolicy;
use crate::times::{LEASE, RUN_TIME, Tick, seconds, stated};
use crate::worker::Run;

/// The removed guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// None: the protocol as it is.
    Nothing,
    /// A lease is taken whatever lease there is.
    LeaseCondition,
    /// An expired lease is replaced even if another worker has replaced it meanwhile.
    SeenCondition,
    /// The second look returns the result of the first.
    SecondLook,
    /// A request is sent however little of the lease remains.
    TimeLeft,
    /// After an unknown outcome the token does not rest.
    Rest,
    /// An attempt without an answer counts as ended.
    OpenIntent,
    /// The clocks differ by more than the rest allows.
    Clocks,
    /// A grant is committed whatever the epoch is.
    CommitEpoch,
    /// A grant is committed even over a dead one.
    CommitStatus,
    /// A lease counts as ended because a late commit outdated it.
    OutdatedLease,
    /// A consent does not raise the epoch.
    ConsentRaisesEpoch,
    /// A grant is marked dead whatever the epoch is.
    EndGrantEpoch,
    /// A grant is marked dead even if it is dead already.
    EndGrantStatus,
    /// Marking a grant dead raises the epoch.
    DeathKeepsEpoch,
    /// A parked grant is dropped if the grant is dead.
    Revive,
    /// A parked grant revives any epoch.
    ReviveEpoch,
    /// The unknown outcome of an attempt is forgotten.
    Doubt,
    /// A worker's own lease counts as unused although something was sent under it.
    UsedLease,
    /// An unused lease does not keep the unknown outcome of the one that it replaced.
    UnusedDoubt,
}

/// How often each fault may happen in one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// A worker crashes.
    pub(crate) crashes: u8,
    /// An answer of the platform is lost, late, or a fault.
    pub(crate) bad_answers: u8,
    /// A write fails, before or after it was applied.
    pub(crate) store_faults: u8,
    /// The customer consents again or withdraws at the platform, or the partner disconnects.
    pub(crate) interruptions: u8,
}

/// The scope of one exploration.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    /// The reason of each worker. There are as many workers as reasons.
    pub(crate) reasons: Vec<Reason>,
    /// The sets of clocks to explore: each worker's deviation.
    pub(crate) drifts: Vec<Vec<i8>>,
    /// The number of runs that each worker may start, like a caller that retries.
    pub(crate) runs: u8,
    /// The longest time of each worker's run.
    pub(crate) run_times: Vec<Tick>,
    /// The number of ticks that each worker may stall during a run, except for its sends and commits.
    pub(crate) stalls: Vec<u8>,
    /// The faults.
    pub(crate) faults: Left,
    /// How the platform treats refresh tokens.
    pub(crate) policy: RotationPolicy,
    /// The removed guard.
    pub(crate) broken: Broken,
}

/// No faults.
pub(crate) const NO_FAULTS: Left = Left { crashes: 0, bad_answers: 0, store_faults: 0, interruptions: 0 };

impl Scope {
    /// Two or three workers with clocks that differ as much as allowed. Each starts once and never stalls.
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

    /// Removes a guard. A worker that believes in a longer lease gets the time for it.
    pub(crate) fn without(self, broken: Broken) -> Self {
        let more = if broken == Broken::TimeLeft { LEASE * 10 } else { 0 };
        Self { broken, run_times: self.run_times.iter().map(|time| time + more).collect(), ..self }
    }

    /// All sets of clocks that deviate by at most a tick.
    pub(crate) fn with_every_drift(self) -> Self {
        let mut drifts = vec![Vec::new()];
        for _ in &self.reasons {
            drifts = drifts.iter().flat_map(|some| [-1, 0, 1].map(|drift| [some.as_slice(), &[drift]].concat())).collect();
        }
        Self { drifts, ..self }
    }
}

/// A worker's settings without the removed guard.
pub(crate) fn settings(broken: Broken) -> Settings {
    let stated = stated();
    match broken {
        Broken::Rest => Settings { rest: seconds(0), ..stated },
        // The worker believes that its lease is longer than the one in the table.
        Broken::TimeLeft => Settings { lease: seconds(LEASE * 10), ..stated },
        _ => stated,
    }
}

/// A decision without the removed guard.
pub(crate) fn weaken(broken: Broken, next: Next, run: &Run) -> Next {
    match (broken, next) {
        (Broken::Doubt, Next::EndGrant(_)) => Next::EndGrant(DeathCause::Revoked),
        (Broken::OpenIntent, Next::RecordFailure(last_failure)) if last_failure.ended_lease.is_none() => {
            let ended_lease = run.lease.as_ref().map(|lease| lease.id.clone());
            Next::RecordFailure(LastFailure { ended_lease, retry_at: last_failure.at, ..last_failure })
        }
        (_, next) => next,
    }
}
