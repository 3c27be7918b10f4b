//! The model of one connection with its workers, table and platform, and the effect of each step.

mod answers;

use counterfoil_core::model::connection::GrantState;
use counterfoil_core::model::lease::{Lease, LeaseId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::time::later;
use counterfoil_core::port::platform::TokenLimits;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::vault::Taken;
use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Now;
use counterfoil_core::service::vault::refresh::step::Observation;
use counterfoil_core::service::vault::refresh::step::Refresh;
use counterfoil_core::service::vault::refresh::step::View;

use crate::actions::{Action, Heard, StoreFault};
use crate::invariants::Flaws;
use crate::parking::Parking;
use crate::provider::Provider;
use crate::scope::{Broken, Left, Scope, settings};
use crate::table::{End, Table};
use crate::times::{LEASE, Tick, seconds, seen_at, time_of_day};
use crate::worker::{Leased, Run, Stage, Worker};

const LIMITS: TokenLimits = TokenLimits { resends_most: 1, quota: None };

/// A state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Tick,
    /// The deviation of each worker's clock.
    drifts: Vec<i8>,
    pub(crate) table: Table,
    pub(crate) provider: Provider,
    pub(crate) parking: Parking,
    /// A late write of a lease, and the lease that it would replace.
    pub(crate) late_lease: Option<(Lease, Option<LeaseId>)>,
    pub(crate) workers: Vec<Worker>,
    /// An answer arrived after the platform's time-out.
    was_late: bool,
    pub(crate) left: Left,
    pub(crate) flaws: Flaws,
}

impl World {
    pub(crate) fn new(scope: &Scope, drifts: &[i8]) -> Self {
        let (provider, grant) = Provider::new();
        Self {
            now: 0,
            drifts: drifts.to_vec(),
            // Expired for every clock.
            table: Table::new(grant, time_of_day(-10)),
            provider,
            parking: Parking::default(),
            late_lease: None,
            workers: vec![Worker::Idle { runs: scope.runs, unused: Vec::new() }; scope.reasons.len()],
            was_late: false,
            left: scope.faults,
            flaws: Flaws::new(),
        }
    }

    pub(crate) fn run(&self, worker: usize) -> Option<&Run> {
        if let Worker::Running(run) = &self.workers[worker] { Some(run) } else { None }
    }

    /// Whether the platform has still to process a worker's request.
    pub(crate) fn is_at_platform(&self, worker: usize) -> bool {
        self.provider.in_flight.iter().any(|request| request.caller == Some(worker))
    }

    pub(crate) fn take(&mut self, scope: &Scope, action: Action) {
        match action {
            Action::Tick => self.tick(),
            Action::Begin(worker) => self.begin(scope, worker),
            Action::Do { worker, fault, heard } => self.act(scope, worker, fault, heard),
            Action::GoOn(worker) => self.go_on(scope, worker),
            Action::TimeOut(worker) => self.time_out(scope, worker),
            Action::Crash(worker) => {
                self.left.crashes -= 1;
                self.provider.abandon(worker);
                self.workers[worker] = Worker::Gone;
            }
            Action::Answer { request, answer, heard } => self.answer(scope, request, answer, heard),
            Action::Vanish { request } => {
                self.provider.in_flight.remove(request);
            }
            Action::LateLease => {
                if let Some((lease, seen)) = self.late_lease.take() {
                    self.table.take_lease(lease, seen.as_ref(), scope.broken);
                }
            }
            Action::Unpark => self.parking.step(&mut self.table, scope.broken, &mut self.flaws),
            Action::Consent => {
                self.left.interruptions -= 1;
                let grant = self.provider.consent();
                self.table.consent(grant, scope.broken);
            }
            Action::Disconnect => {
                self.left.interruptions -= 1;
                self.table.disconnect();
            }
            Action::Withdraw => {
                self.left.interruptions -= 1;
                self.provider.withdraw();
            }
        }
    }

    fn tick(&mut self) {
        let now = self.now;
        for worker in &mut self.workers {
            let Worker::Running(run) = worker else { continue };
            let is_idle = match run.stage {
                Stage::AtPlatform { .. } => false,
                Stage::Asleep { until } => seconds(now) >= until,
                Stage::Doing { .. } | Stage::Answered(_) => true,
            };
            if is_idle && run.must_by.is_none() {
                run.stalls -= 1;
                self.was_late |= run.stage == Stage::Answered(Observation::Granted);
            }
        }
        self.now += 1;
    }

    fn begin(&mut self, scope: &Scope, worker: usize) {
        let Worker::Idle { runs, unused } = self.workers[worker].clone() else { return };
        let reason = scope.reasons[worker];
        let ends_at = seconds(self.now + scope.run_times[worker]);
        let run = Run {
            machine: Refresh::new(reason, settings(scope.broken), self.seen_by(worker), ends_at, unused),
            reason,
            stage: Stage::Answered(Observation::Begin),
            began: self.now,
            looked: None,
            lease: None,
            has_sent: false,
            commit: None,
            stalls: scope.stalls[worker],
            must_by: None,
            runs: runs - 1,
        };
        self.workers[worker] = Worker::Running(Box::new(run));
        self.go_on(scope, worker);
    }

