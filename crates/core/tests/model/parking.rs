//! The parking queue and its worker, with the steps of `commit_parked`: a read, then a conditional write.

use counterfoil_core::model::connection::GrantState;
use counterfoil_core::port::store::Written;

use crate::invariants::Flaws;
use crate::provider::Token;
use crate::scope::Broken;
use crate::table::{Commit, Table};

/// The next write of the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Decided {
    Commit,
    Revive,
}

/// The parked grants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Parking {
    waiting: Vec<Commit>,
    decided: Option<Decided>,
    /// Every refresh token that was ever parked.
    ever: Vec<Token>,
}

impl Parking {
    pub(crate) fn park(&mut self, commit: Commit) {
        self.ever.push(commit.grant.token);
        self.waiting.push(commit);
    }

    /// A process keeps a grant that neither place stored. It is stored in the same way, though it is not parked.
    pub(crate) fn keep(&mut self, commit: Commit) {
        self.waiting.push(commit);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn ever(&self) -> &[Token] {
        &self.ever
    }

    /// The worker's next step, a read or a write.
    pub(crate) fn step(&mut self, table: &mut Table, broken: Broken, flaws: &mut Flaws) {
        match self.decided.take() {
            None => self.read(table, broken),
            Some(decided) => self.write(decided, table, broken, flaws),
        }
    }

    fn read(&mut self, table: &Table, broken: Broken) {
        let Some(commit) = self.waiting.first() else { return };
        self.decided = match table.grant_state() {
            _ if table.is_commit_of(commit) || table.epoch() != commit.epoch => None,
            GrantState::Active(()) => Some(Decided::Commit),
            GrantState::NeedsReauthorization { .. } if broken == Broken::Revive => None,
            GrantState::NeedsReauthorization { .. } => Some(Decided::Revive),
            GrantState::WithoutGrant | GrantState::Disconnected => None,
        };
        if self.decided.is_none() {
            self.waiting.remove(0);
        }
    }

    fn write(&mut self, decided: Decided, table: &mut Table, broken: Broken, flaws: &mut Flaws) {
        let Some(commit) = self.waiting.first() else { return };
        let written = match decided {
            Decided::Commit => table.commit(commit, broken, flaws),
            Decided::Revive => table.revive(commit, broken, flaws),
        };
        if written == Written::Stored {
            self.waiting.remove(0);
        }
    }
}
