//! Sums in memory, which a later invocation of the process adds to the table.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::port::clock::{Clock, Moment};

/// The largest number of keys that are summed. What comes beyond is not counted.
const KEYS_MOST: usize = 1_000;

/// The numbers of a key, by name.
pub(crate) type Numbers = BTreeMap<String, u32>;

/// Sums by key.
#[derive(Debug)]
pub(crate) struct Sums<K> {
    /// Since when there are sums.
    since: Option<Moment>,
    of: BTreeMap<K, Numbers>,
}

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self { since: None, of: BTreeMap::new() }
    }
}

impl<K: Ord> Sums<K> {
    /// Adds numbers to those of a key.
    pub(crate) fn add(&mut self, clock: &dyn Clock, key: K, numbers: impl IntoIterator<Item = (String, u32)>) {
        if self.of.len() >= KEYS_MOST && !self.of.contains_key(&key) {
            return;
        }
        self.since.get_or_insert_with(|| Moment::of(clock));
        let sums = self.of.entry(key).or_default();
        for (name, number) in numbers {
            let sum = sums.entry(name).or_default();
            *sum = sum.saturating_add(number);
        }
    }

    /// The age of the oldest sum; `None` without sums.
    pub(crate) fn age(&self, clock: &dyn Clock) -> Option<Duration> {
        self.since.map(|since| since.age(clock))
    }

    /// Takes the sums of at most so many keys.
    pub(crate) fn take(&mut self, most: usize) -> Vec<(K, Numbers)> {
        let taken: Vec<_> = std::iter::from_fn(|| self.of.pop_first()).take(most).collect();
        if self.of.is_empty() {
            self.since = None;
        }
        taken
    }
}
