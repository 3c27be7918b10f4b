//! The health of a partner's integrations, at the same cost for any number of connections.

mod decide;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;

use crate::model::event::Event;
use crate::model::health::{Counted, Figure, SLOT, slot_before};
use crate::model::name::PartnerId;
use crate::model::platform::PlatformName;
use crate::model::time::until;
use crate::model::webhook::endpoint::EndpointName;
use crate::port::store::health::{Attention, Connections, HealthTotals};
use crate::{App, Error};

use crate::service::webhook::endpoints::{EndpointView, list_endpoints};

pub use decide::HealthStatus;
use decide::{overall, status_of_platform, status_of_webhooks, works};

/// The period that is counted.
const PERIOD: Duration = Duration::from_secs(86_400);
/// The period in which the longest overdue connection is looked for.
const OVERDUE_PERIOD: Duration = Duration::from_secs(2 * SLOT.as_secs());
/// The most connections that are listed because they need somebody.
pub const ATTENTION_MOST: u32 = 100;
/// The most pending deliveries of an endpoint that are counted.
pub const PENDING_MOST: u32 = 1_000;

/// The health of a partner's integrations.
#[derive(Debug, PartialEq, Eq)]
pub struct PartnerHealth {
    /// The worst status of a platform and of the webhooks.
    pub status: HealthStatus,
    /// Each platform with a connection, or with a figure in the last 24 hours.
    pub platforms: Vec<PlatformHealth>,
    /// The webhooks.
    pub webhooks: WebhooksHealth,
    /// The connections that need somebody, the latest problem first: at most [`ATTENTION_MOST`].
    pub attention: Vec<Attention>,
    /// Whether there are more of them.
    pub is_cut: bool,
}

/// The health of a partner's connections to a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformHealth {
    /// The platform.
    pub platform: PlatformName,
    /// How it does.
    pub status: HealthStatus,
    /// The numbers of connections.
    pub connections: Connections,
    /// The counts of the last 24 hours.
    pub counts: BTreeMap<Counted, u64>,
    /// How long the longest overdue connection had been due to which the refresher came in the last ten minutes, rounded up to a power
    /// of two. Less than two minutes count as 0.
    pub oldest_overdue_seconds: u64,
}

impl PlatformHealth {
    /// A count of the last 24 hours.
    pub fn count(&self, counted: Counted) -> u64 {
        self.counts.get(&counted).copied().unwrap_or_default()
    }
}

/// The health of a partner's webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhooksHealth {
    /// How they do.
    pub status: HealthStatus,
    /// The deliveries that are due or wait for their next attempt: at most [`PENDING_MOST`] of each endpoint.
    pub pending: u64,
    /// The endpoints that fail, or were disabled because they failed.
    pub failing: u64,
    /// The median time from an event to its first attempt in the last 24 hours, rounded up to a power of two; `None` without any.
    pub delay_ms_p50: Option<u64>,
    /// The time within which 95 percent of the events had their first attempt, rounded in the same way.
    pub delay_ms_p95: Option<u64>,
    /// The age of the oldest event among the pending deliveries.
    pub oldest_pending_seconds: Option<u64>,
}

/// The health of a partner's integrations. It makes four requests to the table, and one for each enabled endpoint.
///
/// # Errors
/// The table's errors.
pub async fn health_of(app: &App, partner: &PartnerId) -> Result<PartnerHealth, Error> {
    let now = app.now();
    let stored = async {
        let totals = app.health.totals(partner, slot_before(now, PERIOD));
        Ok(try_join(totals, app.health.attention(partner, ATTENTION_MOST + 1)).await?)
    };
    let ((totals, mut attention), endpoints) = try_join(stored, list_endpoints(app, partner)).await?;
    let is_cut = attention.len() > ATTENTION_MOST as usize;
    attention.truncate(ATTENTION_MOST as usize);
    let pending = pending(app, partner, &endpoints).await?;
    let platforms = platforms(&totals, now);
    let webhooks = webhooks(&totals, &endpoints, &pending, now);
    Ok(PartnerHealth { status: overall(&platforms, webhooks.status), platforms, webhooks, attention, is_cut })
}

/// When the events of the pending deliveries happened.
async fn pending(app: &App, partner: &PartnerId, endpoints: &[EndpointView]) -> Result<Vec<Timestamp>, Error> {
    let enabled = endpoints.iter().filter(|view| view.endpoint.is_enabled());
    let reading = enabled.map(|view| async {
        let name = EndpointName { partner: partner.clone(), id: view.endpoint.id.clone() };
        app.deliveries.pending(&name, PENDING_MOST).await
    });
    let pending = try_join_all(reading).await?.into_iter().flatten();
    Ok(pending.map(|(id, due_at)| Event::time_of(&id.event).unwrap_or(due_at)).collect())
}

fn platforms(totals: &HealthTotals, now: Timestamp) -> Vec<PlatformHealth> {
    let lately = slot_before(now, OVERDUE_PERIOD);
    let of = |platform: PlatformName| {
        let (mut counts, mut oldest_overdue_seconds) = (BTreeMap::<Counted, u64>::new(), 0);
        for (slot, (figure, number)) in totals.slots.iter().flat_map(|(slot, figures)| figures.iter().map(move |it| (slot, it))) {
            match figure {
                Figure::Of(of, counted) if *of == platform => *counts.entry(*counted).or_default() += number,
                Figure::Overdue(of, seconds) if *of == platform && *slot >= lately => {
                    oldest_overdue_seconds = oldest_overdue_seconds.max(*seconds);
                }
                _ => {}
            }
        }
        let connections = totals.connections.get(&platform).copied();
        if connections.is_none() && counts.is_empty() {
            return None;
        }
        let connections = connections.unwrap_or_default();
        let health = PlatformHealth { platform, status: HealthStatus::Ok, connections, counts, oldest_overdue_seconds };
        Some(PlatformHealth { status: status_of_platform(&health), ..health })
    };
    PlatformName::ALL.into_iter().filter_map(of).collect()
}

fn webhooks(totals: &HealthTotals, endpoints: &[EndpointView], pending: &[Timestamp], now: Timestamp) -> WebhooksHealth {
    let mut delays = BTreeMap::<u64, u64>::new();
    for (figure, number) in totals.slots.values().flatten() {
        if let Figure::Delay(milliseconds) = figure {
            *delays.entry(*milliseconds).or_default() += number;
        }
    }
    let health = WebhooksHealth {
        status: HealthStatus::Ok,
        pending: pending.len() as u64,
        failing: endpoints.iter().filter(|view| !works(view)).count() as u64,
        delay_ms_p50: percentile(&delays, 50),
        delay_ms_p95: percentile(&delays, 95),
        oldest_pending_seconds: pending.iter().min().map(|at| until(*at, now).as_secs()),
    };
    WebhooksHealth { status: status_of_webhooks(&health, endpoints), ..health }
}

/// The least number that so many percent of the counted ones do not exceed.
fn percentile(counted: &BTreeMap<u64, u64>, percent: u64) -> Option<u64> {
    let all: u64 = counted.values().sum();
    let mut sum = 0;
    counted.iter().find_map(|(number, count)| {
        sum += count;
        (sum * 100 >= all * percent).then_some(*number)
    })
}
