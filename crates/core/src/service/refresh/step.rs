//! The protocol of a refresh as a pure step function: state and what happened in, next action out. The code runs it and
//! a model checker can explore it; it knows no I/O, no secret and no clock of its own.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Connection, DeathCause, Standing, Trouble};
use crate::model::grant::until;
use crate::model::lease::Lease;
use crate::port::platform::TokenFailure;
use crate::settings::Settings;

/// Why a refresh is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The time of day: compared with what is stored.
    pub wall: Timestamp,
    /// A clock that never jumps: measures what is left of a lease.
    pub elapsed: Duration,
}

/// What the step function knows of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The epoch.
    pub epoch: u64,
    /// Where it stands.
    pub standing: ViewStanding,
    /// Whether there is a refresh token to present.
    pub has_refresh_token: bool,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Option<Timestamp>,
    /// When its refresh is due.
    pub due_at: Option<Timestamp>,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// The lease beside it; `None` also where it was not asked for.
    pub lease: Option<Lease>,
}

/// Where a connection stands, without its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewStanding {
    /// It has a grant.
    Active,
    /// Its grant was refused for good.
    Dead(DeathCause),
    /// It was disconnected.
    Disconnected,
}

impl View {
    /// The view of a connection and its lease.
    pub fn of(connection: &Connection, lease: Option<Lease>) -> Self {
        let grant = connection.grant();
        Self {
            epoch: connection.epoch,
            standing: match &connection.standing {
                Standing::Active(_) => ViewStanding::Active,
                Standing::NeedsReauthorization { cause, .. } => ViewStanding::Dead(*cause),
                Standing::Disconnected => ViewStanding::Disconnected,
            },
            has_refresh_token: grant.is_some_and(|grant| grant.refresh_token.is_some()),
            expires_at: grant.map_or(Timestamp::UNIX_EPOCH, |grant| grant.access_token_expires_at),
            refreshed_at: connection.refreshed_at,
            due_at: connection.due_at,
            trouble: connection.trouble.clone(),
            lease,
        }
    }

    fn is_valid(&self, now: Now) -> bool {
        self.expires_at > now.wall
    }

    fn is_doubtful(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.doubtful)
    }

    fn failures(&self) -> u32 {
        self.trouble.as_ref().map_or(0, |trouble| trouble.failures)
    }

    /// The lease on the present epoch, and whether its attempt is known to be over.
    fn present_lease(&self) -> Option<(&Lease, bool)> {
        let lease = self.lease.as_ref().filter(|lease| lease.epoch == self.epoch)?;
        let settled = self.trouble.as_ref().and_then(|trouble| trouble.settled_lease.as_ref());
        Some((lease, settled == Some(&lease.id)))
    }
}

/// What happened since the last step.
#[derive(Debug, Clone)]
pub enum Saw {
    /// Nothing yet.
    Begin,
    /// The connection, read strongly; `None` where there is none.
    View(Option<View>),
    /// The lease is ours.
    LeaseTaken,
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
        /// See [`Lease::doubtful`].
        doubtful: bool,
    },
    /// Read the connection again, now that the lease is ours.
    LookAgain,
    /// Present the refresh token.
    Send,
    /// Store the grant.
    Commit,
    /// Record what went wrong; `retry_at` is when to try again.
    RecordTrouble(Trouble),
    /// Mark the grant as dead.
    EndGrant(DeathCause),
    /// Wait that long.
    Wait(Duration),
    /// It is over.
    Finish(Outcome),
}

/// How a refresh ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A new token is stored.
    Refreshed,
    /// There was nothing to do: the stored token serves.
    AlreadyFresh,
    /// The platform refused the grant just now.
    Ended(DeathCause),
    /// The grant was dead before.
    Dead(DeathCause),
    /// The connection is disconnected.
    Disconnected,
    /// There is no such connection.
    Gone,
    /// The platform never gave a refresh token.
    NoRefreshToken,
    /// Somebody else is at it, and it takes long.
    Held {
        /// When to come again.
        retry_at: Timestamp,
    },
    /// An attempt of unknown outcome must rest first.
    Resting {
        /// Until when.
        retry_at: Timestamp,
    },
    /// The last attempts failed; the next is not yet due.
    BackingOff {
        /// When it is.
        retry_at: Timestamp,
    },
    /// The platform failed or did not answer.
    PlatformDown {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The platform wants us to slow down.
    PlatformThrottled {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The platform refuses our own credentials.
    ClientRefused {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// Too little of the lease was left to send anything.
    LeaseTimeout,
    /// The table failed.
    StoreFailed,
}

impl Outcome {
    /// The word in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refreshed => "refreshed",
            Self::AlreadyFresh => "already_fresh",
            Self::Ended(DeathCause::Revoked) => "revoked",
            Self::Ended(DeathCause::RotationLost) => "rotation_lost",
            Self::Dead(_) => "dead",
            Self::Disconnected => "disconnected",
            Self::Gone => "gone",
            Self::NoRefreshToken => "no_refresh_token",
            Self::Held { .. } => "held",
            Self::Resting { .. } => "resting",
            Self::BackingOff { .. } => "backing_off",
            Self::PlatformDown { .. } => "platform_down",
            Self::PlatformThrottled { .. } => "platform_throttled",
            Self::ClientRefused { .. } => "client_refused",
            Self::LeaseTimeout => "lease_timeout",
            Self::StoreFailed => "store_failed",
        }
    }
}