    fn seen_by(&self, worker: usize) -> Now {
        seen_at(self.now, self.drifts[worker])
    }

    /// Executes a worker's decision.
    fn act(&mut self, scope: &Scope, worker: usize, fault: Option<StoreFault>, heard: Heard) {
        let Worker::Running(run) = &mut self.workers[worker] else { return };
        let mut run = run.clone();
        let Stage::Doing { next, since } = run.stage.clone() else { return };
        self.left.store_faults -= u8::from(fault.is_some());
        let lease = match &next {
            Next::TakeLease { epoch, seen, doubtful } => {
                Some((self.lease(worker, run.runs, since, (*epoch, *doubtful)), seen.clone()))
            }
            _ => None,
        };
        let is_applied = matches!(fault, None | Some(StoreFault::AnswerLost));
        let observed = if is_applied { self.apply(scope, worker, &mut run, &next, since) } else { Observation::StoreFailed };
        let observed = match (fault, &lease) {
            (None, _) => observed,
            (Some(_), Some((lease, _))) => Observation::LeaseUnknown { id: lease.id.clone() },
            (Some(_), None) => Observation::StoreFailed,
        };
        if fault == Some(StoreFault::Late) {
            self.late_lease = lease;
        }
        self.workers[worker] = Worker::Running(run);
        self.hear(scope, worker, observed, heard);
    }

    /// The lease of a worker whose request began at `since`.
    fn lease(&self, worker: usize, run: u8, since: Tick, (epoch, doubtful): (u64, bool)) -> Lease {
        let started_at = seen_at(since, self.drifts[worker]).wall;
        Lease {
            id: LeaseId::new(format!("{worker}.{run}.{since}")),
            epoch,
            owner: String::new(),
            started_at,
            until: later(started_at, seconds(LEASE)),
            refresh_token: Fingerprint::stored(String::new()),
            doubtful,
        }
    }

    fn apply(&mut self, scope: &Scope, worker: usize, run: &mut Run, next: &Next, since: Tick) -> Observation {
        let epoch = run.looked.map_or(0, |(epoch, _)| epoch);
        match next {
            Next::Look => {
                run.looked = Some((self.table.epoch(), self.table.grant));
                let mut view = self.table.look(scope.broken);
                if let Some(lease) = view.lease.as_mut().filter(|_| scope.broken == Broken::UnusedDoubt) {
                    lease.doubtful = false;
                }
                Observation::View(Some(Box::new(view)))
            }
            Next::LookAgain if scope.broken == Broken::SecondLook => {
                Observation::View(Some(Box::new(View { epoch, grant_state: GrantState::Active(()), ..self.table.read() })))
            }
            Next::LookAgain => Observation::View(Some(Box::new(self.table.read()))),
            Next::TakeLease { epoch, seen, doubtful } => {
                let lease = self.lease(worker, run.runs, since, (*epoch, *doubtful));
                let believed = settings(scope.broken).lease;
                let ours =
                    Observation::LeaseTaken { id: lease.id.clone(), until: later(lease.started_at, believed), limits: LIMITS };
                run.lease = Some(Leased { id: lease.id.clone(), since, table_epoch: self.table.epoch() });
                match self.table.take_lease(lease, seen.as_ref(), scope.broken) {
                    Taken::Ours => ours,
                    Taken::Held => Observation::LeaseHeld,
                }
            }
            Next::Commit => {
                let commit = run.commit.as_ref().expect("there is a grant to commit");
                observe(match self.table.commit(commit, scope.broken, &mut self.flaws) {
                    Written::Stored => Written::Stored,
                    // The worker reads and writes again until it succeeds: one step here.
                    Written::Overtaken => self.table.revive(commit, scope.broken, &mut self.flaws),
                })
            }
            Next::Park => {
                self.parking.park(run.commit.clone().expect("there is a grant to park"));
                Observation::Parked
            }
            Next::RecordFailure(last_failure) => observe(self.table.record_failure(epoch, last_failure)),
            Next::EndGrant(cause) => {
                let end = End { epoch, cause: *cause, faultless: self.is_faultless(scope) };
                observe(self.table.end_grant(&end, &self.provider, scope.broken, &mut self.flaws))
            }
            Next::Send { .. } | Next::Wait(_) | Next::Finish(_) => unreachable!("done as soon as it is decided"),
        }
    }

    fn is_faultless(&self, scope: &Scope) -> bool {
        let Left { crashes, bad_answers, store_faults, .. } = self.left;
        let all = scope.faults;
        !self.was_late && (crashes, bad_answers, store_faults) == (all.crashes, all.bad_answers, all.store_faults)
    }
}

fn observe(written: Written) -> Observation {
    match written {
        Written::Stored => Observation::Stored,
        Written::Overtaken => Observation::Overtaken,
    }
}
