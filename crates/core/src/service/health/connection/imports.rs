//! Whether the connection's imports run.

use std::time::Duration;

use crate::model::sync::{SyncFailure, SyncKind};
use crate::model::time::until;
use crate::port::store::syncs::LastRun;

use super::Seen;
use super::check::{Advice, Named, ReadinessCheck, utc};

/// A run that is due for longer is late. The worker runs every minute.
const LATE: Duration = Duration::from_secs(900);
/// A run that is due for longer is not taken up at all.
const STUCK: Duration = Duration::from_secs(86_400);

const SYNC: Named = Named("sync");

/// The last run of each kind succeeded, and no run is late.
pub(super) fn sync(seen: &Seen<'_>) -> ReadinessCheck {
    let state = seen.syncs;
    let last = || SyncKind::ALL.into_iter().filter_map(|kind| Some((kind, state.last[kind as usize]?)));
    let problems = last().filter_map(|(kind, last)| problem(seen, kind, last)).chain(late(seen));
    if let Some(worst) = problems.max_by_key(|check| check.status) {
        return worst;
    }
    if state.active.is_some() {
        return SYNC.pass("An import is under way.");
    }
    if let Some(at) = last().map(|(_, last)| last.at).max() {
        return SYNC.pass(format!("The last import completed at {}.", utc(at)));
    }
    let next = state.settings.schedule.next(&seen.connection.id, seen.now);
    match next {
        // A version that did not store how a run ended.
        _ if state.baselines.iter().any(|known| known.full_at.is_some()) => SYNC.pass("An import has completed."),
        Some(next) => SYNC.pass(format!("No import has run yet. The first one begins at {}.", utc(next))),
        None => SYNC.not_used("No import has run, and none is scheduled."),
    }
}

/// The result for the last run of a kind; `None` if it succeeded.
fn problem(seen: &Seen<'_>, kind: SyncKind, LastRun { at, failure, is_mismatched }: LastRun) -> Option<ReadinessCheck> {
    let ended = utc(at);
    let Some(failure) = failure else {
        let message = format!("The sums of the import of {ended} differ from the platform's.");
        return is_mismatched.then(|| SYNC.warn(message, Advice::ImportAll(kind)));
    };
    let message = format!("The import of {ended} failed. {}", failure.in_words());
    let is_over = failure.is_the_customers() && seen.connection.consented_at > at;
    let advice = Advice::after_import(kind, failure);
    Some(match failure {
        SyncFailure::PlatformUnavailable | SyncFailure::DailyLimit => SYNC.warn(message, advice),
        _ if is_over => SYNC.warn(format!("{message} The customer has consented again since."), Advice::Import(kind)),
        _ => SYNC.fail(message, advice),
    })
}

/// The result for a run that is due for too long.
fn late(seen: &Seen<'_>) -> Option<ReadinessCheck> {
    let due_at = seen.syncs.due_at?;
    let message = || format!("An import has been due since {}.", utc(due_at));
    match until(due_at, seen.now) {
        time if time > STUCK => Some(SYNC.fail(message(), Advice::CheckWorker)),
        time if time > LATE => Some(SYNC.warn(message(), Advice::CheckWorker)),
        _ => None,
    }
}
