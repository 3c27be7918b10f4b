//! The protocol of a refresh as a pure step function: state and what happened in, next action out. The code runs it and
//! a model checker can explore it; it knows no I/O, no secret and no clock of its own.

mod failure;
mod outcome;
mod view;

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{DeathCause, Trouble};
use crate::model::time::{later, until};
use crate::port::platform::{TokenFailure, TokenLimits};
use crate::settings::Settings;

use failure::{Settled, record};
pub use outcome::{Outcome, in_words};
pub use view::{View, ViewStanding};

/// Why a refresh is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A caller wants a token that is good for that much longer.
    Read {
        /// How much.
        min_valid: Duration,
    },
    /// A caller wants a new token even if the old one is good.
    Forced,
    /// The connection's due time has come.
    Due,
}

/// One moment: both clocks and a throw of the dice.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The time of day: compared with what is stored.
    pub wall: Timestamp,
    /// A clock that never jumps: measures what is left of a lease.
    pub elapsed: Duration,
    /// A number from 0 up to 1, for jitter.
    pub chance: f64,
}

/// What happened since the last step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Saw {
    /// Nothing yet.
    Begin,
    /// The connection, read strongly; `None` where there is none.
    View(Option<Box<View>>),
    /// The lease is ours.
    LeaseTaken {
        /// Its name.
        id: String,
        /// Until when nobody else may take it.
        until: Timestamp,
        /// How many token requests the platform takes.
        limits: TokenLimits,
    },
    /// Somebody else holds it.
    LeaseHeld,
    /// The platform gave a grant.
    Granted,
    /// The platform did not.
    Failed(TokenFailure),
    /// A conditional write was stored.
    Stored,
    /// A conditional write found another epoch.
    Overtaken,
    /// The table did not do it.
    StoreFailed,
    /// The grant is in the second place.
    Parked,
    /// The pause is over.
    Waited,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Next {
    /// Read the connection and its lease.
    Look,
    /// Take the lease, over the attempt that was seen and is over.
    TakeLease {
        /// The epoch it may replace.
        epoch: u64,
        /// The attempt that it follows.
        seen: Option<String>,
        /// See [`crate::model::lease::Lease::doubtful`].
        doubtful: bool,
    },
    /// Read the connection again, now that the lease is ours.
    LookAgain,
    /// Present the refresh token.
    Send,
    /// Store the grant.
    Commit,
    /// Put the grant into the second durable place: the table does not take it.
    Park,
    /// Record what went wrong; `retry_at` is when to try again.
    RecordTrouble(Trouble),
    /// Mark the grant as dead.
    EndGrant(DeathCause),
    /// Wait that long.
    Wait(Duration),
    /// It is over.
    Finish(Outcome),
}

/// What a refresh is waiting to see.
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
    Recording(Outcome),
    Ending { cause: DeathCause, until: Duration },
    EndPausing { cause: DeathCause, until: Duration },
    Finished,
}

/// What is known of an attempt before its lease is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Attempt {
    epoch: u64,
    /// From when the lease counts: before the request for it was sent.
    since: Duration,
    rest: Duration,
    doubtful: bool,
    failures: u32,
}

/// An attempt whose lease is ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    attempt: Attempt,
    lease_id: String,
    lease_until: Timestamp,
    limits: TokenLimits,
}

/// One refresh of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refresh {
    settings: Settings,
    reason: Reason,
    began: Duration,
    leases: u32,
    phase: Phase,
}

/// How often one refresh takes a lease: more than once only if others keep changing the connection under it. None is taken
/// later than [`Settings::lease_within`], so that a refresh ends in its function's time.
const LEASES_MOST: u32 = 3;

impl Refresh {
    /// A refresh that begins now.
    pub fn new(reason: Reason, settings: Settings, now: Now) -> Self {
        Self { settings, reason, began: now.elapsed, leases: 0, phase: Phase::Begin }
    }

    /// Decides what to do next.
    pub fn step(&mut self, now: Now, saw: Saw) -> Next {
        let phase = std::mem::replace(&mut self.phase, Phase::Finished);
        let (phase, next) = self.decide(now, phase, saw);
        self.phase = phase;
        next
    }

