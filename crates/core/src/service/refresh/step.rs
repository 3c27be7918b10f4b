//! The protocol of a refresh as a pure step function: state and what happened in, next action out. The code runs it and
//! a model checker can explore it; it knows no I/O, no secret and no clock of its own.

mod outcome;
mod view;

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{DeathCause, Trouble};
use crate::model::time::{later, until};
use crate::port::platform::TokenFailure;
use crate::settings::Settings;

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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Sending { held: Held, resends: u32 },
    Pausing { held: Held, resends: u32 },
    Committing { until: Duration },
    CommitPausing { until: Duration },
    Parking,
    Recording(Outcome),
    Ending(DeathCause),
    Finished,
}

/// What is known of an attempt before its lease is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Attempt {
    epoch: u64,
    /// From when the lease counts: before the request for it was sent.
    since: Duration,
    doubtful: bool,
    failures: u32,
}

/// An attempt whose lease is ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held {
    attempt: Attempt,
    lease_id: String,
    lease_until: Timestamp,
}

/// Whether the attempt that failed is known to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
}

/// One refresh of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refresh {
    settings: Settings,
    reason: Reason,
    began: Duration,
    pause: Duration,
    phase: Phase,
}

/// How often an answered fault is followed by another try within one lease.
const RESENDS_MOST: u32 = 1;

impl Refresh {
    /// A refresh that begins now.
    pub fn new(reason: Reason, settings: Settings, now: Now) -> Self {
        Self { settings, reason, began: now.elapsed, pause: settings.poll, phase: Phase::Begin }
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
            | (Phase::Committing { .. } | Phase::Ending(_), Saw::Overtaken) => (Phase::Looking, Next::Look),
            (Phase::Looking, Saw::View(None)) => finish(Outcome::Gone),
            (Phase::Looking, Saw::View(Some(view))) => self.after_look(now, &view),
            (Phase::Leasing(attempt), Saw::LeaseTaken { id, until }) => {
                (Phase::LookingAgain(Held { attempt, lease_id: id, lease_until: until }), Next::LookAgain)
            }
            (Phase::Leasing(_), Saw::LeaseHeld) => self.wait(now, now.wall),
            (Phase::LookingAgain(held), Saw::View(view)) => self.after_second_look(now, held, view.as_deref()),
            (Phase::Pausing { held, resends }, Saw::Waited) => (Phase::Sending { held, resends }, Next::Send),
            (Phase::Sending { .. }, Saw::Granted) => {
                (Phase::Committing { until: now.elapsed + self.settings.commit_budget }, Next::Commit)
            }
            (Phase::Sending { held, resends }, Saw::Failed(failure)) => self.after_failure(now, held, resends, &failure),
            (Phase::Committing { .. }, Saw::Stored) => finish(Outcome::Refreshed),
            (Phase::Committing { until }, Saw::StoreFailed) => self.commit_again(now, until),
            (Phase::CommitPausing { until }, Saw::Waited) => (Phase::Committing { until }, Next::Commit),
            (Phase::Parking, Saw::Parked) => finish(Outcome::Parked),
            (Phase::Recording(outcome), _) => finish(outcome),
            (Phase::Ending(cause), Saw::Stored) => finish(Outcome::Ended(cause)),
            (_, _) => finish(Outcome::StoreFailed),
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
        if let Some(lease) = view.open_lease() {
            if now.wall < lease.until {
                return self.beside_somebody_else(now, view, lease.until);
            }
            let retry_at = later(lease.until, self.settings.rest);
            if now.wall < retry_at {
                return finish(Outcome::Resting { retry_at });
            }
        }
        if let Some(retry_at) = self.must_pause_until(view, now) {
            return finish(Outcome::BackingOff { retry_at });
        }
        let doubtful = view.is_doubtful() || view.open_lease().is_some();
        let attempt = Attempt { epoch: view.epoch, since: now.elapsed, doubtful, failures: view.failures() };
        let seen = view.present_lease().map(|lease| lease.id.clone());
        (Phase::Leasing(attempt), Next::TakeLease { epoch: view.epoch, seen, doubtful })
    }

    fn is_satisfied_by(&self, now: Now, view: &View) -> bool {
        match self.reason {
            Reason::Read { min_valid } => view.is_valid(now) && until(now.wall, view.expires_at) >= min_valid,
            Reason::Forced => {
                view.is_valid(now) && view.refreshed_at.is_some_and(|at| until(at, now.wall) < self.settings.forced_interval)
            }
            Reason::Due => view.due_at.is_none_or(|at| at > now.wall),
        }
    }

