//! The items of audit rows and events, under what they are about. Their shape is fixed; events wait in the due index.

use std::collections::BTreeMap;

use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::event::Event;
use counterfoil_core::port::store::StoreError;
use serde::Serialize;

use crate::key::DELIVERER;
use crate::key::Key;
use crate::key::due_shard;
use crate::row::{Item, millis, to_item};

#[derive(Serialize)]
struct AuditRow<'a> {
    at: i64,
    action: &'static str,
    actor: String,
    detail: &'a BTreeMap<&'static str, String>,
    /// What anybody can bring about does not stay for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

/// How long the audit row of a refusal stays, in seconds: a year.
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

#[derive(Serialize)]
struct EventRow<'a> {
    event_id: &'a str,
    event: &'static str,
    at: i64,
    partner: &'a str,
    company_key: &'a str,
    platform: &'static str,
    company_id: &'a str,
    company_name: &'a str,
    epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    due_shard: String,
    due_at: i64,
}

pub(crate) fn event(event: &Event) -> Result<Item, StoreError> {
    let row = EventRow {
        event_id: &event.id,
        event: event.kind.as_str(),
        at: millis(event.at),
        partner: event.connection.partner.as_str(),
        company_key: event.connection.company_key.as_str(),
        platform: event.platform,
        company_id: &event.company_id,
        company_name: &event.company_name,
        epoch: event.epoch,
        reason: event.reason,
        due_shard: due_shard(DELIVERER, &event.connection),
        due_at: millis(event.at),
    };
    to_item(&Key::event(&event.connection, &event.id), row)
}
