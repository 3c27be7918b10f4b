//! A clock that a test sets, so that tests take no real time and do not depend on the machine's speed.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct MovableClock {
    hands: watch::Sender<Hands>,
    /// Whether a sleep moves the clock immediately, instead of waiting for the test.
    self_advancing: bool,
}

#[derive(Debug, Clone, Copy)]
struct Hands {
    wall: Timestamp,
    elapsed: Duration,
    sleepers: usize,
}

impl MovableClock {
    /// A clock at this time that only the test moves.
    pub fn new(at: Timestamp) -> Self {
        Self::showing(at, false)
    }

    /// A clock at this time that every sleep moves forward by its length, so a test with waits takes no time. Overlapping sleeps add up, so time
    /// may pass too fast for those who wait, but never too slowly.
    pub fn self_advancing(at: Timestamp) -> Self {
        Self::showing(at, true)
    }

    fn showing(wall: Timestamp, self_advancing: bool) -> Self {
        let hands = watch::Sender::new(Hands { wall, elapsed: Duration::ZERO, sleepers: 0 });
        Self { hands, self_advancing }
    }

    /// Moves both clocks forward by this time, and wakes the tasks that slept until then.
    pub fn advance(&self, time: Duration) {
        let signed = SignedDuration::try_from(time).expect("a time that a test waits for");
        self.hands.send_modify(|hands| {
            hands.wall += signed;
            hands.elapsed += time;
        });
    }

    /// Sets the time of day only, forwards or back. The monotonic clock does not change.
    pub fn set_wall(&self, at: Timestamp) {
        self.hands.send_modify(|hands| hands.wall = at);
    }

    /// Waits until this number of tasks are sleeping, so that the test knows whom it wakes.
    pub async fn until_asleep(&self, sleepers: usize) {
        let mut hands = self.hands.subscribe();
        hands.wait_for(|hands| hands.sleepers >= sleepers).await.expect("the clock outlives this");
    }
}

#[async_trait]
impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        self.hands.borrow().wall
    }

    fn elapsed(&self) -> Duration {
        self.hands.borrow().elapsed
    }

    async fn sleep(&self, time: Duration) {
        if self.self_advancing {
            self.advance(time);
            return tokio::task::yield_now().await;
        }
        let mut hands = self.hands.subscribe();
        let until = self.elapsed() + time;
        let _asleep = Asleep::on(&self.hands);
        hands.wait_for(|hands| hands.elapsed >= until).await.expect("the clock outlives this");
    }
}

/// Counts a sleeping task, until it wakes or is dropped.
struct Asleep<'a>(&'a watch::Sender<Hands>);

impl<'a> Asleep<'a> {
    fn on(hands: &'a watch::Sender<Hands>) -> Self {
        hands.send_modify(|hands| hands.sleepers += 1);
        Self(hands)
    }
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|hands| hands.sleepers -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
        let clock = Arc::new(MovableClock::new(Timestamp::UNIX_EPOCH));
        let sleeper = Arc::clone(&clock);
        let sleeping = tokio::spawn(async move { sleeper.sleep(Duration::from_secs(10)).await });
        clock.until_asleep(1).await;
        clock.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeping.is_finished());
        clock.advance(Duration::from_secs(1));
        sleeping.await.expect("woken");
        assert_eq!(clock.elapsed(), Duration::from_secs(10));
        assert_eq!(clock.now().as_second(), 10);
    }

    #[test]
    fn setting_the_wall_clock_does_not_move_the_monotonic_one() {
        let clock = MovableClock::new(Timestamp::UNIX_EPOCH);
        clock.set_wall(Timestamp::from_second(500).expect("in range"));
        assert_eq!((clock.now().as_second(), clock.elapsed()), (500, Duration::ZERO));
    }

    #[tokio::test]
    async fn a_self_advancing_clock_moves_by_the_length_of_each_sleep() {
        let clock = MovableClock::self_advancing(Timestamp::UNIX_EPOCH);
        clock.sleep(Duration::from_secs(3_600)).await;
        assert_eq!(clock.elapsed(), Duration::from_secs(3_600));
    }
}
