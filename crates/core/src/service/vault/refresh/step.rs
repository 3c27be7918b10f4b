//! The protocol of a refresh as a pure step function, from the state and an input to the next action. `execution` executes it, and the model
//! checker explores it. It does no I/O, and knows no secret and no clock of its own.

mod failure;
mod leased;
mod messages;
mod outcome;
mod storing;
mod view;

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{DeathCause, GrantState};
use crate::model::lease::LeaseId;
use crate::model::time::{later, until};
use crate::port::platform::TokenLimits;
use crate::settings::Settings;

pub use messages::{Next, Now, Observation, Reason};
pub use outcome::Outcome;
pub use view::View;

/// The input that a refresh waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Phase {
    Begin,
    Looking,
    Waiting,
    Leasing(Attempt),
    LookingAgain(Held),
    LookAgainPausing(Held),
    Sending { held: Held, resends: u32 },
    Pausing { held: Held, resends: u32 },
    Committing { until: Duration },
    CommitPausing { until: Duration },
    Parking,
    ParkPausing,
    Recording(Outcome),
    Ending(DeathCause),
    EndPausing(DeathCause),
    Finished,
}

/// An attempt whose lease is not taken yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Attempt {
    epoch: u64,
    /// When the lease begins, by the monotonic clock: before the request for it was sent.
    since: Duration,
    rest: Duration,
    doubtful: bool,
    failures: u32,
}

/// An attempt that has the lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    attempt: Attempt,
    lease_id: LeaseId,
    lease_until: Timestamp,
    limits: TokenLimits,
}

/// One refresh of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refresh {
    settings: Settings,
    reason: Reason,
    began: Duration,
    ends_at: Duration,
    leases: u32,
    unused: Vec<LeaseId>,
    phase: Phase,
}

/// The largest number of leases that one refresh takes. It takes more than one only if others keep changing the connection, or if the
/// table is so slow that a lease cannot be used.
const LEASES_MOST: u32 = 3;

impl Refresh {
    /// A refresh that begins now and must end by the monotonic time `ends_at`. `unused` has the leases of this process on this connection
    /// under which nothing was sent and nothing will be. They delay nobody.
    pub fn new(reason: Reason, settings: Settings, now: Now, ends_at: Duration, unused: Vec<LeaseId>) -> Self {
        Self { settings, reason, began: now.elapsed, ends_at, leases: 0, unused, phase: Phase::Begin }
    }

    /// The leases of this process that were never used, including the earlier ones, for its next refresh of the connection.
    pub fn unused(&self) -> &[LeaseId] {
        &self.unused
    }

    /// Returns the next action.
    pub fn step(&mut self, now: Now, observed: Observation) -> Next {
        let phase = std::mem::replace(&mut self.phase, Phase::Finished);
        let (phase, next) = self.decide(now, phase, observed);
        self.phase = phase;
        next
    }

    fn decide(&mut self, now: Now, phase: Phase, observed: Observation) -> (Phase, Next) {
        match (phase, observed) {
            (Phase::Begin, Observation::Begin)
            | (Phase::Waiting, Observation::Waited)
            | (Phase::Committing { .. } | Phase::Ending(_), Observation::Overtaken) => (Phase::Looking, Next::Look),
            (Phase::Looking, Observation::View(None)) => finish(Outcome::Gone),
            (Phase::Looking, Observation::View(Some(view))) => self.after_look(now, &view),
            (Phase::Leasing(attempt), Observation::LeaseTaken { id, until, limits }) => {
                self.leases += 1;
                (Phase::LookingAgain(Held { attempt, lease_id: id, lease_until: until, limits }), Next::LookAgain)
            }
            (Phase::Leasing(_), Observation::LeaseHeld) => self.wait(now, now.wall),
            (Phase::Leasing(_), Observation::LeaseUnknown { id }) => {
                self.start_over(now, id).unwrap_or_else(|| finish(Outcome::StoreFailed))
            }
            (Phase::LookingAgain(held), Observation::View(view)) => self.after_second_look(now, held, view.as_deref()),
            (Phase::LookingAgain(held), Observation::StoreFailed) => self.look_again_later(now, held),
            (Phase::LookAgainPausing(held), Observation::Waited) => (Phase::LookingAgain(held), Next::LookAgain),
            (Phase::Pausing { held, resends }, Observation::Waited) => self.send_again(now, held, resends),
            (Phase::Sending { .. }, Observation::Granted) => {
                (Phase::Committing { until: now.elapsed + self.settings.commit_budget }, Next::Commit)
            }
            (Phase::Sending { held, resends }, Observation::Failed(failure)) => self.after_failure(now, held, resends, &failure),
            (Phase::Committing { .. }, Observation::Stored) => finish(Outcome::Refreshed),
            (Phase::Committing { until }, Observation::StoreFailed) => {
                self.write_again(now, until, Phase::CommitPausing { until }, (Phase::Parking, Next::Park))
            }
            (Phase::CommitPausing { until }, Observation::Waited) => (Phase::Committing { until }, Next::Commit),
            (Phase::Parking, Observation::Parked) => finish(Outcome::Parked),
            (Phase::Parking, Observation::StoreFailed) => self.try_both_again(now),
            // The commit's own budget is spent: table and queue are tried in turn.
            (Phase::ParkPausing, Observation::Waited) => (Phase::Committing { until: now.elapsed }, Next::Commit),
            (Phase::Recording(outcome), _) => finish(outcome),
            (Phase::Ending(cause), Observation::Stored) => finish(Outcome::Ended(cause)),
            (Phase::Ending(cause), Observation::StoreFailed) => {
                self.write_again(now, self.ends_at, Phase::EndPausing(cause), finish(Outcome::StoreFailed))
            }
            (Phase::EndPausing(cause), Observation::Waited) => (Phase::Ending(cause), Next::EndGrant(cause)),
            (Phase::Looking | Phase::Leasing(_), Observation::StoreFailed) => finish(Outcome::StoreFailed),
            (phase, observed) => unreachable!("{observed:?} is no answer to {phase:?}"),
        }
    }

