//! The items of codes and handles, which have hashes only. TTL deletes a code some time after its expiry.

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::handover::Code;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, time, to_item, word};

#[derive(Serialize, Deserialize)]
struct CodeRow {
    code_sha256: String,
    partner: String,
    company_key: String,
    platform: String,
    company_id: String,
    redirect_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_id: Option<String>,
    expires_at: i64,
    /// An hour after the expiry, so that a code that is presented again is recognized.
    ttl: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_by: Option<String>,
}

pub(crate) fn write(code: &Code) -> Result<Item, StoreError> {
    let row = CodeRow {
        code_sha256: code.hash.as_str().to_owned(),
        partner: code.connection.partner.to_string(),
        company_key: code.connection.company_key.to_string(),
        platform: code.platform.to_string(),
        company_id: code.company_id.clone(),
        redirect_uri: code.redirect_uri.clone(),
        flow_id: code.flow.as_ref().map(|flow| flow.as_str().to_owned()),
        expires_at: millis(code.expires_at),
        ttl: code.expires_at.as_second() + 3_600,
        consumed_by: None,
    };
    to_item(&Key::code(&code.hash), row)
}

pub(crate) fn read(item: Item) -> Result<Code, StoreError> {
    let row: CodeRow = from_item(item)?;
    let unreadable = |what| move |_| damaged("CODE", what);
    Ok(Code {
        connection: ConnectionId {
            partner: PartnerId::parse(&row.partner).map_err(unreadable("partner is none"))?,
            company_key: CompanyKey::parse(&row.company_key).map_err(unreadable("company_key is none"))?,
        },
        platform: word("CODE", "platform", &row.platform)?,
        company_id: row.company_id,
        redirect_uri: row.redirect_uri,
        flow: row.flow_id.as_deref().and_then(FlowId::parse),
        expires_at: time("CODE", row.expires_at)?,
        spent: row.consumed_by.is_some(),
        hash: Fingerprint::stored(row.code_sha256),
    })
}

#[derive(Serialize, Deserialize)]
struct HandleRow {
    handle_sha256: String,
}

pub(crate) fn write_handle(id: &ConnectionId, hash: &Fingerprint) -> Result<Item, StoreError> {
    to_item(&Key::handle(id), HandleRow { handle_sha256: hash.as_str().to_owned() })
}

pub(crate) fn read_handle(item: Item) -> Result<Fingerprint, StoreError> {
    let row: HandleRow = from_item(item)?;
    Ok(Fingerprint::stored(row.handle_sha256))
}
