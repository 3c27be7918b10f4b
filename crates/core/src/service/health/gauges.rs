//! The numbers of connections and of pending deliveries of all partners together, which the dispatcher measures each minute.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::name::PartnerId;
use crate::model::platform::PlatformName;
use crate::model::webhook::endpoint::{Endpoint, EndpointName};
use crate::port::store::health::Connections;
use crate::{App, Error};

use crate::service::health::partner::PENDING_MOST;

/// The most partners whose numbers are added.
const PARTNERS_MOST: usize = 1_000;

/// The numbers, over all partners.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// The connections to each platform, by status.
    pub connections: BTreeMap<PlatformName, Connections>,
    /// The deliveries that are due or wait for their next attempt: at most [`PENDING_MOST`] of each endpoint.
    pub pending_deliveries: u64,
}

/// Adds the numbers of all partners. For each it makes three requests to the table, and one for each enabled endpoint. `None` if they are
/// not all read when the clock's elapsed time is `ends_at`, or there are more than a thousand partners: a part of the numbers would mislead.
///
/// # Errors
/// The table's errors.
pub async fn gauges(app: &App, ends_at: Duration) -> Result<Option<Gauges>, Error> {
    let (mut gauges, mut after) = (Gauges::default(), None);
    for _ in 0..PARTNERS_MOST {
        let Some(partner) = app.health.partner_after(after.as_ref()).await? else { return Ok(Some(gauges)) };
        if app.clock.elapsed() >= ends_at {
            return Ok(None);
        }
        gauges.add_partner(app, &partner).await?;
        after = Some(partner);
    }
    Ok(None)
}

impl Gauges {
    async fn add_partner(&mut self, app: &App, partner: &PartnerId) -> Result<(), Error> {
        // The figures of the current slot come with the numbers of connections.
        for (platform, connections) in app.health.totals(partner, app.now()).await?.connections {
            let sum = self.connections.entry(platform).or_default();
            sum.active += connections.active;
            sum.needs_reauthorization += connections.needs_reauthorization;
            sum.disconnected += connections.disconnected;
        }
        for endpoint in app.endpoints.endpoints(partner).await?.list.into_iter().filter(Endpoint::is_enabled) {
            let name = EndpointName { partner: partner.clone(), id: endpoint.id };
            self.pending_deliveries += app.deliveries.pending(&name, PENDING_MOST).await?.len() as u64;
        }
        Ok(())
    }
}
