//! A connection and its lease in the table. Each write repeats the condition of `GrantStore`.

use counterfoil_core::model::connection::{DeathCause, GrantState, LastFailure};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::lease::{CommitId, Lease, LeaseId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::vault::Taken;
use counterfoil_core::service::vault::refresh::step::View;
use jiff::Timestamp;

use crate::invariants::{Flaw, Flaws};
use crate::provider::{Grant, Provider};
use crate::scope::Broken;

/// A refreshed grant to store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Commit {
    pub(crate) epoch: u64,
    /// The lease of the refresh.
    pub(crate) id: CommitId,
    pub(crate) grant: Grant,
    pub(crate) at: Timestamp,
}

/// The connection's row and its lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Table {
    /// The part that the step function sees.
    row: View,
    pub(crate) grant: Grant,
    /// The last event said that the grant is dead.
    told_dead: bool,
}

impl Table {
    /// A connection whose token has just expired.
    pub(crate) fn new(grant: Grant, now: Timestamp) -> Self {
        let row = View {
            platform: PlatformName::Quickbooks,
            epoch: 0,
            grant_state: GrantState::Active(()),
            has_refresh_token: true,
            expires_at: now,
            refreshed_at: None,
            commit_id: CommitId::new(""),
            due_at: Some(now),
            last_failure: None,
            lease: None,
        };
        Self { row, grant, told_dead: false }
    }

    /// Reads the connection and its lease.
    pub(crate) fn look(&self, broken: Broken) -> View {
        match &self.row.lease {
            Some(lease) if broken == Broken::OutdatedLease && lease.epoch < self.row.epoch => {
                View { commit_id: CommitId::under(&lease.id), ..self.row.clone() }
            }
            _ => self.row.clone(),
        }
    }

    /// Reads the connection alone.
    pub(crate) fn read(&self) -> View {
        View { lease: None, ..self.row.clone() }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.row.epoch
    }

    pub(crate) fn grant_state(&self) -> GrantState<()> {
        self.row.grant_state
    }

    pub(crate) fn is_commit_of(&self, commit: &Commit) -> bool {
        self.row.commit_id == commit.id
    }

    /// `take_lease`: `attribute_not_exists(PK) OR lease_id IN (:seen, :own)`.
    pub(crate) fn take_lease(&mut self, lease: Lease, seen: Option<&LeaseId>, broken: Broken) -> Taken {
        let may = match &self.row.lease {
            _ if broken == Broken::LeaseCondition => true,
            None => true,
            Some(present) => {
                let is_the_one_seen = Some(&present.id) == seen || broken == Broken::SeenCondition && seen.is_some();
                is_the_one_seen || present.id == lease.id
            }
        };
        if !may {
            return Taken::Held;
        }
        self.row.lease = Some(lease);
        Taken::Ours
    }

    /// `commit`: `epoch = :replaces AND #status = :live`. If the row has its own `commit_id`, a refused write counts as stored.
    pub(crate) fn commit(&mut self, commit: &Commit, broken: Broken, flaws: &mut Flaws) -> Written {
        let same_epoch = self.row.epoch == commit.epoch || broken == Broken::CommitEpoch;
        let is_live = self.row.grant_state == GrantState::Active(()) || broken == Broken::CommitStatus;
        if !(same_epoch && is_live) {
            return if self.is_commit_of(commit) { Written::Stored } else { Written::Overtaken };
        }
        if matches!(self.row.grant_state, GrantState::NeedsReauthorization { .. }) {
            flaws.insert(Flaw::I9ToldOnce);
        }
        self.replace(commit, flaws);
        Written::Stored
    }

    /// `revive`: `epoch = :replaces AND #status = :dead`, with an event.
    pub(crate) fn revive(&mut self, commit: &Commit, broken: Broken, flaws: &mut Flaws) -> Written {
        let same_epoch = self.row.epoch == commit.epoch || broken == Broken::ReviveEpoch;
        if !same_epoch
            || !(matches!(self.row.grant_state, GrantState::NeedsReauthorization { .. }) || broken == Broken::ReviveEpoch)
        {
            return Written::Overtaken;
        }
        self.told_dead = false;
        self.replace(commit, flaws);
        Written::Stored
    }

