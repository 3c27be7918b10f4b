//! A clock that a test moves, so that hours pass in no time and nothing depends on how fast the machine is.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Stands still until it is moved.
#[derive(Debug)]
pub struct MovableClock {
    hands: watch::Sender<Hands>,
    /// Whether a sleep moves it on at once, instead of waiting for the test to do so.
    self_advancing: bool,
}

#[derive(Debug, Clone, Copy)]
struct Hands {
    wall: Timestamp,
    elapsed: Duration,
    sleepers: usize,
}

impl MovableClock {
    /// A clock at that time, which only the test moves.
    pub fn new(at: Timestamp) -> Self {
        Self::showing(at, false)
    }

    /// A clock at that time, which every sleep moves on by its length: a test with waits in it runs in no time. Sleeps
    /// that overlap add up, so that time may run too fast for those who wait, never too slowly.
    pub fn self_advancing(at: Timestamp) -> Self {
        Self::showing(at, true)
    }

    fn showing(wall: Timestamp, self_advancing: bool) -> Self {
        let hands = watch::Sender::new(Hands { wall, elapsed: Duration::ZERO, sleepers: 0 });
        Self { hands, self_advancing }
    }

    /// Lets that much time pass, on both clocks, and wakes whoever slept until then.
    pub fn advance(&self, time: Duration) {
        let signed = SignedDuration::try_from(time).expect("a time that a test waits for");
        self.hands.send_modify(|hands| {
            hands.wall += signed;
            hands.elapsed += time;
        });
    }

    /// Sets the time of day alone, forwards or back, as a machine's clock is set; no time passes.
    pub fn set_wall(&self, at: Timestamp) {
        self.hands.send_modify(|hands| hands.wall = at);
    }

    /// Waits until that many sleep, so that the test can move on knowing who is woken by it.
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

/// Counts a sleeper for as long as it sleeps, also one that is dropped in its sleep.
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
    fn setting_the_wall_lets_no_time_pass() {
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
