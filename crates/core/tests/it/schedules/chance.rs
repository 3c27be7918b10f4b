//! The random decisions of a schedule, from its seed.

use std::time::Duration;

use counterfoil_core::port::entropy::Entropy;
use counterfoil_testkit::entropy::SeededEntropy;

/// A sequence of decisions.
pub(super) struct Chance(SeededEntropy);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        // Different from the seeds of the processes' own entropy.
        Self(SeededEntropy::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5eed))
    }

    /// A number in `0.0..1.0`.
    fn fraction(&self) -> f64 {
        let entropy: &dyn Entropy = &self.0;
        entropy.fraction()
    }

    /// Whether an event with this probability happens.
    pub(super) fn happens(&self, often: f64) -> bool {
        self.fraction() < often
    }

    /// One of the choices.
    pub(super) fn one_of<'a, T>(&self, choices: &'a [T]) -> &'a T {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        let number = usize::try_from(u32::from_be_bytes(bytes)).expect("an index of 32 bits");
        &choices[number % choices.len()]
    }

    /// A time between both.
    pub(super) fn between(&self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.fraction())
    }
}