    fn decide(&mut self, now: Now, phase: Phase, saw: Saw) -> (Phase, Next) {
        match (phase, saw) {
            (Phase::Begin, Saw::Begin)
            | (Phase::Waiting, Saw::Waited)
            | (Phase::Committing { .. } | Phase::Ending { .. }, Saw::Overtaken) => (Phase::Looking, Next::Look),
            (Phase::Looking, Saw::View(None)) => finish(Outcome::Gone),
            (Phase::Looking, Saw::View(Some(view))) => self.after_look(now, &view),
            (Phase::Leasing(attempt), Saw::LeaseTaken { id, until, limits }) => {
                (Phase::LookingAgain(Held { attempt, lease_id: id, lease_until: until, limits }), Next::LookAgain)
            }
            (Phase::Leasing(_), Saw::LeaseHeld) => self.wait(now, now.wall),
            (Phase::LookingAgain(held), Saw::View(view)) => self.after_second_look(now, held, view.as_deref()),
            (Phase::LookingAgain(held), Saw::StoreFailed) => self.look_again_later(now, held),
            (Phase::LookAgainPausing(held), Saw::Waited) => (Phase::LookingAgain(held), Next::LookAgain),
            (Phase::Pausing { held, resends }, Saw::Waited) => self.send_in_time(now, held, resends),
            (Phase::Sending { .. }, Saw::Granted) => {
                (Phase::Committing { until: now.elapsed + self.settings.commit_budget }, Next::Commit)
            }
            (Phase::Sending { held, resends }, Saw::Failed(failure)) => self.after_failure(now, held, resends, &failure),
            (Phase::Committing { .. }, Saw::Stored) => finish(Outcome::Refreshed),
            (Phase::Committing { until }, Saw::StoreFailed) => {
                self.write_again(now, until, Phase::CommitPausing { until }, (Phase::Parking, Next::Park))
            }
            (Phase::CommitPausing { until }, Saw::Waited) => (Phase::Committing { until }, Next::Commit),
            (Phase::Parking, Saw::Parked) => finish(Outcome::Parked),
            (Phase::Recording(outcome), _) => finish(outcome),
            (Phase::Ending { cause, .. }, Saw::Stored) => finish(Outcome::Ended(cause)),
            (Phase::Ending { cause, until }, Saw::StoreFailed) => {
                self.write_again(now, until, Phase::EndPausing { cause, until }, finish(Outcome::StoreFailed))
            }
            (Phase::EndPausing { cause, until }, Saw::Waited) => (Phase::Ending { cause, until }, Next::EndGrant(cause)),
            (Phase::Looking | Phase::Leasing(_) | Phase::Parking, Saw::StoreFailed) => finish(Outcome::StoreFailed),
            (phase, saw) => unreachable!("{saw:?} is no answer to {phase:?}"),
        }
    }

    /// Decides by what is stored whether there is something to do, and whether somebody else is at it.
    fn after_look(&mut self, now: Now, view: &View) -> (Phase, Next) {
        match view.standing {
            ViewStanding::Active => {}
            ViewStanding::Dead(cause) => return finish(Outcome::Dead(cause)),
            ViewStanding::Disconnected => return finish(Outcome::Disconnected),
        }
        if self.is_satisfied_by(now, view) {
            return finish(Outcome::AlreadyFresh);
        }
        if !view.has_refresh_token {
            return finish(Outcome::NoRefreshToken);
        }
        let rest = self.settings.rest_of(view.platform);
        if let Some(lease) = view.open_lease() {
            if now.wall < lease.until {
                return self.beside_somebody_else(now, view, lease.until);
            }
            let retry_at = later(lease.until, rest);
            if now.wall < retry_at {
                return finish(Outcome::Resting { retry_at });
            }
        }
        if let Some(retry_at) = self.must_pause_until(view, now) {
            return finish(Outcome::BackingOff { retry_at });
        }
        if self.leases == LEASES_MOST || now.elapsed.saturating_sub(self.began) > self.settings.lease_within() {
            return finish(Outcome::Held { retry_at: now.wall });
        }
        self.leases += 1;
        let doubtful = view.is_doubtful() || view.open_lease().is_some();
        let attempt = Attempt { epoch: view.epoch, since: now.elapsed, rest, doubtful, failures: view.failures() };
        let seen = view.lease.as_ref().map(|lease| lease.id.clone());
        (Phase::Leasing(attempt), Next::TakeLease { epoch: view.epoch, seen, doubtful })
    }

    fn is_satisfied_by(&self, now: Now, view: &View) -> bool {
        match self.reason {
            // What was refreshed a moment ago is as fresh as it gets, however short the platform's tokens live.
            Reason::Read { .. } | Reason::Forced if view.is_valid(now) && self.is_just_refreshed(now, view) => true,
            Reason::Read { min_valid } => view.is_valid(now) && until(now.wall, view.expires_at) >= min_valid,
            Reason::Forced => false,
            Reason::Due => view.due_at.is_none_or(|at| at > now.wall),
        }
    }

