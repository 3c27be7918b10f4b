//! The item of an alias: another text by which a caller may name an API key. Only its hash is stored.

use counterfoil_core::model::api_key::{ApiKey, KeyId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, name_of, to_item};

#[derive(Serialize, Deserialize)]
struct AliasRow {
    partner: String,
    key_id: String,
}

pub(super) fn write(alias: &Fingerprint, key: &ApiKey) -> Result<Item, StoreError> {
    to_item(&Key::alias(alias), AliasRow { partner: key.partner.to_string(), key_id: key.id.to_string() })
}

pub(super) fn read(item: Item) -> Result<(PartnerId, KeyId), StoreError> {
    let name = name_of(&item);
    let row: AliasRow = from_item(item)?;
    let partner = PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?;
    Ok((partner, KeyId::parse(&row.key_id).ok_or_else(|| damaged(&name, "key_id"))?))
}