/// What a refresh is waiting to see.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Begin,
    Looking,
    Waiting,
    Leasing { since: Duration },
    LookingAgain { since: Duration },
    Sending { since: Duration, resends: u32 },
    Pausing { since: Duration, resends: u32 },
    Committing { until: Duration },
    CommitPausing { until: Duration },
    Recording(Outcome),
    Ending(DeathCause),
    Finished,
}

/// One refresh of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    reason: Reason,
    began: Duration,
    pause: Duration,
    phase: Phase,
    /// What the last look showed, while a lease on it is ours.
    held: Option<Held>,
}

/// What is known while the lease is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    epoch: u64,
    lease: Option<(String, Timestamp)>,
    doubtful: bool,
    failures: u32,
}

/// How often an answered fault is followed by another try within one lease.
const RESENDS_MOST: u32 = 1;

impl Refresh {
    /// A refresh that begins now.
    pub fn new(reason: Reason, settings: &Settings, now: Now) -> Self {
        Self {
            reason,
            began: now.elapsed,
            pause: settings.poll,
            phase: Phase::Begin,
            held: None,
        }
    }

    /// Names the lease that is about to be taken, so that its end can be recorded.
    pub fn names_lease(&mut self, id: String, until: Timestamp) {
        if let Some(held) = &mut self.held {
            held.lease = Some((id, until));
        }
    }

    /// Decides what to do next. `chance` is a number from 0 up to 1, for jitter.
    pub fn step(&mut self, settings: &Settings, now: Now, saw: Saw, chance: f64) -> Next {
        let phase = std::mem::replace(&mut self.phase, Phase::Finished);
        let (phase, next) = self.decide(settings, now, phase, saw, chance);
        self.phase = phase;
        next
    }

    fn decide(&mut self, settings: &Settings, now: Now, phase: Phase, saw: Saw, chance: f64) -> (Phase, Next) {
        match (phase, saw) {
            (Phase::Begin, Saw::Begin)
            | (Phase::Waiting, Saw::Waited)
            | (Phase::Committing { .. } | Phase::Ending(_), Saw::Overtaken) => (Phase::Looking, Next::Look),
            (Phase::Looking, Saw::View(None)) => finish(Outcome::Gone),
            (Phase::Looking, Saw::View(Some(view))) => self.after_look(settings, now, &view, chance),
            (Phase::Leasing { since }, Saw::LeaseTaken) => (Phase::LookingAgain { since }, Next::LookAgain),
            (Phase::Leasing { .. }, Saw::LeaseHeld) => self.wait(settings, now, now.wall, chance),
            (Phase::LookingAgain { since }, Saw::View(view)) => self.after_second_look(settings, now, since, view.as_ref()),
            (Phase::Pausing { since, resends }, Saw::Waited) => (Phase::Sending { since, resends }, Next::Send),
            (Phase::Sending { .. }, Saw::Granted) => (
                Phase::Committing {
                    until: now.elapsed + settings.commit_budget,
                },
                Next::Commit,
            ),
            (Phase::Sending { since, resends }, Saw::Failed(failure)) => {
                self.after_failure(settings, now, since, resends, &failure, chance)
            }
            (Phase::Committing { .. }, Saw::Stored) => finish(Outcome::Refreshed),
            (Phase::Committing { until }, Saw::StoreFailed) => commit_again(settings, now, until, chance),
            (Phase::CommitPausing { until }, Saw::Waited) => (Phase::Committing { until }, Next::Commit),
            (Phase::Recording(outcome), _) => finish(outcome),
            (Phase::Ending(cause), Saw::Stored) => finish(Outcome::Ended(cause)),
            (_, _) => finish(Outcome::StoreFailed),
        }
    }

