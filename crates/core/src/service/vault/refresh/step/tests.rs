//! Tests of the protocol: each decision, and the properties of any sequence of decisions.

mod acting;
mod answers;
mod looking;
mod properties;
mod storing;

use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::model::connection::{GrantState, LastFailure};
use crate::model::failure_code::FailureCode;
use crate::model::lease::{CommitId, Lease, LeaseId};
use crate::model::platform::PlatformName;
use crate::model::secret::Fingerprint;
use crate::model::unread::UnreadAnswer;
use crate::port::platform::Quota;
use crate::port::platform::TokenFailure;

const START: Timestamp = Timestamp::constant(1_767_225_600, 0);
const EPOCH: u64 = 7;
const LIMITS: TokenLimits = TokenLimits { resends_most: 1, quota: None };
const READ: Reason = Reason::Read { min_valid: Duration::from_secs(300) };

/// A refresh under test, and its present time.
struct Bench {
    machine: Refresh,
    now: Now,
}

impl Bench {
    fn new(reason: Reason) -> Self {
        Self::with(reason, Settings::default())
    }

    fn with(reason: Reason, settings: Settings) -> Self {
        let now = Now { wall: START, elapsed: Duration::from_secs(1_000), chance: 0.5 };
        let ends_at = now.elapsed + settings.refresh_time();
        Self { machine: Refresh::new(reason, settings, now, ends_at, Vec::new()), now }
    }

    fn step(&mut self, observed: Observation) -> Next {
        self.machine.step(self.now, observed)
    }

    fn pass(&mut self, time: Duration) {
        self.now.wall = later(self.now.wall, time);
        self.now.elapsed += time;
    }

    /// Begins a refresh and gives it this connection.
    fn shown(reason: Reason, view: View) -> (Self, Next) {
        let mut bench = Self::new(reason);
        assert_eq!(bench.step(Observation::Begin), Next::Look);
        let next = bench.step(observe(view));
        (bench, next)
    }

    /// Brings a refresh to the moment at which it sends.
    fn sending(reason: Reason, view: View) -> Self {
        let (mut bench, next) = Self::shown(reason, view.clone());
        assert!(matches!(next, Next::TakeLease { .. }), "{next:?}");
        assert_eq!(bench.step(bench.lease_taken()), Next::LookAgain);
        assert!(matches!(bench.step(observe(view)), Next::Send { .. }));
        bench
    }

    /// The decision to send, without any time passing.
    fn shown_sending(reason: Reason) -> Next {
        let (mut bench, _) = Self::shown(reason, stale());
        bench.step(bench.lease_taken());
        bench.step(observe(stale()))
    }

    fn lease_taken(&self) -> Observation {
        self.lease_taken_under(LIMITS)
    }

    fn lease_taken_under(&self, limits: TokenLimits) -> Observation {
        Observation::LeaseTaken { id: LeaseId::new("ours"), until: later(self.now.wall, Settings::default().lease), limits }
    }
}

fn observe(view: View) -> Observation {
    Observation::View(Some(Box::new(view)))
}

/// A connection with an expired access token whose refresh is due.
fn stale() -> View {
    View {
        platform: PlatformName::Quickbooks,
        epoch: EPOCH,
        grant_state: GrantState::Active(()),
        has_refresh_token: true,
        expires_at: START - jiff::SignedDuration::from_secs(1),
        refreshed_at: Some(START - jiff::SignedDuration::from_secs(3_601)),
        commit_id: CommitId::new("the last"),
        due_at: Some(START - jiff::SignedDuration::from_secs(900)),
        last_failure: None,
        lease: None,
    }
}

/// The same with an access token that is valid for this number of seconds.
fn valid_for(seconds: u64) -> View {
    View { expires_at: in_seconds(seconds), ..stale() }
}

fn in_seconds(seconds: u64) -> Timestamp {
    later(START, Duration::from_secs(seconds))
}

/// A lease of another process that ends at this time.
fn lease(id: &str, until: Timestamp) -> Lease {
    Lease {
        id: LeaseId::new(id),
        epoch: EPOCH,
        owner: "somebody".to_owned(),
        started_at: until - jiff::SignedDuration::from_secs(16),
        until,
        refresh_token: Fingerprint::of("token"),
        doubtful: false,
    }
}

fn last_failure(failures: u32, retry_at: Timestamp) -> LastFailure {
    LastFailure { failures, retry_at, code: FailureCode::PlatformFault, at: START, ended_lease: None, doubtful: false }
}

/// The failure to record.
fn recorded(next: Next) -> LastFailure {
    match next {
        Next::RecordFailure(last_failure) => last_failure,
        next => panic!("not a record of trouble: {next:?}"),
    }
}
