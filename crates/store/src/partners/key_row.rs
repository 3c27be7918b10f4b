//! The item of an API key. It has the key's hash, never the key.

use counterfoil_core::model::api_key::{ApiKey, KeyId, Scope};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, maybe_time, millis, time, to_item};

#[derive(Serialize, Deserialize)]
struct ApiKeyRow {
    key_id: String,
    partner: String,
    sha256: String,
    name: String,
    scopes: Vec<String>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<i64>,
    last_used_at: i64,
}

pub(crate) fn write(key: &ApiKey) -> Result<Item, StoreError> {
    let row = ApiKeyRow {
        key_id: key.id.to_string(),
        partner: key.partner.to_string(),
        sha256: key.hash.as_str().to_owned(),
        name: key.name.clone(),
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        created_at: millis(key.created_at),
        expires_at: key.expires_at.map(millis),
        revoked_at: key.revoked_at.map(millis),
        last_used_at: millis(key.last_used_at),
    };
    to_item(&Key::api_key(&key.partner, &key.id), row)
}

pub(crate) fn read(item: Item) -> Result<ApiKey, StoreError> {
    let row: ApiKeyRow = from_item(item)?;
    let name = format!("KEY#{}", row.key_id);
    Ok(ApiKey {
        id: KeyId::parse(&row.key_id).ok_or_else(|| damaged(&name, "key_id"))?,
        partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
        hash: Fingerprint::stored(row.sha256),
        name: row.name,
        // An unknown scope of a later version permits nothing here.
        scopes: row.scopes.iter().filter_map(|scope| scope.parse::<Scope>().ok()).collect(),
        created_at: time(&name, row.created_at)?,
        expires_at: maybe_time(&name, row.expires_at)?,
        revoked_at: maybe_time(&name, row.revoked_at)?,
        last_used_at: time(&name, row.last_used_at)?,
    })
}
