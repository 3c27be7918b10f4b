//! Runs a purge step by step. It stores its position after each step, so that another process can continue.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::purge::Purge;
use crate::model::time::later;
use crate::port::store::purges::{Removed, Rest};
use crate::port::store::revocations::Claim;
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::optimistic::Tries;

/// How long a claim lasts after each step. If the process dies, the purge is due again at the claim's end.
const CLAIM_LIFE: Duration = Duration::from_secs(120);
/// The longest time of a step. No step begins with less time left.
const STEP_LONGEST: Duration = Duration::from_secs(20);

/// The result of a run of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purged {
    /// It is complete, or another process has claimed it.
    Done,
    /// It continues later: there was no time left, or the next part is not ready.
    Paused,
}

/// Works on a connection's purge until it is complete, or until no other step could end before the monotonic time `ends_at`.
///
/// # Errors
/// The table's errors. The purge does not change, and is due again when its claim ends.
pub async fn purge(app: &App, id: &ConnectionId, ends_at: Duration) -> Result<Purged, Error> {
    let now = app.now();
    let claim = Claim { id: app.new_id("claim_"), at: now, until: later(now, CLAIM_LIFE) };
    let Some(mut purge) = app.purges.claim_purge(id, &claim).await? else { return Ok(Purged::Done) };
    while purge.completed_at.is_none() {
        let now = app.now();
        let due_at = purge.ready_at().max(now);
        if due_at > now || app.clock.elapsed() + STEP_LONGEST > ends_at {
            app.purges.save_purge(&purge, &claim, due_at).await?;
            return Ok(Purged::Paused);
        }
        let removed = remove(app, &purge).await?;
        purge = after(purge, removed, app.now());
        if app.purges.save_purge(&purge, &claim, later(app.now(), CLAIM_LIFE)).await? == Written::Overtaken {
            return Ok(Purged::Done);
        }
    }
    tracing::info!(connection = %id, removed = purge.removed, "a purge is complete");
    Ok(Purged::Done)
}

/// Executes one step. It repeats the step while another transaction conflicts with it.
async fn remove(app: &App, purge: &Purge) -> Result<Removed, StoreError> {
    let mut tries = Tries::new(app, "what a purge covers could not be removed");
    loop {
        tries.next().await?;
        match app.purges.remove(purge).await {
            Err(StoreError::Busy(_)) => {}
            removed => return removed,
        }
    }
}

/// The purge after a step.
fn after(purge: Purge, removed: Removed, now: Timestamp) -> Purge {
    let counted = Purge { removed: purge.removed + removed.items, ..purge };
    match (removed.rest, counted.part.next()) {
        (Rest::After(after), _) => Purge { after, ..counted },
        (Rest::Nothing, Some(part)) => Purge { part, after: None, ..counted },
        (Rest::Nothing, None) => Purge { after: None, completed_at: Some(now), ..counted },
    }
}