    /// Somebody holds the lease: a reader whose token is still valid need not wait for them, nor need the refresher.
    fn beside_somebody_else(&mut self, now: Now, view: &View, retry_at: Timestamp) -> (Phase, Next) {
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
    fn wait(&mut self, now: Now, retry_at: Timestamp) -> (Phase, Next) {
        let waited = now.elapsed.saturating_sub(self.began);
        if self.reason == Reason::Due || waited >= self.settings.wait {
            return finish(Outcome::Held { retry_at });
        }
        let pause = self.pause.mul_f64(0.5 + now.chance / 2.0).min(self.settings.wait.saturating_sub(waited));
        self.pause = self.pause.mul_f64(1.5).min(self.settings.poll * 8);
        (Phase::Waiting, Next::Wait(pause))
    }

    /// The second look: the lease is worth nothing if the epoch moved before it was ours.
    fn after_second_look(&self, now: Now, held: Held, view: Option<&View>) -> (Phase, Next) {
        let same = view.is_some_and(|view| view.epoch == held.attempt.epoch && view.standing == ViewStanding::Active);
        if !same {
            return (Phase::Looking, Next::Look);
        }
        if !self.has_time(now, held.attempt.since) {
            return record(now, &held, "lease_timeout", Outcome::LeaseTimeout, now.wall, Settled::Yes);
        }
        (Phase::Sending { held, resends: 0 }, Next::Send)
    }

    fn after_failure(&self, now: Now, mut held: Held, resends: u32, failure: &TokenFailure) -> (Phase, Next) {
        let cause = if held.attempt.doubtful { DeathCause::RotationLost } else { DeathCause::Revoked };
        let backoff = self.backoff(now, held.attempt.failures);
        let retry_at = later(now.wall, backoff);
        match failure {
            TokenFailure::Refused => (Phase::Ending(cause), Next::EndGrant(cause)),
            TokenFailure::ClientRefused => {
                record(now, &held, "client_refused", Outcome::ClientRefused { retry_at }, retry_at, Settled::Yes)
            }
            TokenFailure::Throttled { retry_after } => {
                let retry_at = later(now.wall, retry_after.unwrap_or_default().min(RETRY_AFTER_MOST).max(backoff));
                record(now, &held, "platform_throttled", Outcome::PlatformThrottled { retry_at }, retry_at, Settled::Yes)
            }
            TokenFailure::NotSent => {
                record(now, &held, "platform_unreachable", Outcome::PlatformDown { retry_at }, retry_at, Settled::Yes)
            }
            TokenFailure::Broken { .. } => {
                held.attempt.doubtful = true;
                if let Some(pause) = self.pause_before_resend(now, &held, resends) {
                    return (Phase::Pausing { held, resends: resends + 1 }, Next::Wait(pause));
                }
                record(now, &held, "platform_fault", Outcome::PlatformDown { retry_at }, retry_at, Settled::Yes)
            }
            TokenFailure::NoAnswer => {
                held.attempt.doubtful = true;
                let retry_at = later(held.lease_until, self.settings.rest).max(retry_at);
                record(now, &held, "platform_no_answer", Outcome::PlatformDown { retry_at }, retry_at, Settled::No)
            }
        }
    }

    /// An answered fault is over: the token is presented again after a short pause, while the lease lasts.
    fn pause_before_resend(&self, now: Now, held: &Held, resends: u32) -> Option<Duration> {
        let pause = self.settings.poll.mul_f64(2.0 + now.chance);
        let then = Now { elapsed: now.elapsed + pause, ..now };
        let may = resends < RESENDS_MOST && self.reason != Reason::Forced && self.has_time(then, held.attempt.since);
        may.then_some(pause)
    }

    /// Stores again until the budget is spent, then parks: the grant is in our hands and nowhere else.
    fn commit_again(&self, now: Now, until: Duration) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        if now.elapsed + pause >= until {
            return (Phase::Parking, Next::Park);
        }
        (Phase::CommitPausing { until }, Next::Wait(pause))
    }

    /// Whether the rest of the lease covers a token request and the commit.
    fn has_time(&self, now: Now, since: Duration) -> bool {
        now.elapsed.saturating_sub(since) + self.settings.platform_timeout + self.settings.commit_budget <= self.settings.lease
    }

    /// Doubles with each failure up to the longest, and takes between half and all of it.
    fn backoff(&self, now: Now, failures: u32) -> Duration {
        let doubled = self.settings.backoff_first.saturating_mul(2_u32.saturating_pow(failures.min(20)));
        doubled.min(self.settings.backoff_longest).mul_f64(0.5 + now.chance / 2.0)
    }
}

fn record(now: Now, held: &Held, code: &str, outcome: Outcome, retry_at: Timestamp, settled: Settled) -> (Phase, Next) {
    let trouble = Trouble {
        failures: held.attempt.failures.saturating_add(1),
        retry_at,
        code: code.to_owned(),
        message: in_words(code).to_owned(),
        at: now.wall,
        settled_lease: (settled == Settled::Yes).then(|| held.lease_id.clone()),
        doubtful: held.attempt.doubtful,
    };
    (Phase::Recording(outcome), Next::RecordTrouble(trouble))
}

fn finish(outcome: Outcome) -> (Phase, Next) {
    (Phase::Finished, Next::Finish(outcome))
}

/// A platform's `Retry-After` is honoured up to this.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(3600);