    /// Decides by what is stored whether there is something to do, and whether somebody else is at it.
    fn after_look(&mut self, settings: &Settings, now: Now, view: &View, chance: f64) -> (Phase, Next) {
        match view.standing {
            ViewStanding::Active => {}
            ViewStanding::Dead(cause) => return finish(Outcome::Dead(cause)),
            ViewStanding::Disconnected => return finish(Outcome::Disconnected),
        }
        if self.is_satisfied_by(settings, now, view) {
            return finish(Outcome::AlreadyFresh);
        }
        if !view.has_refresh_token {
            return finish(Outcome::NoRefreshToken);
        }
        let mut doubtful = view.is_doubtful();
        if let Some((lease, settled)) = view.present_lease()
            && !settled
        {
            if now.wall < lease.until {
                return if view.is_valid(now) && self.reason != Reason::Forced || self.reason == Reason::Due {
                    finish(Outcome::Held { retry_at: lease.until })
                } else {
                    self.wait(settings, now, lease.until, chance)
                };
            }
            let rested_at = lease.until.saturating_add(signed(settings.rest)).unwrap_or(Timestamp::MAX);
            if now.wall < rested_at {
                return finish(Outcome::Resting { retry_at: rested_at });
            }
            doubtful = true;
        }
        if let Some(retry_at) = self.must_pause_until(settings, view, now) {
            return finish(Outcome::BackingOff { retry_at });
        }
        self.held = Some(Held {
            epoch: view.epoch,
            lease: None,
            doubtful,
            failures: view.failures(),
        });
        let seen = view.present_lease().map(|(lease, _)| lease.id.clone());
        (
            Phase::Leasing { since: now.elapsed },
            Next::TakeLease {
                epoch: view.epoch,
                seen,
                doubtful,
            },
        )
    }

    fn is_satisfied_by(&self, settings: &Settings, now: Now, view: &View) -> bool {
        match self.reason {
            Reason::Read { min_valid } => view.is_valid(now) && until(now.wall, view.expires_at) >= min_valid,
            Reason::Forced => {
                view.is_valid(now)
                    && view
                        .refreshed_at
                        .is_some_and(|at| until(at, now.wall) < settings.forced_interval)
            }
            Reason::Due => view.due_at.is_none_or(|at| at > now.wall),
        }
    }

    /// The row's backoff; a forced refresh also keeps its distance from any attempt before (T-4).
    fn must_pause_until(&self, settings: &Settings, view: &View, now: Now) -> Option<Timestamp> {
        let backoff = view.trouble.as_ref().map(|trouble| trouble.retry_at);
        let distance = view
            .present_lease()
            .map(|(lease, _)| lease.started_at)
            .filter(|_| self.reason == Reason::Forced);
        let distance = distance.and_then(|at| at.saturating_add(signed(settings.forced_interval)).ok());
        backoff.max(distance).filter(|at| *at > now.wall)
    }

    /// Waits for somebody else's refresh, up to a bound; never sends without the lease.
    fn wait(&mut self, settings: &Settings, now: Now, retry_at: Timestamp, chance: f64) -> (Phase, Next) {
        let waited = now.elapsed.saturating_sub(self.began);
        if self.reason == Reason::Due || waited >= settings.wait {
            return finish(Outcome::Held { retry_at });
        }
        let pause = self.pause.mul_f64(0.5 + chance / 2.0).min(settings.wait - waited);
        self.pause = self.pause.mul_f64(1.5).min(settings.poll * 8);
        (Phase::Waiting, Next::Wait(pause))
    }

    /// The second look: the lease is worth nothing if the epoch moved before it was ours.
    fn after_second_look(&mut self, settings: &Settings, now: Now, since: Duration, view: Option<&View>) -> (Phase, Next) {
        let Some(held) = &self.held else {
            return finish(Outcome::StoreFailed);
        };
        let same = view.is_some_and(|view| view.epoch == held.epoch && view.standing == ViewStanding::Active);
        if !same {
            return (Phase::Looking, Next::Look);
        }
        if !has_time(settings, now, since) {
            return self.record(now, "lease_timeout", Outcome::LeaseTimeout, now.wall, true);
        }
        (Phase::Sending { since, resends: 0 }, Next::Send)
    }