    /// `record_failure`: `epoch = :epoch`.
    pub(crate) fn record_failure(&mut self, epoch: u64, last_failure: &LastFailure) -> Written {
        if self.row.epoch != epoch {
            return Written::Overtaken;
        }
        self.row.due_at = Some(last_failure.retry_at);
        // Fields that no decision reads would only make equal states different.
        let unread = LastFailure { at: Timestamp::UNIX_EPOCH, code: FailureCode::Unknown, ..last_failure.clone() };
        self.row.last_failure = Some(unread);
        Written::Stored
    }

    /// `end_grant`: `epoch = :epoch AND #status = :active`, with an event.
    pub(crate) fn end_grant(&mut self, end: &End, provider: &Provider, broken: Broken, flaws: &mut Flaws) -> Written {
        let same_epoch = self.row.epoch == end.epoch || broken == Broken::EndGrantEpoch;
        let may_end = match self.row.grant_state {
            GrantState::Active(()) => true,
            GrantState::NeedsReauthorization { .. } => broken == Broken::EndGrantStatus,
            GrantState::WithoutGrant | GrantState::Disconnected => false,
        };
        if !same_epoch || !may_end {
            return Written::Overtaken;
        }
        if !provider.has_refused(self.grant.token) {
            flaws.insert(Flaw::I5DeadOnlyWhenRefused);
        }
        if end.faultless && !provider.is_withdrawn(self.grant.token) {
            flaws.insert(Flaw::I6NoFaultNoDeath);
        }
        if end.cause == DeathCause::Revoked && provider.has_lost(self.grant.token) && !provider.is_withdrawn(self.grant.token) {
            flaws.insert(Flaw::I8CauseIsTrue);
        }
        if self.told_dead {
            flaws.insert(Flaw::I9ToldOnce);
        }
        self.told_dead = true;
        self.row.grant_state = GrantState::NeedsReauthorization { grant: (), cause: end.cause };
        self.row.due_at = None;
        self.row.epoch += u64::from(broken == Broken::DeathKeepsEpoch);
        Written::Stored
    }

    /// `write_consent`: `epoch = :previous`. It is read and retried until it is written, so it is one step here. The epoch rises by
    /// one, and the event says that the connection works.
    pub(crate) fn consent(&mut self, grant: Grant, broken: Broken) {
        let epoch = self.row.epoch + u64::from(broken != Broken::ConsentRaisesEpoch);
        let lease = self.row.lease.take();
        *self = Self {
            row: View { epoch, lease, expires_at: Timestamp::MAX, due_at: None, ..Self::new(grant, Timestamp::MAX).row },
            grant,
            told_dead: false,
        };
    }

    /// A disconnect raises the epoch and deletes the tokens.
    pub(crate) fn disconnect(&mut self) {
        self.row.epoch += 1;
        self.row.grant_state = GrantState::Disconnected;
        self.row.has_refresh_token = false;
        self.row.due_at = None;
        self.told_dead = false;
    }

    fn replace(&mut self, commit: &Commit, flaws: &mut Flaws) {
        let epoch = commit.epoch + 1;
        let younger = commit.grant.serial > self.grant.serial && commit.grant.token.family == self.grant.token.family;
        if !younger || epoch <= self.row.epoch || self.row.grant_state == GrantState::Disconnected {
            flaws.insert(Flaw::I2NeverOverwritten);
        }
        self.grant = commit.grant;
        self.row = View {
            platform: self.row.platform,
            epoch,
            grant_state: GrantState::Active(()),
            has_refresh_token: true,
            expires_at: Timestamp::MAX,
            refreshed_at: Some(commit.at),
            commit_id: commit.id.clone(),
            due_at: None,
            last_failure: None,
            lease: self.row.lease.take(),
        };
    }
}

/// The end of a grant to store.
pub(crate) struct End {
    pub(crate) epoch: u64,
    pub(crate) cause: DeathCause,
    /// There was no fault so far, and the platform kept its rules.
    pub(crate) faultless: bool,
}
