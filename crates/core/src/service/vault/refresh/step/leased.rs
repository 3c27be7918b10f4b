//! What follows when a lease is ours, or may be: the second look, the last check, and what becomes of a lease that is not used.

use crate::model::connection::{DeathCause, Standing};
use crate::model::failure_code::FailureCode;
use crate::model::time::later;

use super::failure::{Settled, record};
use super::{Held, LEASES_MOST, Next, Now, Outcome, Phase, Reason, Refresh, View};

/// How many leases of our own that were never used are remembered for one connection.
const UNUSED_MOST: usize = 64;

impl Refresh {
    /// The second look: the lease is worth nothing if the epoch moved before it was ours.
    pub(super) fn after_second_look(&mut self, now: Now, held: Held, view: Option<&View>) -> (Phase, Next) {
        let meant = match self.reason {
            Reason::Probe => Standing::NeedsReauthorization { grant: (), cause: DeathCause::AccessWithdrawn },
            Reason::Read { .. } | Reason::Forced | Reason::Due => Standing::Active(()),
        };
        let same = view.is_some_and(|view| view.epoch == held.attempt.epoch && view.standing == meant);
        if !same {
            self.remember_unused(held.lease_id);
            return (Phase::Looking, Next::Look);
        }
        if self.has_time(now, &held) {
            return self.send(now, held, 0);
        }
        self.took_too_long(now, &held, Outcome::LeaseTimeout)
    }

    /// Nothing was sent yet: a table that fails for a moment must not leave the token to rest.
    pub(super) fn look_again_later(&mut self, now: Now, held: Held) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        if self.has_time(Now { elapsed: now.elapsed + pause, ..now }, &held) {
            return (Phase::LookAgainPausing(held), Next::Wait(pause));
        }
        self.took_too_long(now, &held, Outcome::StoreFailed)
    }

    /// The lease has been ours for so long that nothing may be sent under it: it is replaced by a new one while there is time
    /// for that. Otherwise the row records that nobody need wait for its end.
    pub(super) fn took_too_long(&mut self, now: Now, held: &Held, outcome: Outcome) -> (Phase, Next) {
        let again = self.take_back(now, held.lease_id.clone());
        again.unwrap_or_else(|| record(now, held, FailureCode::LeaseTimeout, outcome, now.wall, Settled::Yes))
    }

    /// Looks again after a pause, from now on past a lease of our own under which nothing was sent. Whether it is in the table or
    /// still to come, the next one replaces it: its condition no longer holds then, since it names neither.
    pub(super) fn take_back(&mut self, now: Now, lease_id: String) -> Option<(Phase, Next)> {
        self.remember_unused(lease_id);
        let pause = self.pause_after(now.elapsed.saturating_sub(self.began), now.chance);
        self.may_take_lease(Now { elapsed: now.elapsed + pause, ..now }).then_some((Phase::Waiting, Next::Wait(pause)))
    }

    fn remember_unused(&mut self, lease_id: String) {
        if !self.unused.contains(&lease_id) {
            self.unused.push(lease_id);
        }
        let surplus = self.unused.len().saturating_sub(UNUSED_MOST);
        self.unused.drain(..surplus);
    }

    /// Whether a lease that is taken now could be used to its end.
    pub(super) fn may_take_lease(&self, now: Now) -> bool {
        self.leases < LEASES_MOST && now.elapsed + self.settings.needed_from_lease() <= self.ends_at
    }

    /// The check before the token is presented again: a pause may have been overslept.
    pub(super) fn send_again(&mut self, now: Now, held: Held, resends: u32) -> (Phase, Next) {
        if self.has_time(now, &held) {
            return self.send(now, held, resends);
        }
        record(now, &held, FailureCode::LeaseTimeout, Outcome::LeaseTimeout, now.wall, Settled::Yes)
    }

    /// Presents the token. The lease says when anybody may do so again; this sender listens until its own time is spent.
    pub(super) fn send(&mut self, now: Now, held: Held, resends: u32) -> (Phase, Next) {
        self.unused.retain(|id| *id != held.lease_id);
        let listen = self.ends_at.saturating_sub(now.elapsed + self.settings.needed_from_answer());
        let listen = listen.max(self.settings.platform_timeout);
        (Phase::Sending { held, resends }, Next::Send { listen })
    }

    /// Whether the rest of the lease covers a token request and the commit.
    pub(super) fn has_time(&self, now: Now, held: &Held) -> bool {
        let needed = self.settings.platform_timeout + self.settings.commit_budget;
        let by_count = now.elapsed.saturating_sub(held.attempt.since) + needed <= self.settings.lease;
        // A machine that was suspended counts no time; its wall clock does.
        by_count && later(now.wall, needed) <= held.lease_until
    }
}
