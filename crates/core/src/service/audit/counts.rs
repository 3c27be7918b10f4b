//! Counts of token reads and refreshes, which have no audit rows of their own. They are summed in memory, and a later event of the
//! process adds them to the table, once a minute at most. A process that ends before that loses the counts since its last addition.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::civil::Date;

use crate::App;
use crate::model::name::PartnerId;
use crate::model::secret::Fingerprint;
use crate::model::time::{day_of, later};
use crate::port::clock::Moment;
use crate::port::store::audit::{COUNTERS, DayCounts};

/// The shortest time between two additions of a process.
const ADDED_EVERY: Duration = Duration::from_secs(60);
/// How many sums one event adds at most, all at once.
const ADDED_AT_ONCE: usize = 16;
/// The largest number of partners and days that are summed. What comes beyond is not counted.
const SUMS_MOST: usize = 1_000;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// A caller asked for a token.
    TokenRead,
    /// A refresh ended.
    Refresh,
}

impl Counted {
    const fn word(self) -> &'static str {
        match self {
            Self::TokenRead => "token_read",
            Self::Refresh => "refresh",
        }
    }
}

/// The sums of this process.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Sums>);

#[derive(Debug, Default)]
struct Sums {
    /// Since when there are sums.
    since: Option<Moment>,
    of: BTreeMap<(PartnerId, Date), BTreeMap<String, u32>>,
}

impl Counts {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts something by its outcome.
pub(crate) fn count(app: &App, partner: &PartnerId, counted: Counted, outcome: &str) {
    let day = day_of(app.now());
    let sums = &mut *app.counts.sums();
    let key = (partner.clone(), day);
    if sums.of.len() >= SUMS_MOST && !sums.of.contains_key(&key) {
        return;
    }
    sums.since.get_or_insert_with(|| Moment::of(app.clock.as_ref()));
    let number = sums.of.entry(key).or_default().entry(format!("{}_{outcome}", counted.word())).or_default();
    *number = number.saturating_add(1);
}

/// Adds sums to the table, if the oldest of them is a minute old: those of [`ADDED_AT_ONCE`] partners at most, so that this takes no
/// longer than one request to the table. The next event adds the rest. What cannot be added is kept.
pub async fn store_counts(app: &App) {
    let adding = due(app).into_iter().map(|((partner, day), numbers)| async move {
        let expires_at = later(app.now(), app.settings.audit_retention);
        let counts = DayCounts { partner, day, counter: counter_of(&app.owner), numbers, expires_at };
        if let Err(error) = app.audit_log.add_counts(&counts).await {
            tracing::warn!(partner = %counts.partner, %error, "counts could not be stored yet");
            keep(app, counts);
        }
    });
    join_all(adding).await;
}

/// Takes the sums that are to be added now.
fn due(app: &App) -> Vec<((PartnerId, Date), BTreeMap<String, u32>)> {
    let mut sums = app.counts.sums();
    if sums.since.is_none_or(|since| since.age(app.clock.as_ref()) < ADDED_EVERY) {
        return Vec::new();
    }
    let due: Vec<_> = std::iter::from_fn(|| sums.of.pop_first()).take(ADDED_AT_ONCE).collect();
    if sums.of.is_empty() {
        sums.since = None;
    }
    due
}

fn keep(app: &App, counts: DayCounts) {
    let sums = &mut *app.counts.sums();
    sums.since.get_or_insert_with(|| Moment::of(app.clock.as_ref()));
    let kept = sums.of.entry((counts.partner, counts.day)).or_default();
    for (name, number) in counts.numbers {
        let sum = kept.entry(name).or_default();
        *sum = sum.saturating_add(number);
    }
}

/// The counter of a process. Processes spread over the counters, so that they do not all write to one row.
fn counter_of(process: &str) -> u8 {
    let hash = Fingerprint::of(process);
    u8::from_str_radix(&hash.as_str()[..2], 16).unwrap_or_default() % COUNTERS
}
