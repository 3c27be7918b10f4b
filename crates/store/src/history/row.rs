//! The items of audit rows, under their subject. Their form is fixed.

use std::collections::BTreeMap;

use counterfoil_core::model::audit::Audit;
use counterfoil_core::port::store::StoreError;
use serde::Serialize;

use crate::key::Key;
use crate::row::{Item, millis, to_item};

#[derive(Serialize)]
struct AuditRow<'a> {
    at: i64,
    action: &'static str,
    actor: String,
    detail: &'a BTreeMap<&'static str, String>,
    /// Set for a row that a caller without a key can cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

/// The time for which the audit row of a refusal is kept, in seconds: a year.
const KEPT_FOR: i64 = 365 * 86_400;

pub(crate) fn audit(audit: &Audit) -> Result<Item, StoreError> {
    let row = AuditRow {
        at: millis(audit.at),
        action: audit.action.as_str(),
        actor: audit.actor.to_text(),
        detail: &audit.detail,
        ttl: audit.action.is_refusal().then(|| audit.at.as_second() + KEPT_FOR),
    };
    to_item(&Key::audit(&audit.subject, &audit.id), row)
}