    fn is_just_refreshed(&self, now: Now, view: &View) -> bool {
        view.refreshed_at.is_some_and(|at| until(at, now.wall) < self.settings.forced_interval)
    }

    /// Somebody holds the lease: a reader whose token is still valid need not wait for them, nor need the refresher.
    fn beside_somebody_else(&self, now: Now, view: &View, retry_at: Timestamp) -> (Phase, Next) {
        match self.reason {
            Reason::Due => finish(Outcome::Held { retry_at }),
            Reason::Read { .. } if view.is_valid(now) => finish(Outcome::Held { retry_at }),
            Reason::Read { .. } | Reason::Forced => self.wait(now, retry_at),
        }
    }

    /// The row's backoff; a forced refresh also keeps its distance from any attempt before (T-4).
    fn must_pause_until(&self, view: &View, now: Now) -> Option<Timestamp> {
        let backoff = view.trouble.as_ref().map(|trouble| trouble.retry_at);
        let last_attempt = view.present_lease().map(|lease| lease.started_at).filter(|_| self.reason == Reason::Forced);
        let distance = last_attempt.map(|at| later(at, self.settings.forced_interval));
        backoff.max(distance).filter(|at| *at > now.wall)
    }

    /// Waits for somebody else's refresh, up to a bound; never sends without the lease.
    fn wait(&self, now: Now, retry_at: Timestamp) -> (Phase, Next) {
        let waited = now.elapsed.saturating_sub(self.began);
        if self.reason == Reason::Due || waited >= self.settings.wait {
            return finish(Outcome::Held { retry_at });
        }
        // A fifth of what was waited, so that nobody waits much longer than the refresh takes.
        let pause = (waited / 5).clamp(self.settings.poll, self.settings.poll * 8).mul_f64(0.5 + now.chance / 2.0);
        (Phase::Waiting, Next::Wait(pause.min(self.settings.wait.saturating_sub(waited))))
    }

    /// The second look: the lease is worth nothing if the epoch moved before it was ours.
    fn after_second_look(&self, now: Now, held: Held, view: Option<&View>) -> (Phase, Next) {
        let same = view.is_some_and(|view| view.epoch == held.attempt.epoch && view.standing == ViewStanding::Active);
        if !same {
            return (Phase::Looking, Next::Look);
        }
        self.send_in_time(now, held, 0)
    }

    /// Nothing was sent yet: a table that fails for a moment must not leave the token to rest.
    fn look_again_later(&self, now: Now, held: Held) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        if !self.has_time(Now { elapsed: now.elapsed + pause, ..now }, &held) {
            return record(now, &held, "lease_timeout", Outcome::StoreFailed, now.wall, Settled::Yes);
        }
        (Phase::LookAgainPausing(held), Next::Wait(pause))
    }

    /// The last check before the token is presented, the first time and again.
    fn send_in_time(&self, now: Now, held: Held, resends: u32) -> (Phase, Next) {
        if !self.has_time(now, &held) {
            return record(now, &held, "lease_timeout", Outcome::LeaseTimeout, now.wall, Settled::Yes);
        }
        (Phase::Sending { held, resends }, Next::Send)
    }

    /// Writes again until the budget is spent: what the platform has just said is in our hands and nowhere else. Then a grant
    /// is parked; that a grant has ended will be seen again.
    fn write_again(&self, now: Now, until: Duration, pausing: Phase, spent: (Phase, Next)) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        // None is begun that could not end within the budget.
        let takes = self.settings.store_timeout.min(self.settings.commit_budget / 2);
        if now.elapsed + pause + takes >= until { spent } else { (pausing, Next::Wait(pause)) }
    }

    /// Whether the rest of the lease covers a token request and the commit.
    fn has_time(&self, now: Now, held: &Held) -> bool {
        let needed = self.settings.platform_timeout + self.settings.commit_budget;
        let by_count = now.elapsed.saturating_sub(held.attempt.since) + needed <= self.settings.lease;
        // A machine that was suspended counts no time; its wall clock does.
        by_count && later(now.wall, needed) <= held.lease_until
    }
}

fn finish(outcome: Outcome) -> (Phase, Next) {
    (Phase::Finished, Next::Finish(outcome))
}

#[cfg(test)]
mod tests;
