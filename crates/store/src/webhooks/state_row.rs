//! The item of one endpoint: its secrets, its health, and the lease of the process that delivers to it.

use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName, Health, SigningSecrets};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::webhooks::EndpointState;
use counterfoil_core::service::webhook::endpoints;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::{ENDPOINT, Key, WEBHOOKS, endpoint_shard};
use crate::row::{Item, damaged, from_item, maybe_time, millis, name_of, text, time, to_item};
use crate::table::{PK, SK};
use crate::update::Changes;

#[derive(Serialize)]
struct NewRow {
    secret: ByteBuf,
    due_shard: String,
    due_at: i64,
}

#[derive(Deserialize)]
struct StateRow {
    secret: ByteBuf,
    previous_secret: Option<ByteBuf>,
    previous_until: Option<i64>,
    #[serde(default)]
    is_disabled: bool,
    last_success_at: Option<i64>,
    failing_since: Option<i64>,
    notified_at: Option<i64>,
    paused_until: Option<i64>,
}

/// The item of a new endpoint.
pub(super) fn write(endpoint: &EndpointName, secrets: &SigningSecrets, due_at: Timestamp) -> Result<Item, StoreError> {
    let row =
        NewRow { secret: ByteBuf::from(secrets.current.as_bytes()), due_shard: endpoint_shard(endpoint), due_at: millis(due_at) };
    to_item(&Key::endpoint(&endpoint.partner, &endpoint.id), row)
}

pub(super) fn read(item: Item) -> Result<EndpointState, StoreError> {
    let name = name_of(&item);
    let row: StateRow = from_item(item)?;
    let sealed = |bytes: ByteBuf| Sealed::from_bytes(bytes.into_vec());
    let previous = match (row.previous_secret, row.previous_until) {
        (Some(secret), Some(until)) => Some((sealed(secret), time(&name, until)?)),
        (None, None) => None,
        _ => return Err(damaged(&name, "a secret without its end")),
    };
    Ok(EndpointState {
        secrets: SigningSecrets { current: sealed(row.secret), previous },
        health: Health {
            last_success_at: maybe_time(&name, row.last_success_at)?,
            failing_since: maybe_time(&name, row.failing_since)?,
            notified_at: maybe_time(&name, row.notified_at)?,
            paused_until: maybe_time(&name, row.paused_until)?,
        },
        is_enabled: !row.is_disabled,
    })
}

/// The changes that store this health.
pub(super) fn with_health(changes: Changes, health: &Health) -> Result<Changes, StoreError> {
    changes
        .put("last_success_at", health.last_success_at.map(millis))?
        .put("failing_since", health.failing_since.map(millis))?
        .put("notified_at", health.notified_at.map(millis))?
        .put("paused_until", health.paused_until.map(millis))
}

/// The owner of the sealed secrets in this item; `None` if the item is no endpoint.
pub(crate) fn sealing_owner(item: &Item) -> Option<String> {
    endpoint_of(item).ok().map(|endpoint| endpoints::sealing_owner(&endpoint))
}

/// The endpoint with this state.
pub(super) fn endpoint_of(item: &Item) -> Result<EndpointName, StoreError> {
    let (pk, sk) = (text(item, PK)?, text(item, SK)?);
    let name = || {
        let partner = PartnerId::parse(pk.strip_prefix(WEBHOOKS)?).ok()?;
        Some(EndpointName { partner, id: EndpointId::parse(sk.strip_prefix(ENDPOINT)?)? })
    };
    name().ok_or_else(|| damaged(&pk, "a key that names no endpoint"))
}
