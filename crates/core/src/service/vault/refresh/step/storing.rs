//! Repeated writes of a grant, or of its end, that only this process knows.

use std::time::Duration;

use super::{Next, Now, Outcome, Phase, Refresh, finish};

impl Refresh {
    /// Writes again until that time, because only this process has the platform's answer. After it a grant is parked; the end of a
    /// grant is not, because the next attempt finds it again.
    pub(super) fn write_again(&self, now: Now, until: Duration, pausing: Phase, spent: (Phase, Next)) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(1.0 + now.chance);
        // A try must be able to end within the budget.
        let takes = self.settings.store_timeout.min(self.settings.commit_budget / 2);
        if now.elapsed + pause + takes >= until { spent } else { (pausing, Next::Wait(pause)) }
    }

    /// Tries table and queue in turn until the refresh's time is over: both failed, and only this process has the grant.
    pub(super) fn try_both_again(&self, now: Now) -> (Phase, Next) {
        let pause = self.settings.poll.mul_f64(4.0 * (1.0 + now.chance));
        if now.elapsed + pause + 2 * self.settings.store_timeout > self.ends_at {
            return finish(Outcome::Unstored);
        }
        (Phase::ParkPausing, Next::Wait(pause))
    }
}
