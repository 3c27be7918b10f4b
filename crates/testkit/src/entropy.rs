//! Random bytes that a test can repeat: the same seed gives the same bytes in the same order.

use std::sync::atomic::{AtomicU64, Ordering};

use counterfoil_core::port::entropy::Entropy;

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). It is repeatable and not secure.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The generator of this seed. Two processes of one test need different seeds, or they make the same ids.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_stream_that_is_published_for_it() {
        let entropy = SeededEntropy::new(1_234_567);
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        let numbers = [0, 8].map(|at| u64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes")));
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn two_seeds_give_different_bytes() {
        let [mut one, mut other] = [[0; 20]; 2];
        SeededEntropy::new(1).fill(&mut one);
        SeededEntropy::new(2).fill(&mut other);
        assert_ne!(one, other);
    }
}
