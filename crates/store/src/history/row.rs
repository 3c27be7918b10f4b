//! The items of audit rows, under their subject. Their form is fixed. The `list` index has all rows of a partner, by time.

use std::collections::BTreeMap;

use counterfoil_core::model::audit::{Audit, AuditEntry, Subject};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::time::sortable;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::connections::row::connection_of;
use crate::key::{AUDIT, CONNECTION, Key, audit_of};
use crate::row::{Item, attribute, from_item, millis, text, time, to_item};
use crate::table::{LIST_PK, LIST_SK, PK, SK};

#[derive(Serialize)]
struct AuditRow<'a> {
    at: i64,
    action: &'static str,
    actor: String,
    detail: &'a BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_ip: Option<String>,
    ttl: i64,
}

/// A row as it is read. Rows of the first versions have no origin.
#[derive(Deserialize)]
struct StoredRow {
    at: i64,
    action: String,
    actor: String,
    #[serde(default)]
    detail: BTreeMap<String, String>,
    request_id: Option<String>,
    source_ip: Option<String>,
}

pub(crate) fn audit(audit: &Audit) -> Result<Item, StoreError> {
    let row = AuditRow {
        at: millis(audit.at),
        action: audit.action.as_str(),
        actor: audit.actor.to_text(),
        detail: &audit.detail,
        request_id: audit.origin.request_id.as_deref(),
        source_ip: audit.origin.source_ip.map(|address| address.to_string()),
        ttl: audit.expires_at.as_second(),
    };
    let key = Key::audit(&audit.subject, &audit.id);
    let mut item = to_item(&key, row)?;
    item.insert(LIST_PK.to_owned(), attribute(audit_of(partner(&audit.subject)))?);
    item.insert(LIST_SK.to_owned(), attribute(format!("{}#{}", place(audit, &key), audit.action.as_str()))?);
    Ok(item)
}

fn partner(subject: &Subject) -> &PartnerId {
    match subject {
        Subject::Connection(id) => &id.partner,
        Subject::Partner(id) => id,
    }
}

/// The place of a row in the list of its partner: its time, and digits of its key that tell it from others of the same time.
fn place(audit: &Audit, key: &Key) -> String {
    format!("{}{}", sortable(audit.at), Fingerprint::of(&format!("{}/{}", key.pk, key.sk)).short())
}

/// Reads a row. Its place in the list of its connection is its id.
pub(super) fn read(item: Item) -> Result<AuditEntry, StoreError> {
    let (pk, sk) = (text(&item, PK)?, text(&item, SK)?);
    let company_key = if pk.starts_with(CONNECTION) { Some(connection_of(&pk)?.company_key) } else { None };
    let row: StoredRow = from_item(item)?;
    let id = sk.strip_prefix(AUDIT).unwrap_or(&sk).to_owned();
    Ok(AuditEntry {
        place: id.clone(),
        at: time(&id, row.at)?,
        id,
        action: row.action,
        actor: row.actor,
        company_key,
        detail: row.detail,
        request_id: row.request_id,
        source_ip: row.source_ip,
    })
}
