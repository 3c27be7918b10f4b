//! What a worker does with an answer: it decides, sends, and hears the platform.

use std::time::Duration;

use counterfoil_core::model::lease::CommitId;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Observation;
use counterfoil_core::service::vault::refresh::step::Outcome;

use super::World;
use crate::actions::{Answer, Heard, fault};
use crate::invariants::Flaw;
use crate::provider::Request;
use crate::scope::{Broken, Scope, weaken};
use crate::table::Commit;
use crate::times::{COMMIT_BUDGET, PLATFORM_TIMEOUT, done_by};
use crate::worker::{Stage, Worker};

impl World {
    pub(super) fn hear(&mut self, scope: &Scope, worker: usize, observed: Observation, heard: Heard) {
        let Worker::Running(run) = &mut self.workers[worker] else { return };
        run.stage = Stage::Answered(observed);
        if heard == Heard::AtOnce {
            self.go_on(scope, worker);
        }
    }

    /// A worker gets the result and decides.
    pub(super) fn go_on(&mut self, scope: &Scope, worker: usize) {
        let now = self.seen_by(worker);
        let tick = self.now;
        let Worker::Running(run) = &mut self.workers[worker] else { return };
        let observed = match &run.stage {
            Stage::Answered(observed) => observed.clone(),
            Stage::Asleep { .. } => Observation::Waited,
            Stage::Doing { .. } | Stage::AtPlatform { .. } => return,
        };
        let granted = observed == Observation::Granted;
        let next = weaken(scope.broken, run.machine.step(now, observed), run);
        run.must_by = match next {
            Next::Commit if granted => Some(tick + COMMIT_BUDGET),
            Next::Commit | Next::Wait(_) if run.is_committing() => run.must_by,
            _ => None,
        };
        match next {
            Next::Finish(outcome) => {
                let mut unused = run.machine.unused().to_vec();
                if scope.broken == Broken::UsedLease && run.has_sent {
                    unused.extend(run.lease.take().map(|lease| lease.id));
                }
                // The process stores it at its next invocation, in the same way as the parking worker.
                let kept = run.commit.take().filter(|_| outcome == Outcome::Unstored);
                self.workers[worker] = Worker::Idle { runs: run.runs, unused };
                if let Some(commit) = kept {
                    self.parking.keep(commit);
                }
            }
            Next::Wait(time) => run.stage = Stage::Asleep { until: now.elapsed + time },
            // The protocol assumes that no time passes between the check of the remaining lease and the request, and does nothing in
            // between that waits.
            Next::Send { listen } => self.send(scope, worker, now.elapsed + listen),
            Next::Look => {
                (run.looked, run.lease, run.commit) = (None, None, None);
                run.stage = Stage::Doing { next, since: 0 };
            }
            Next::TakeLease { .. } => run.stage = Stage::Doing { next, since: tick },
            _ => run.stage = Stage::Doing { next, since: 0 },
        }
    }

    pub(super) fn send(&mut self, scope: &Scope, worker: usize, until: Duration) {
        let Worker::Running(run) = &mut self.workers[worker] else { return };
        let (epoch, grant) = run.looked.expect("it was looked at");
        let lease = run.lease.as_ref().expect("the lease is taken");
        if epoch != lease.table_epoch {
            self.flaws.insert(Flaw::I7NeverPresentedOnceReplaced);
        }
        run.stage = Stage::AtPlatform { sent: self.now, until };
        run.has_sent = true;
        let done_by = done_by(lease.since).max(self.now + PLATFORM_TIMEOUT);
        let request = Request { token: grant.token, caller: Some(worker), done_by };
        if self.provider.receive(request, scope.policy) {
            self.flaws.insert(Flaw::I1NeverTwiceAtOnce);
        }
    }

    pub(super) fn time_out(&mut self, scope: &Scope, worker: usize) {
        if self.is_at_platform(worker) {
            self.left.bad_answers -= 1;
            self.provider.abandon(worker);
        }
        self.hear(scope, worker, Observation::Failed(TokenFailure::NoAnswer), Heard::AtOnce);
    }

    pub(super) fn answer(&mut self, scope: &Scope, request: usize, answer: Answer, heard: Heard) {
        self.left.bad_answers -= u8::from(answer != Answer::Plain);
        let request = self.provider.in_flight.remove(request);
        let given = match answer {
            Answer::FaultBefore => None,
            Answer::Plain | Answer::Lost | Answer::FaultAfter => self.provider.refresh(request.token, scope.policy, self.now),
        };
        if request.caller.is_none() || matches!(answer, Answer::Lost | Answer::FaultAfter) {
            self.provider.lose(request.token);
        }
        let Some(caller) = request.caller else { return };
        let at = self.seen_by(caller).wall;
        let Worker::Running(run) = &mut self.workers[caller] else { return };
        let Stage::AtPlatform { sent, .. } = run.stage else { return };
        let observed = match (answer, given) {
            (Answer::Lost, _) => return,
            (Answer::FaultAfter | Answer::FaultBefore, _) => fault(),
            (Answer::Plain, None) => Observation::Failed(TokenFailure::Refused),
            (Answer::Plain, Some(grant)) => {
                let id = CommitId::under(&run.lease.as_ref().expect("the lease is taken").id);
                run.commit = run.looked.map(|(epoch, _)| Commit { epoch, id, grant, at });
                Observation::Granted
            }
        };
        // Within the time-out the answer may arrive at any time. After it only a frozen process gets it late.
        run.must_by = Some(sent + PLATFORM_TIMEOUT).filter(|by| self.now < *by);
        self.was_late |= self.now > sent + PLATFORM_TIMEOUT;
        self.hear(scope, caller, observed, heard);
    }
}
