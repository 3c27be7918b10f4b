//! The items of a partner's totals: one for each slot with figures, and one with the numbers of connections. They lie side by side, so
//! that one request reads them all.

use std::collections::BTreeMap;

use counterfoil_core::model::connection::Status;
use counterfoil_core::model::health::{Figure, Standing};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::health::{Connections, HealthTotals};

use crate::key::SLOT;
use crate::row::{Item, damaged, text, time};
use crate::table::SK;

/// The name of the number of connections with this standing.
pub(super) fn name(standing: Standing) -> String {
    format!("{}_{}", standing.platform, standing.status.as_str())
}

pub(super) fn read(items: Vec<Item>) -> Result<HealthTotals, StoreError> {
    let mut totals = HealthTotals::default();
    for item in items {
        let sk = text(&item, SK)?;
        match sk.strip_prefix(SLOT) {
            Some(millis) => {
                let millis = i64::from_str_radix(millis, 16).map_err(|_| damaged(&sk, "not a slot"))?;
                totals.slots.insert(time(&sk, millis)?, figures(&item));
            }
            None => totals.connections = connections(&item),
        }
    }
    Ok(totals)
}

fn figures(item: &Item) -> BTreeMap<Figure, u64> {
    numbers(item).filter_map(|(name, number)| Some((Figure::of_name(name)?, number))).collect()
}

/// The numbers by platform. One may be below zero for a moment, while the table has no write that it belongs to: it counts as zero.
fn connections(item: &Item) -> BTreeMap<PlatformName, Connections> {
    let mut by_platform = BTreeMap::<PlatformName, Connections>::new();
    for (name, number) in numbers(item) {
        let Some((platform, status)) = PlatformName::at_start_of(name) else { continue };
        let Ok(status) = status.parse::<Status>() else { continue };
        let connections = by_platform.entry(platform).or_default();
        match status {
            Status::Active => connections.active = number,
            Status::NeedsReauthorization => connections.needs_reauthorization = number,
            Status::Disconnected => connections.disconnected = number,
        }
    }
    by_platform
}

fn numbers(item: &Item) -> impl Iterator<Item = (&str, u64)> {
    item.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_n().ok()?.parse().unwrap_or_default())))
}
