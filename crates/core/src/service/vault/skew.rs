//! The difference between this machine's clock and the table's. Processes compare their leases by the time of day: two processes whose
//! clocks differ too much could send one refresh token at the same time.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// The log target of warnings about this machine's clock.
pub const CLOCK: &str = "counterfoil::clock";

/// The difference, computed from the dates of a server's answers.
#[derive(Debug, Default)]
pub struct Skew(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The least skew that fits each of the last two answers, in milliseconds; positive if this machine is ahead.
    last: [i64; 2],
    warned_at: Option<Timestamp>,
}

/// An HTTP date has whole seconds, and servers may send the same one for up to a second more.
const DATE_IS_WITHIN_MS: i64 = 2_000;
/// The least skew that is logged as a warning.
const WARN_FROM_MS: u64 = 5_000;
/// Least time between two warnings.
const WARN_EVERY_MS: u64 = 60_000;

impl Skew {
    /// No answer is known yet.
    pub const fn unknown() -> Self {
        Self(Mutex::new(State { last: [0, 0], warned_at: None }))
    }

    /// Notes an answer of the table, and logs a warning if this machine's clock is wrong.
    pub fn note(&self, asked: Timestamp, answered: Timestamp, date: Timestamp) {
        if let Some(milliseconds) = self.observe(asked, answered, date) {
            tracing::warn!(target: CLOCK, milliseconds, "this machine's clock is ahead of the table's, or behind it where negative");
        }
    }

    /// Takes in an answer: when the request was sent and the answer came, by this machine's time of day, and the answer's `Date`. Returns by
    /// how many milliseconds this machine is ahead if that must be logged, at most once a minute.
    pub fn observe(&self, asked: Timestamp, answered: Timestamp, date: Timestamp) -> Option<i64> {
        let ms = Timestamp::as_millisecond;
        // The server wrote the date between the two times; its clock then showed `date` or up to two seconds more.
        let (least, most) = (ms(asked) - ms(date) - DATE_IS_WITHIN_MS, ms(answered) - ms(date));
        if least > most {
            // The time of day was changed between request and answer.
            return None;
        }
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.last = [least.max(0) + most.min(0), state.last[0]];
        let skew = agreed(state.last);
        let is_warned = state.warned_at.is_some_and(|at| (ms(answered) - ms(at)).unsigned_abs() < WARN_EVERY_MS);
        let is_told = skew.unsigned_abs() >= WARN_FROM_MS && !is_warned;
        is_told.then(|| {
            state.warned_at = Some(answered);
            skew
        })
    }

    /// The least difference between the clocks on which the last two answers agree. One answer alone may have been slow or misdated.
    pub fn least(&self) -> Duration {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::from_millis(agreed(state.last).unsigned_abs())
    }
}

/// The smaller of two differences in the same direction; zero if the directions differ.
fn agreed([one, other]: [i64; 2]) -> i64 {
    if one.signum() == other.signum() { one.signum() * one.abs().min(other.abs()) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_767_225_600_000 + milliseconds).unwrap_or_default()
    }

    fn after(answers: &[(i64, i64, i64)]) -> Duration {
        let skew = Skew::default();
        for (asked, answered, date) in answers {
            skew.note(at(*asked), at(*answered), at(*date));
        }
        skew.least()
    }

    #[test]
    fn a_skew_counts_when_two_answers_agree() {
        assert_eq!(after(&[(62_500, 62_600, 0)]), Duration::ZERO);
        assert_eq!(after(&[(62_500, 62_600, 0), (62_800, 62_900, 0)]), Duration::from_millis(60_500), "ahead");
        assert_eq!(after(&[(0, 100, 60_000), (200, 300, 60_000)]), Duration::from_millis(59_700), "behind");
        assert_eq!(after(&[(62_500, 62_600, 0), (0, 100, 60_000)]), Duration::ZERO, "they contradict each other");
    }

    #[test]
    fn a_skew_is_logged_from_five_seconds_on_and_once_a_minute() {
        let skew = Skew::unknown();
        let answer = |milliseconds: i64, ahead: i64| {
            skew.observe(at(milliseconds), at(milliseconds), at(milliseconds - ahead - DATE_IS_WITHIN_MS))
        };
        assert_eq!([answer(0, 4_999), answer(1, 4_999)], [None, None]);
        assert_eq!([answer(2, 5_000), answer(3, 5_000), answer(60_002, 5_000)], [None, Some(5_000), None]);
        assert_eq!(answer(60_003, 6_000), Some(5_000), "as both agree");
    }

    #[test]
    fn latency_whole_seconds_and_a_freeze_are_no_skew() {
        assert_eq!(after(&[(999, 1_005, 0), (1_900, 1_990, 0)]), Duration::ZERO, "a date of whole seconds");
        assert_eq!(after(&[(0, 20_000, 10_000), (0, 20_000, 19_000)]), Duration::ZERO, "slow answers");
        assert_eq!(after(&[(0, 3_600_000, 0), (0, 3_600_000, 0)]), Duration::ZERO, "frozen before the answer was read");
        assert_eq!(after(&[(60_000, 0, 0), (60_000, 0, 0)]), Duration::ZERO, "set while it was under way");
    }
}
