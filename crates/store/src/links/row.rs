//! The item of a connect link. It has the hash of the token, never the token. TTL deletes it some time after its end.

use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::connect_link::{ConnectLink, LinkId};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, maybe_time, millis, time, to_item, word};

#[derive(Serialize, Deserialize)]
struct LinkRow {
    link_id: String,
    partner: String,
    sha256: String,
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    /// The key that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    /// A link from before this attribute can complete one consent.
    #[serde(default = "one")]
    uses: u32,
    #[serde(default)]
    used: u32,
    created_at: i64,
    expires_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<i64>,
    ttl: i64,
}

const fn one() -> u32 {
    1
}

/// The time for which an ended link is still listed, in seconds: thirty days.
const LISTED_FOR: i64 = 30 * 86_400;

pub(crate) fn write(link: &ConnectLink) -> Result<Item, StoreError> {
    let row = LinkRow {
        link_id: link.id.to_string(),
        partner: link.partner.to_string(),
        sha256: link.hash.as_str().to_owned(),
        platform: link.platform.to_string(),
        company_key: link.company_key.as_ref().map(ToString::to_string),
        company_name: link.company_name.clone(),
        redirect_uri: link.redirect_uri.clone(),
        state: link.state.clone(),
        key_id: link.key.as_ref().map(ToString::to_string),
        uses: link.uses,
        used: link.used,
        created_at: millis(link.created_at),
        expires_at: millis(link.expires_at),
        revoked_at: link.revoked_at.map(millis),
        ttl: link.expires_at.as_second() + LISTED_FOR,
    };
    to_item(&Key::link(&link.partner, &link.id), row)
}

pub(crate) fn read(item: Item) -> Result<ConnectLink, StoreError> {
    let row: LinkRow = from_item(item)?;
    let name = format!("LINK#{}", row.link_id);
    let company_key = row.company_key.map(|key| CompanyKey::parse(&key).map_err(|_| damaged(&name, "company_key")));
    Ok(ConnectLink {
        id: LinkId::parse(&row.link_id).ok_or_else(|| damaged(&name, "link_id"))?,
        partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
        hash: Fingerprint::stored(row.sha256),
        platform: word(&name, "platform", &row.platform)?,
        company_key: company_key.transpose()?,
        company_name: row.company_name,
        redirect_uri: row.redirect_uri,
        state: row.state,
        key: row.key_id.map(|id| KeyId::parse(&id).ok_or_else(|| damaged(&name, "key_id"))).transpose()?,
        uses: row.uses,
        used: row.used,
        created_at: time(&name, row.created_at)?,
        expires_at: time(&name, row.expires_at)?,
        revoked_at: maybe_time(&name, row.revoked_at)?,
    })
}