    fn after_failure(
        &mut self,
        settings: &Settings,
        now: Now,
        since: Duration,
        resends: u32,
        failure: &TokenFailure,
        chance: f64,
    ) -> (Phase, Next) {
        let Some(held) = &mut self.held else {
            return finish(Outcome::StoreFailed);
        };
        let cause = if held.doubtful {
            DeathCause::RotationLost
        } else {
            DeathCause::Revoked
        };
        let backoff = backoff(settings, held.failures, chance);
        let retry_at = after(now, backoff);
        match failure {
            TokenFailure::Refused => (Phase::Ending(cause), Next::EndGrant(cause)),
            TokenFailure::ClientRefused => {
                self.record(now, "client_refused", Outcome::ClientRefused { retry_at }, retry_at, true)
            }
            TokenFailure::Throttled { retry_after } => {
                let retry_at = after(now, retry_after.unwrap_or_default().min(RETRY_AFTER_MOST).max(backoff));
                self.record(
                    now,
                    "platform_throttled",
                    Outcome::PlatformThrottled { retry_at },
                    retry_at,
                    true,
                )
            }
            TokenFailure::NotSent => self.record(
                now,
                "platform_unreachable",
                Outcome::PlatformDown { retry_at },
                retry_at,
                true,
            ),
            TokenFailure::Broken { .. } => {
                held.doubtful = true;
                let pause = settings.poll.mul_f64(2.0 + chance);
                let resend_at = Now {
                    elapsed: now.elapsed + pause,
                    ..now
                };
                if resends < RESENDS_MOST && self.reason != Reason::Forced && has_time(settings, resend_at, since) {
                    return (
                        Phase::Pausing {
                            since,
                            resends: resends + 1,
                        },
                        Next::Wait(pause),
                    );
                }
                self.record(now, "platform_fault", Outcome::PlatformDown { retry_at }, retry_at, true)
            }
            TokenFailure::NoAnswer => {
                held.doubtful = true;
                let rested = held
                    .lease
                    .as_ref()
                    .map(|(_, until)| *until)
                    .unwrap_or(now.wall)
                    .saturating_add(signed(settings.rest));
                let retry_at = rested.unwrap_or(Timestamp::MAX).max(retry_at);
                self.record(now, "platform_no_answer", Outcome::PlatformDown { retry_at }, retry_at, false)
            }
        }
    }

    fn record(&mut self, now: Now, code: &'static str, outcome: Outcome, retry_at: Timestamp, settled: bool) -> (Phase, Next) {
        let Some(held) = &self.held else { return finish(outcome) };
        let trouble = Trouble {
            failures: held.failures.saturating_add(1),
            retry_at,
            code: code.to_owned(),
            message: in_words(code).to_owned(),
            at: now.wall,
            settled_lease: held.lease.as_ref().map(|(id, _)| id.clone()).filter(|_| settled),
            doubtful: held.doubtful,
        };
        (Phase::Recording(outcome), Next::RecordTrouble(trouble))
    }
}

/// A platform's `Retry-After` is honoured up to this.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(3600);

/// The sentence for a code of trouble.
pub fn in_words(code: &str) -> &'static str {
    match code {
        "client_refused" => "The platform refuses this installation's client id or secret.",
        "platform_throttled" => "The platform asks for fewer requests.",
        "platform_unreachable" => "The platform could not be reached.",
        "platform_fault" => "The platform answered with a fault.",
        "platform_no_answer" => "The platform did not answer in time.",
        "lease_timeout" => "The refresh began too late to be finished safely.",
        "rotation_lost" => "The platform refused the refresh token after an answer of it had been lost on the way.",
        "revoked" => "The platform refused the refresh token: access was taken away or has ended.",
        _ => "The refresh failed.",
    }
}

fn finish(outcome: Outcome) -> (Phase, Next) {
    (Phase::Finished, Next::Finish(outcome))
}

/// Stores again until the budget is spent; the grant is in our hands and nowhere else.
fn commit_again(settings: &Settings, now: Now, until: Duration, chance: f64) -> (Phase, Next) {
    let pause = settings.poll.mul_f64(1.0 + chance);
    if now.elapsed + pause >= until {
        return finish(Outcome::StoreFailed);
    }
    (Phase::CommitPausing { until }, Next::Wait(pause))
}

/// Whether the rest of the lease covers a token request and the commit.
fn has_time(settings: &Settings, now: Now, since: Duration) -> bool {
    now.elapsed.saturating_sub(since) + settings.platform_timeout + settings.commit_budget <= settings.lease
}

/// Doubles with each failure up to the longest, and takes between half and all of it.
fn backoff(settings: &Settings, failures: u32, chance: f64) -> Duration {
    let doubled = settings.backoff_first.saturating_mul(2_u32.saturating_pow(failures.min(20)));
    doubled.min(settings.backoff_longest).mul_f64(0.5 + chance / 2.0)
}

fn after(now: Now, time: Duration) -> Timestamp {
    now.wall.saturating_add(signed(time)).unwrap_or(Timestamp::MAX)
}

fn signed(time: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::MAX)
}
