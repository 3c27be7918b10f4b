//! What follows when this attempt has the lease, or may have it: the second look, the last check, and the handling of an unused lease.

use crate::model::connection::GrantState;
use crate::model::failure_code::FailureCode;
use crate::model::lease::LeaseId;
use crate::model::time::later;

use super::failure::{HasEnded, record};
use super::{Held, LEASES_MOST, Next, Now, Outcome, Phase, Reason, Refresh, View};

/// The largest number of unused leases that are remembered for one connection.
const UNUSED_MOST: usize = 64;

impl Refresh {
    /// The second look. If the epoch changed before the lease was taken, the lease is not used.
    pub(super) fn after_second_look(&mut self, now: Now, held: Held, view: Option<&View>) -> (Phase, Next) {
        let is_meant = |grant_state: GrantState<()>| match (self.reason, grant_state) {
            (Reason::Probe, GrantState::NeedsReauthorization { grant: (), cause }) => cause.awaits_access(),
            (Reason::Read { .. } | Reason::Forced | Reason::Due, GrantState::Active(())) => true,
            _ => false,
        };
        let same = view.is_some_and(|view| view.epoch == held.attempt.epoch && is_meant(view.grant_state));
        if !same {
            self.remember_unused(held.lease_id);
            return (Phase::Looking, Next::Look);
        }
        if self.has_time(now, &held) {
            return self.send(now, held, 0);
        }
        self.took_too_long(now, &held, Outcome::LeaseTimeout)
    }

    /// Repeats the second look after a pause. Nothing was sent yet, so an error of the table need not make the token rest.
    pub(super) fn look_again_later(&mut self, now: Now, held: Held) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        if self.has_time(Now { elapsed: now.elapsed + pause, ..now }, &held) {
            return (Phase::LookAgainPausing(held), Next::Wait(pause));
        }
        self.took_too_long(now, &held, Outcome::StoreFailed)
    }

    /// Taking the lease took so long that nothing may be sent under it. A new lease replaces it if there is time for that. Otherwise
    /// the row records that nobody need wait for its end.
    pub(super) fn took_too_long(&mut self, now: Now, held: &Held, outcome: Outcome) -> (Phase, Next) {
        let again = self.start_over(now, held.lease_id.clone());
        again.unwrap_or_else(|| record(now, held, FailureCode::LeaseTimeout, outcome, now.wall, HasEnded::Yes))
    }

    /// Starts again after a pause, and from now on ignores a lease of its own under which nothing was sent. That lease may be in the table or
    /// may still be written. The next lease replaces it: a write that is still to come then fails, because its condition names neither.
    pub(super) fn start_over(&mut self, now: Now, lease_id: LeaseId) -> Option<(Phase, Next)> {
        self.remember_unused(lease_id);
        let pause = self.pause_after(now.elapsed.saturating_sub(self.began), now.chance);
        self.may_take_lease(Now { elapsed: now.elapsed + pause, ..now }).then_some((Phase::Waiting, Next::Wait(pause)))
    }

    fn remember_unused(&mut self, lease_id: LeaseId) {
        if !self.unused.contains(&lease_id) {
            self.unused.push(lease_id);
        }
        let surplus = self.unused.len().saturating_sub(UNUSED_MOST);
        self.unused.drain(..surplus);
    }

    /// Whether there is time left to use a lease that is taken now.
    pub(super) fn may_take_lease(&self, now: Now) -> bool {
        self.leases < LEASES_MOST && now.elapsed + self.settings.needed_from_lease() <= self.ends_at
    }

    /// Checks the remaining lease before the token is sent again, because the pause may have taken too long.
    pub(super) fn send_again(&mut self, now: Now, held: Held, resends: u32) -> (Phase, Next) {
        if self.has_time(now, &held) {
            return self.send(now, held, resends);
        }
        record(now, &held, FailureCode::LeaseTimeout, Outcome::LeaseTimeout, now.wall, HasEnded::Yes)
    }

    /// Sends the token. The lease bounds when another process may send it. This process waits for the answer until its own time is over.
    pub(super) fn send(&mut self, now: Now, held: Held, resends: u32) -> (Phase, Next) {
        self.unused.retain(|id| *id != held.lease_id);
        let listen = self.ends_at.saturating_sub(now.elapsed + self.settings.needed_from_answer());
        let listen = listen.max(self.settings.platform_timeout);
        (Phase::Sending { held, resends }, Next::Send { listen })
    }

    /// Whether the remaining lease covers a token request and the commit.
    pub(super) fn has_time(&self, now: Now, held: &Held) -> bool {
        let needed = self.settings.platform_timeout + self.settings.commit_budget;
        let by_count = now.elapsed.saturating_sub(held.attempt.since) + needed <= self.settings.lease;
        // The monotonic clock of a suspended machine stops; its time of day does not.
        by_count && later(now.wall, needed) <= held.lease_until
    }
}
