//! Counts every connection again, a bounded number at a time, once a day: also those that no event has counted, such as one that is older
//! than the numbers, and those whose standing an event could not store.

use std::time::Duration;

use crate::model::time::later;
use crate::port::store::health::Recount;
use crate::{App, Error};

use crate::service::health::standing::note_or_log;

/// The time from the end of a round to the next.
const PAUSE: Duration = Duration::from_secs(86_400);
/// How many connections of a partner are listed at once.
const PAGE: u32 = 100;

/// Goes on with the recount: at most `most` connections and partners, rounded up to a page. It begins with no connection after the clock's
/// elapsed time is `ends_at`.
///
/// # Errors
/// The table's errors. The next call then goes on where this one began.
pub async fn recount(app: &App, most: usize, ends_at: Duration) -> Result<(), Error> {
    let Recount { mut partner, mut after, begins_at } = app.health.recount().await?;
    if begins_at.is_some_and(|at| at > app.now()) {
        return Ok(());
    }
    if partner.is_none() {
        partner = app.health.partner_after(None).await?;
    }
    let mut counted = 0;
    'pages: while let Some(current) = &partner
        && counted < most
    {
        let (connections, next) = app.health.connections_after(current, after.as_ref(), PAGE).await?;
        counted += connections.len().max(1);
        for connection in connections {
            if app.clock.elapsed() >= ends_at {
                break 'pages;
            }
            note_or_log(app, &connection).await;
            after = Some(connection.company_key);
        }
        after = next;
        if after.is_none() {
            partner = app.health.partner_after(Some(current)).await?;
        }
    }
    let begins_at = partner.is_none().then(|| later(app.now(), PAUSE));
    Ok(app.health.save_recount(&Recount { partner, after, begins_at }).await?)
}
