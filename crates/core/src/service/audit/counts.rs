//! Counts of token reads and refreshes, which have no audit rows of their own. They are summed in memory, and a later invocation of
//! the process adds them to the table, once a minute at most. A process that ends before that loses the counts since its last addition.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::civil::Date;

use crate::App;
use crate::model::name::PartnerId;
use crate::model::secret::Fingerprint;
use crate::model::time::{day_of, later};
use crate::port::store::audit::{COUNTERS, DayCounts};
use crate::service::health::sums::Sums;

/// The shortest time between two additions of a process.
const ADDED_EVERY: Duration = Duration::from_secs(60);
/// How many sums one invocation adds at most, all at once.
const ADDED_AT_ONCE: usize = 16;

/// An operation whose outcomes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A caller asked for a token.
    TokenRead,
    /// A refresh ended.
    Refresh,
}

impl Operation {
    const fn word(self) -> &'static str {
        match self {
            Self::TokenRead => "token_read",
            Self::Refresh => "refresh",
        }
    }
}

/// The sums of this process, by partner and day.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Sums<(PartnerId, Date)>>);

impl Counts {
    fn sums(&self) -> MutexGuard<'_, Sums<(PartnerId, Date)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an operation by its outcome.
pub(crate) fn count(app: &App, partner: &PartnerId, operation: Operation, outcome: &str) {
    let key = (partner.clone(), day_of(app.now()));
    app.counts.sums().add(app.clock.as_ref(), key, [(format!("{}_{outcome}", operation.word()), 1)]);
}

/// Adds sums to the table, if the oldest of them is a minute old: those of [`ADDED_AT_ONCE`] partners at most, so that this takes no
/// longer than one request to the table. The next invocation adds the rest. What cannot be added is kept.
pub async fn store_counts(app: &App) {
    let due = {
        let mut sums = app.counts.sums();
        let is_due = sums.age(app.clock.as_ref()).is_some_and(|age| age >= ADDED_EVERY);
        if is_due { sums.take(ADDED_AT_ONCE) } else { Vec::new() }
    };
    let adding = due.into_iter().map(|((partner, day), numbers)| async move {
        let expires_at = later(app.now(), app.settings.audit_retention);
        let counts = DayCounts { partner, day, counter: counter_of(&app.owner), numbers, expires_at };
        if let Err(error) = app.audit_log.add_counts(&counts).await {
            tracing::warn!(partner = %counts.partner, %error, "counts could not be stored yet");
            app.counts.sums().add(app.clock.as_ref(), (counts.partner, counts.day), counts.numbers);
        }
    });
    join_all(adding).await;
}

/// The counter of a process. Processes spread over the counters, so that they do not all write to one row.
fn counter_of(process: &str) -> u8 {
    let hash = Fingerprint::of(process);
    u8::from_str_radix(&hash.as_str()[..2], 16).unwrap_or_default() % COUNTERS
}