    /// Decides from the stored connection and lease whether to refresh, and whether another process already does.
    fn after_look(&mut self, now: Now, view: &View) -> (Phase, Next) {
        match view.grant_state {
            GrantState::Active(()) => {}
            GrantState::NeedsReauthorization { grant: (), cause } if self.reason == Reason::Probe && cause.awaits_access() => {}
            GrantState::NeedsReauthorization { grant: (), cause } => return finish(Outcome::Dead(cause)),
            GrantState::WithoutGrant => return finish(Outcome::NoRefreshToken),
            GrantState::Disconnected => return finish(Outcome::Disconnected),
        }
        if self.is_satisfied_by(now, view) {
            return finish(Outcome::AlreadyFresh);
        }
        if !view.has_refresh_token {
            return finish(Outcome::NoRefreshToken);
        }
        let rest = self.settings.rest_of(view.platform);
        let present = view.lease.as_ref();
        let is_unused = present.is_some_and(|lease| self.unused.contains(&lease.id));
        let open = view.open_lease().filter(|_| !is_unused);
        if let Some(lease) = open {
            if now.wall < lease.until {
                return self.beside_somebody_else(now, view, lease.until);
            }
            let retry_at = later(lease.until, rest);
            if now.wall < retry_at {
                return finish(Outcome::Resting { retry_at });
            }
        }
        if let Some(retry_at) = self.must_pause_until(view, is_unused, now) {
            return finish(Outcome::BackingOff { retry_at });
        }
        if !self.may_take_lease(now) {
            return finish(Outcome::Held { retry_at: now.wall });
        }
        // An unused lease keeps the doubt of the lease that it replaced.
        let doubtful = view.is_doubtful() || open.is_some() || present.is_some_and(|lease| is_unused && lease.doubtful);
        let attempt = Attempt { epoch: view.epoch, since: now.elapsed, rest, doubtful, failures: view.failures() };
        let seen = present.map(|lease| lease.id.clone());
        (Phase::Leasing(attempt), Next::TakeLease { epoch: view.epoch, seen, doubtful })
    }

    fn is_satisfied_by(&self, now: Now, view: &View) -> bool {
        match self.reason {
            // A token that was just refreshed is returned, even if the platform's tokens are valid for a very short time.
            Reason::Read { .. } | Reason::Forced if view.is_valid(now) && self.is_just_refreshed(now, view) => true,
            Reason::Read { min_valid } => view.is_valid(now) && until(now.wall, view.expires_at) >= min_valid,
            Reason::Forced => false,
            Reason::Due => view.due_at.is_none_or(|at| at > now.wall),
            Reason::Probe => {
                view.grant_state == GrantState::Active(()) || until(now.wall, view.expires_at) >= self.settings.probe_takes()
            }
        }
    }

    fn is_just_refreshed(&self, now: Now, view: &View) -> bool {
        view.refreshed_at.is_some_and(|at| until(at, now.wall) < self.settings.forced_interval)
    }

    /// Another process has the lease. The refresher does not wait for it, and neither does a reader whose token is still valid.
    fn beside_somebody_else(&self, now: Now, view: &View, retry_at: Timestamp) -> (Phase, Next) {
        match self.reason {
            Reason::Due | Reason::Probe => finish(Outcome::Held { retry_at }),
            Reason::Read { .. } if view.is_valid(now) => finish(Outcome::Held { retry_at }),
            Reason::Read { .. } | Reason::Forced => self.wait(now, retry_at),
        }
    }

    /// The end of the pause after a failure. A forced refresh also keeps its distance from any earlier attempt (T-4).
    fn must_pause_until(&self, view: &View, is_unused: bool, now: Now) -> Option<Timestamp> {
        let backoff = view.last_failure.as_ref().map(|last_failure| last_failure.retry_at);
        let keeps_distance = self.reason == Reason::Forced && !is_unused;
        let last_attempt = view.present_lease().map(|lease| lease.started_at).filter(|_| keeps_distance);
        let distance = last_attempt.map(|at| later(at, self.settings.forced_interval));
        backoff.max(distance).filter(|at| *at > now.wall)
    }

    /// Waits for another process's refresh, up to a bound. It never sends without the lease.
    fn wait(&self, now: Now, retry_at: Timestamp) -> (Phase, Next) {
        let waited = now.elapsed.saturating_sub(self.began);
        if matches!(self.reason, Reason::Due | Reason::Probe) || waited >= self.settings.wait {
            return finish(Outcome::Held { retry_at });
        }
        let pause = self.pause_after(waited, now.chance);
        (Phase::Waiting, Next::Wait(pause.min(self.settings.wait.saturating_sub(waited))))
    }

    /// A fifth of the time waited so far, so that nobody waits much longer than the other refresh takes.
    fn pause_after(&self, waited: Duration, chance: f64) -> Duration {
        (waited / 5).clamp(self.settings.poll, self.settings.poll * 8).mul_f64(0.5 + chance / 2.0)
    }
}

fn finish(outcome: Outcome) -> (Phase, Next) {
    (Phase::Finished, Next::Finish(outcome))
}

#[cfg(test)]
mod tests;
