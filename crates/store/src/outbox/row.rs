//! The item of an event. The events of a partner have one partition key and are sorted by time. They are in no index. A partition accepts
//! a thousand write units a second, and an event needs two.
//!
//! The first versions wrote events under their connection as `EVENT#{id}`, due in shards named `deliver#…`, without TTL. Nothing reads
//! those, because they are older than every endpoint.

use counterfoil_core::model::connection::{ConnectionId, DeathCause};
use counterfoil_core::model::event::{Event, EventKind, Payload, Subject, SyncOutcome};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::sync::counts::Counts;
use counterfoil_core::model::sync::{SyncFailure, SyncId};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, time, to_item, word, word_or};
use crate::tally_row::TallyRow;

#[derive(Serialize, Deserialize)]
struct EventRow {
    event_id: String,
    event: String,
    at: i64,
    partner: String,
    company_key: String,
    platform: String,
    company_id: String,
    company_name: String,
    epoch: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<SyncRow>,
    #[serde(skip_deserializing)]
    ttl: i64,
}

/// The result of an import, as an attribute of its event.
#[derive(Serialize, Deserialize)]
struct SyncRow {
    id: String,
    kind: String,
    checks: TallyRow,
    invoices: TallyRow,
    errors: u64,
    seen: u64,
}

pub(crate) fn write(event: &Event) -> Result<Item, StoreError> {
    let Event { id, subject, at, payload } = event;
    let reason = match payload {
        Payload::ReauthorizationRequired { reason } => Some(reason.as_str().to_owned()),
        Payload::SyncFailed { reason, .. } => Some(<&str>::from(*reason).to_owned()),
        _ => None,
    };
    let refresh_token_expires_at = match payload {
        Payload::RefreshTokenExpiring { refresh_token_expires_at } => Some(millis(*refresh_token_expires_at)),
        _ => None,
    };
    let sync = match payload {
        Payload::SyncCompleted(outcome) | Payload::SyncFailed { outcome, .. } => Some(sync_row(outcome)),
        _ => None,
    };
    let row = EventRow {
        event_id: id.clone(),
        event: event.kind().as_str().to_owned(),
        at: millis(*at),
        partner: subject.connection.partner.to_string(),
        company_key: subject.connection.company_key.to_string(),
        platform: subject.platform.to_string(),
        company_id: subject.company_id.clone(),
        company_name: subject.company_name.clone(),
        epoch: subject.epoch,
        reason,
        refresh_token_expires_at,
        sync,
        ttl: later(*at, Event::KEPT_FOR).as_second(),
    };
    to_item(&Key::event(&subject.connection.partner, id), row)
}

pub(crate) fn read(item: Item) -> Result<Event, StoreError> {
    let row: EventRow = from_item(item)?;
    let name = format!("event {}", row.event_id);
    Ok(Event {
        payload: row.payload(&name)?,
        subject: Subject {
            connection: ConnectionId {
                partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
                company_key: CompanyKey::parse(&row.company_key).map_err(|_| damaged(&name, "company_key"))?,
            },
            platform: word(&name, "platform", &row.platform)?,
            company_id: row.company_id,
            company_name: row.company_name,
            epoch: row.epoch,
        },
        at: time(&name, row.at)?,
        id: row.event_id,
    })
}

impl EventRow {
    fn payload(&self, name: &str) -> Result<Payload, StoreError> {
        Ok(match word(name, "event", &self.event)? {
            EventKind::Connected => Payload::Connected,
            EventKind::Disconnected => Payload::Disconnected,
            EventKind::Reauthorized => Payload::Reauthorized,
            EventKind::ReauthorizationRequired => Payload::ReauthorizationRequired { reason: self.reason(name)? },
            EventKind::RefreshTokenExpiring => {
                Payload::RefreshTokenExpiring { refresh_token_expires_at: self.refresh_token_expires_at(name)? }
            }
            EventKind::SyncCompleted => Payload::SyncCompleted(self.outcome(name)?),
            EventKind::SyncFailed => Payload::SyncFailed { outcome: self.outcome(name)?, reason: self.failure(name)? },
            EventKind::WebhookTest | EventKind::WebhookEndpointFailing | EventKind::WebhookEndpointDisabled => {
                return Err(damaged(name, "endpoint_id"));
            }
        })
    }

    /// Why a grant ended. An unknown reason of a later version is read as the most general one.
    fn reason(&self, name: &str) -> Result<DeathCause, StoreError> {
        let reason = self.reason.as_ref().ok_or_else(|| damaged(name, "reason"))?;
        Ok(word_or(name, "reason", reason, DeathCause::Revoked))
    }

    /// Why an import failed. An unknown reason of a later version is read as the most general one.
    fn failure(&self, name: &str) -> Result<SyncFailure, StoreError> {
        let reason = self.reason.as_ref().ok_or_else(|| damaged(name, "reason"))?;
        Ok(word_or(name, "reason", reason, SyncFailure::PlatformUnavailable))
    }

    fn outcome(&self, name: &str) -> Result<SyncOutcome, StoreError> {
        let row = self.sync.as_ref().ok_or_else(|| damaged(name, "sync"))?;
        Ok(SyncOutcome {
            sync: SyncId::new(row.id.clone()),
            kind: word(name, "kind", &row.kind)?,
            counts: Counts { checks: row.checks.into(), invoices: row.invoices.into(), errors: row.errors, seen: row.seen },
        })
    }

    fn refresh_token_expires_at(&self, name: &str) -> Result<Timestamp, StoreError> {
        time(name, self.refresh_token_expires_at.ok_or_else(|| damaged(name, "refresh_token_expires_at"))?)
    }
}

fn sync_row(outcome: &SyncOutcome) -> SyncRow {
    let SyncOutcome { sync, kind, counts } = outcome;
    SyncRow {
        id: sync.as_str().to_owned(),
        kind: <&str>::from(*kind).to_owned(),
        checks: counts.checks.into(),
        invoices: counts.invoices.into(),
        errors: counts.errors,
        seen: counts.seen,
    }
}
