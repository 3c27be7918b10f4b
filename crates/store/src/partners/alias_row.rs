//! The item of an alias: another text by which a caller may name an API key. Only its hash is stored.

use counterfoil_core::model::api_key::{ApiKey, KeyId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, name_of, to_item};

#[derive(Serialize, Deserialize)]
struct AliasRow {
    partner: String,
    key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<i64>,
}

pub(super) fn write(alias: &Fingerprint, key: &ApiKey, at: Timestamp) -> Result<Item, StoreError> {
    let (partner, key_id) = (key.partner.to_string(), key.id.to_string());
    to_item(&Key::alias(alias), AliasRow { partner, key_id, created_at: Some(millis(at)), removed_at: None })
}

/// The key of an alias; `None` if the alias was removed.
pub(super) fn read(item: Item) -> Result<Option<(PartnerId, KeyId)>, StoreError> {
    let name = name_of(&item);
    let row: AliasRow = from_item(item)?;
    if row.removed_at.is_some() {
        return Ok(None);
    }
    let partner = PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?;
    Ok(Some((partner, KeyId::parse(&row.key_id).ok_or_else(|| damaged(&name, "key_id"))?)))
}
