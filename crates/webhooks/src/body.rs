//! The bodies of webhooks: `{"event": …, "data": {…}}` in camelCase, times in UTC to the second. No body has a token (W-4).

use counterfoil_core::model::event::{Event, Payload, SyncOutcome};
use counterfoil_core::model::failure_code::FailureCode;
use counterfoil_core::model::sync::SyncFailure;
use counterfoil_core::model::time::later;
use counterfoil_core::model::webhook::endpoint::{DisabledReason, NOTICE};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The number of hexadecimal digits of the time in an id (`core::model::time::sortable`).
const TIME_DIGITS: usize = 12;

/// The body of a request.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    event: &'static str,
    data: Data<'a>,
}

impl<'a> Body<'a> {
    pub(crate) fn of(notification: &'a Notification) -> Self {
        Self { event: notification.kind().as_str(), data: Data::of(notification) }
    }
}

/// The field `data` of a body. An event has the same `data` wherever it is shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventData)]
pub struct Data<'a> {
    #[serde(flatten)]
    subject: Subject<'a>,
    #[serde(flatten)]
    details: Details,
    sequence: i64,
    timestamp: String,
}

/// What the event is about.
#[derive(Serialize, ToSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
#[schema(as = EventSubject)]
enum Subject<'a> {
    #[schema(rename_all = "camelCase")]
    Connection { platform: &'static str, partner_id: &'a str, company_key: &'a str, company_id: &'a str, company_name: &'a str },
    #[schema(rename_all = "camelCase")]
    Endpoint { partner_id: &'a str, endpoint_id: &'a str, url: &'a str },
}

/// What only some kinds of events have.
#[derive(Serialize, ToSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
#[schema(as = EventDetails)]
enum Details {
    None {},
    Reason {
        reason: &'static str,
        message: &'static str,
    },
    #[schema(rename_all = "camelCase")]
    Expiring {
        refresh_token_expires_at: String,
    },
    Sync {
        #[serde(flatten)]
        outcome: Outcome,
    },
    SyncFailed {
        #[serde(flatten)]
        outcome: Outcome,
        reason: &'static str,
        message: &'static str,
    },
    #[schema(rename_all = "camelCase")]
    Failing {
        failing_since: String,
        disables_at: String,
    },
}

/// The result of an import.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncOutcome)]
struct Outcome {
    sync_id: String,
    kind: &'static str,
    checks_imported: u64,
    checks_updated: u64,
    checks_voided: u64,
    checks_deleted: u64,
    checks_unchanged: u64,
    invoices_imported: u64,
    invoices_updated: u64,
    invoices_voided: u64,
    invoices_deleted: u64,
    invoices_unchanged: u64,
    errors: u64,
}

impl<'a> Data<'a> {
    /// The `data` of an event.
    pub fn of(notification: &'a Notification) -> Self {
        let (subject, details) = match notification {
            Notification::Connection(event) => (connection(event), about_connection(&event.payload)),
            Notification::Endpoint(event) => (endpoint(event), about_endpoint(event)),
        };
        Self { subject, details, sequence: sequence(notification), timestamp: to_the_second(notification.at()) }
    }
}

fn connection(event: &Event) -> Subject<'_> {
    let subject = &event.subject;
    Subject::Connection {
        platform: subject.platform.as_str(),
        partner_id: subject.connection.partner.as_str(),
        company_key: subject.connection.company_key.as_str(),
        company_id: &subject.company_id,
        company_name: &subject.company_name,
    }
}

fn endpoint(event: &EndpointEvent) -> Subject<'_> {
    Subject::Endpoint { partner_id: event.endpoint.partner.as_str(), endpoint_id: event.endpoint.id.as_str(), url: &event.url }
}

fn about_connection(payload: &Payload) -> Details {
    match payload {
        Payload::Connected | Payload::Reauthorized => Details::None {},
        Payload::Disconnected => Details::Reason { reason: "requested", message: "The partner disconnected the connection." },
        Payload::ReauthorizationRequired { reason } => {
            Details::Reason { reason: reason.as_str(), message: FailureCode::from(*reason).in_words() }
        }
        Payload::RefreshTokenExpiring { refresh_token_expires_at } => {
            Details::Expiring { refresh_token_expires_at: to_the_second(*refresh_token_expires_at) }
        }
        Payload::SyncCompleted(sync) => Details::Sync { outcome: outcome(sync) },
        Payload::SyncFailed { outcome: sync, reason } => {
            Details::SyncFailed { outcome: outcome(sync), reason: word(*reason), message: reason.in_words() }
        }
    }
}

fn about_endpoint(event: &EndpointEvent) -> Details {
    match event.change {
        EndpointChange::Test => Details::None {},
        EndpointChange::Failing { failing_since } => {
            Details::Failing { failing_since: to_the_second(failing_since), disables_at: to_the_second(later(event.at, NOTICE)) }
        }
        EndpointChange::Disabled { reason } => Details::Reason { reason: reason.as_str(), message: disabled(reason) },
    }
}

fn outcome(sync: &SyncOutcome) -> Outcome {
    let (checks, invoices) = (sync.counts.checks, sync.counts.invoices);
    Outcome {
        sync_id: sync.sync.as_str().to_owned(),
        kind: sync.kind.into(),
        checks_imported: checks.imported,
        checks_updated: checks.updated,
        checks_voided: checks.voided,
        checks_deleted: checks.deleted,
        checks_unchanged: checks.unchanged,
        invoices_imported: invoices.imported,
        invoices_updated: invoices.updated,
        invoices_voided: invoices.voided,
        invoices_deleted: invoices.deleted,
        invoices_unchanged: invoices.unchanged,
        errors: sync.counts.errors,
    }
}

fn word(failure: SyncFailure) -> &'static str {
    failure.into()
}

fn disabled(reason: DisabledReason) -> &'static str {
    match reason {
        DisabledReason::Requested => "The partner disabled the endpoint.",
        DisabledReason::Failing => "Every attempt to reach the endpoint failed for five days.",
        DisabledReason::Gone => "The endpoint answered 410 Gone.",
    }
}

/// A number that orders the events of a connection, or of an endpoint (W-8): the milliseconds since 1970 in the event's id, or else of the
/// event's time. A receiver drops an event whose number is below the last one that it has processed.
fn sequence(notification: &Notification) -> i64 {
    let digits = notification.id().strip_prefix(Event::ID_PREFIX).and_then(|rest| rest.get(..TIME_DIGITS));
    let millis = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let millis = millis.and_then(|digits| i64::from_str_radix(digits, 16).ok());
    millis.unwrap_or_else(|| notification.at().as_millisecond())
}

/// `2026-11-28T10:30:00Z`.
fn to_the_second(at: Timestamp) -> String {
    format!("{at:.0}")
}
