//! The history of a partner: its audit rows, and a row for the counts of each day.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use crate::model::audit::{Action, Actor, AuditEntry};
use crate::model::name::PartnerId;
use crate::model::time::{day_of, sortable, start_of};
use crate::port::store::StoreError;
use crate::port::store::audit::{AuditPage, AuditQuery, Order};
use crate::{App, Error};

/// A page of a partner's audit rows and counts.
///
/// # Errors
/// The table's errors.
pub async fn of_partner(app: &App, partner: &PartnerId, query: &AuditQuery) -> Result<AuditPage, Error> {
    let rows = async {
        match query.action {
            Some(Action::DailyCounts) => Ok(AuditPage { entries: Vec::new(), next: None }),
            _ => app.audit_log.of_partner(partner, query).await,
        }
    };
    let (rows, counts) = tokio::try_join!(rows, counts(app, partner, query))?;
    Ok(merged(rows, counts, query))
}

/// The counts of the days of a page, a row for each day.
async fn counts(app: &App, partner: &PartnerId, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
    if query.action.is_some_and(|action| action != Action::DailyCounts) {
        return Ok(Vec::new());
    }
    let mut from = query.since.map_or(Date::MIN, first_day);
    let mut to = query.until.map_or(Date::MAX, day_of);
    match (query.order, query.after.as_deref().and_then(day_of_place)) {
        (Order::NewestFirst, Some(day)) => to = to.min(day),
        (Order::OldestFirst, Some(day)) => from = from.max(day),
        (_, None) => {}
    }
    if from > to {
        return Ok(Vec::new());
    }
    // One more because the first day may be the one at `after`, and one more that says whether there is another page.
    let days = app.audit_log.counts(partner, (from, to), query.order, query.most.saturating_add(2)).await?;
    let entries = days.into_iter().filter_map(|(day, numbers)| row_of_day(day, numbers));
    let is_behind = |entry: &AuditEntry| query.after.as_deref().is_none_or(|after| is_before(query.order, after, &entry.place));
    Ok(entries.filter(is_behind).collect())
}

/// The first day that begins at or after a time.
fn first_day(since: Timestamp) -> Date {
    let day = day_of(since);
    if start_of(day).is_some_and(|start| start >= since) { day } else { day.saturating_add(1.day()) }
}

/// The day of a place, which begins with its time.
fn day_of_place(place: &str) -> Option<Date> {
    let millis = i64::from_str_radix(place.get(..12)?, 16).ok()?;
    Timestamp::from_millisecond(millis).ok().map(day_of)
}

fn row_of_day(day: Date, numbers: BTreeMap<String, u64>) -> Option<AuditEntry> {
    let at = start_of(day)?;
    Some(AuditEntry {
        place: format!("{}{:016x}", sortable(at), 0),
        id: format!("counts-{day}"),
        at,
        action: Action::DailyCounts.as_str().to_owned(),
        actor: Actor::Vault.to_text(),
        company_key: None,
        detail: numbers.into_iter().map(|(name, number)| (name, number.to_string())).collect(),
        request_id: None,
        source_ip: None,
    })
}

/// Rows and counts in one list. Behind the last row of a page that is not the last one there may be rows before the next count.
fn merged(rows: AuditPage, counts: Vec<AuditEntry>, query: &AuditQuery) -> AuditPage {
    let AuditPage { mut entries, mut next } = rows;
    let is_before_next = |entry: &AuditEntry| next.as_deref().is_none_or(|next| is_before(query.order, &entry.place, next));
    let counts: Vec<_> = counts.into_iter().filter(is_before_next).collect();
    entries.extend(counts);
    entries.sort_by(|one, other| {
        let by_place = one.place.cmp(&other.place);
        if query.order == Order::NewestFirst { by_place.reverse() } else { by_place }
    });
    if entries.len() > query.most as usize {
        entries.truncate(query.most as usize);
        next = entries.last().map(|last| last.place.clone());
    }
    AuditPage { entries, next }
}

/// Whether a place comes before another in this order.
fn is_before(order: Order, one: &str, other: &str) -> bool {
    let ordering = if order == Order::NewestFirst { Ordering::Greater } else { Ordering::Less };
    one.cmp(other) == ordering
}
