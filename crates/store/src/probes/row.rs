//! The item of a probe, beside its connection. It has no TTL while it is due, because a grant's status depends on it.

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::probe::Probe;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::key::PROBER;
use crate::key::due_shard;
use crate::row::{Item, damaged, from_item, millis, time, to_item};

#[derive(Serialize, Deserialize)]
struct ProbeRow {
    partner: String,
    company_key: String,
    aim: String,
    denied: u32,
    unanswered: u32,
    due_at: i64,
    due_shard: String,
}

pub(crate) fn write(probe: &Probe) -> Result<Item, StoreError> {
    let row = ProbeRow {
        partner: probe.connection.partner.to_string(),
        company_key: probe.connection.company_key.to_string(),
        aim: probe.kind.as_str().to_owned(),
        denied: probe.denied,
        unanswered: probe.unanswered,
        due_at: millis(probe.due_at),
        due_shard: due_shard(PROBER, &probe.connection),
    };
    to_item(&Key::probe(&probe.connection), row)
}

pub(crate) fn read(item: Item) -> Result<Probe, StoreError> {
    let row: ProbeRow = from_item(item)?;
    let name = format!("CONN#{}#{}/PROBE", row.partner, row.company_key);
    Ok(Probe {
        connection: ConnectionId {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            company_key: CompanyKey::parse(&row.company_key).map_err(|_| damaged(&name, "company_key"))?,
        },
        kind: row.aim.parse().map_err(|_| damaged(&name, "aim"))?,
        denied: row.denied,
        unanswered: row.unanswered,
        due_at: time(&name, row.due_at)?,
    })
}
