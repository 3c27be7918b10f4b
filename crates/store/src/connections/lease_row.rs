//! The item of a lease, beside its connection. It is never deleted and has no TTL: a commit makes it obsolete.

use counterfoil_core::model::lease::{Lease, LeaseId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, from_item, millis, time, to_item};

#[derive(Serialize, Deserialize)]
struct LeaseRow {
    lease_id: String,
    epoch: u64,
    owner: String,
    started_at: i64,
    until: i64,
    refresh_token_sha256: String,
    doubtful: bool,
}

pub(crate) fn write(key: &Key, lease: &Lease) -> Result<Item, StoreError> {
    let row = LeaseRow {
        lease_id: lease.id.as_str().to_owned(),
        epoch: lease.epoch,
        owner: lease.owner.clone(),
        started_at: millis(lease.started_at),
        until: millis(lease.until),
        refresh_token_sha256: lease.refresh_token.as_str().to_owned(),
        doubtful: lease.doubtful,
    };
    to_item(key, row)
}

pub(crate) fn read(item: Item) -> Result<Lease, StoreError> {
    let row: LeaseRow = from_item(item)?;
    Ok(Lease {
        epoch: row.epoch,
        owner: row.owner,
        started_at: time(&row.lease_id, row.started_at)?,
        until: time(&row.lease_id, row.until)?,
        refresh_token: Fingerprint::stored(row.refresh_token_sha256),
        doubtful: row.doubtful,
        id: LeaseId::new(row.lease_id),
    })
}
