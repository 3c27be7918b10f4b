//! A notification of every kind.

use counterfoil_core::model::connection::{ConnectionId, DeathCause};
use counterfoil_core::model::event::{Event, Payload, Subject, SyncOutcome};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::counts::{Counts, Tally};
use counterfoil_core::model::sync::{SyncFailure, SyncId, SyncKind};
use counterfoil_core::model::webhook::endpoint::{DisabledReason, EndpointId, EndpointName};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use jiff::Timestamp;

/// When all of it happened.
pub(crate) const AT: Timestamp = Timestamp::constant(1_795_861_800, 123_456_789);

/// A notification of every kind, and of every shape of its body.
pub(crate) fn notifications() -> Vec<Notification> {
    let mut all: Vec<_> = payloads().into_iter().map(connection).collect();
    let failing_since = Timestamp::constant(1_795_516_200, 0);
    let changes = [
        EndpointChange::Test,
        EndpointChange::Failing { failing_since },
        EndpointChange::Disabled { reason: DisabledReason::Requested },
        EndpointChange::Disabled { reason: DisabledReason::Failing },
        EndpointChange::Disabled { reason: DisabledReason::Gone },
    ];
    all.extend(changes.map(endpoint));
    all
}

fn payloads() -> Vec<Payload> {
    let expires_at = Timestamp::constant(1_798_453_800, 999_999_999);
    vec![
        Payload::Connected,
        Payload::Disconnected,
        Payload::ReauthorizationRequired { reason: DeathCause::Revoked },
        Payload::Reauthorized,
        Payload::RefreshTokenExpiring { refresh_token_expires_at: expires_at },
        Payload::SyncCompleted(outcome(SyncKind::Sync)),
        Payload::SyncFailed { outcome: outcome(SyncKind::ImportInvoices), reason: SyncFailure::AccessDenied },
    ]
}

/// A notification about a connection.
pub(crate) fn connection(payload: Payload) -> Notification {
    let subject = Subject {
        connection: ConnectionId { partner: partner(), company_key: CompanyKey::parse("acme").expect("a key") },
        platform: PlatformName::Quickbooks,
        company_id: "9130357849012345".to_owned(),
        company_name: "Larkspur \"Roofing\" & Söhne LLC".to_owned(),
        epoch: 7,
    };
    Notification::Connection(Event { id: id(), subject, at: AT, payload })
}

fn endpoint(change: EndpointChange) -> Notification {
    let endpoint = EndpointName { partner: partner(), id: EndpointId::new(format!("we_{}", "a".repeat(32))) };
    Notification::Endpoint(EndpointEvent { id: id(), endpoint, url: "https://hooks.example.com/cf".to_owned(), at: AT, change })
}

fn id() -> String {
    format!("{}0123456789abcdef0123", Event::mark(AT))
}

fn partner() -> PartnerId {
    PartnerId::parse("partner_abc123").expect("an id")
}

fn outcome(kind: SyncKind) -> SyncOutcome {
    let checks = Tally { imported: 45, updated: 12, voided: 2, deleted: 1, unchanged: 900 };
    let invoices = Tally { imported: 5, updated: 4, voided: 3, deleted: 2, unchanged: 1 };
    SyncOutcome { sync: SyncId::new("sync_019ab".to_owned()), kind, counts: Counts { checks, invoices, errors: 3, seen: 960 } }
}
