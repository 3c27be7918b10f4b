//! How often what the platform has just said is written: it is in our hands and nowhere else.

use std::time::Duration;

use super::{Next, Now, Outcome, Phase, Refresh, finish};

impl Refresh {
    /// Writes again until that time: what the platform has just said is in our hands and nowhere else. Then a grant is parked
    /// that a grant has ended will be seen again.
    pub(super) fn write_again(&self, now: Now, until: Duration, pausing: Phase, spent: (Phase, Next)) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        // None is begun that could not end within the budget.
        let takes = self.settings.store_timeout.min(self.settings.commit_budget / 2);
        if now.elapsed + pause + takes >= until { spent } else { (pausing, Next::Wait(pause)) }
    }

    /// Neither place took the grant, which is in our hands alone: one, then the other, until the time is spent.
    pub(super) fn try_both_again(&self, now: Now) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(4.0 * (1.0 + now.chance));
        if now.elapsed + pause + 2 * self.settings.store_timeout > self.ends_at {
            return finish(Outcome::Unstored);
        }
        (Phase::ParkPausing, Next::Wait(pause))
    }
}
