//! The prefixes of keys, and the keys of partitions and lists.

use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::sync::SyncId;
use counterfoil_core::model::webhook::endpoint::EndpointId;

/// The prefix of the partition key of every connection, and of its entry's sort key under its company.
pub(crate) const CONNECTION: &str = "CONN#";

/// The prefix of the partition key of every flow.
pub(crate) const FLOW: &str = "FLOW#";

/// The prefix of the sort key of every audit row.
pub(crate) const AUDIT: &str = "AUDIT#";

/// The prefix of the sort key of every connect link.
pub(crate) const LINK: &str = "LINK#";

/// The prefix of the sort key of every API key.
pub(crate) const API_KEY: &str = "KEY#";

/// The prefix of the sort key of every pending revocation.
pub(crate) const REVOCATION: &str = "REVOCATION#";

/// The prefix of the sort key of every grant that waits for the exchange of a code.
pub(crate) const CONSENT: &str = "CONSENT#";

/// The prefix of the partition key of every request with an `Idempotency-Key`.
pub(crate) const REQUEST: &str = "REQUEST#";

/// The prefix of the partition key of all hints of a shard.
pub(crate) const HINTS: &str = "HINTS#";

/// The prefix of the sort key of every answer that could not be read.
pub(crate) const ANSWER: &str = "ANSWER#";

/// The prefix of the partition key of the state of every connection's imports.
pub(crate) const SYNCS: &str = "SYNCS#";

/// The prefix of the sort key of every run of an import of several connections.
pub(crate) const SYNC_PART: &str = "PART#";

/// The prefix of the partition key of the endpoints of every partner.
pub(crate) const WEBHOOKS: &str = "WEBHOOKS#";

/// The prefix of the sort key of the state of every endpoint.
pub(crate) const ENDPOINT: &str = "ENDPOINT#";

/// The prefix of the partition key of the deliveries of every endpoint.
pub(crate) const DELIVERIES: &str = "DELIVERIES#";

/// The key of the list of the partners that have endpoints.
pub(crate) const WITH_ENDPOINTS: &str = "WEBHOOKS";

/// The key of the list of all partners.
pub(crate) const PARTNERS: &str = "PARTNERS";

/// The prefix of the partition key of the totals of every partner, and of the standing of every connection.
pub(crate) const HEALTH: &str = "HEALTH#";

/// The prefix of the sort key of the figures of every slot.
pub(crate) const SLOT: &str = "SLOT#";

/// The sort key of the numbers of a partner's connections. It sorts after every slot.
pub(crate) const STATES: &str = "STATES";

/// The prefix of the partition key of an end user of QuickBooks Desktop, its connection and its jobs.
pub(crate) const DESKTOP: &str = "DESKTOP#";

/// The prefix of the sort key of every job.
pub(crate) const JOB: &str = "JOB#";

/// The prefix of the partition key of the end of every job.
pub(crate) const JOB_END: &str = "JOB_END#";

/// The prefix of the partition key of every session of the auth flow of QuickBooks Desktop.
pub(crate) const AUTH_SESSION: &str = "AUTH_SESSION#";

pub(crate) fn desktop_pk(name: &EndUserName) -> String {
    format!("{DESKTOP}{}#{}", name.partner, name.id)
}

/// The key of the list of a partner's end users.
pub(crate) fn end_users_of(partner: &PartnerId) -> String {
    format!("{DESKTOP}{partner}")
}

pub(crate) fn health_pk(partner: &PartnerId) -> String {
    format!("{HEALTH}{partner}")
}

/// The key of the list of a partner's connections that need somebody.
pub(crate) fn problems_of(partner: &PartnerId) -> String {
    format!("PROBLEMS#{partner}")
}

pub(crate) fn partner_pk(id: &PartnerId) -> String {
    format!("PARTNER#{id}")
}

pub(crate) fn connection_pk(id: &ConnectionId) -> String {
    format!("{CONNECTION}{}#{}", id.partner, id.company_key)
}

pub(crate) fn company_pk(company: &Company) -> String {
    format!("COMPANY#{}#{}#{}", company.platform, company.client_id, company.company_id)
}

pub(crate) fn sync_pk(partner: &PartnerId, id: &SyncId) -> String {
    format!("SYNC#{partner}#{}", id.as_str())
}

/// The key of the list of a partner's audit rows.
pub(crate) fn audit_of(partner: &PartnerId) -> String {
    format!("{AUDIT}{partner}")
}

/// One of the counters of a partner.
pub(crate) fn counts_pk(partner: &PartnerId, counter: u8) -> String {
    format!("COUNTS#{partner}#{counter:02}")
}

/// The key of the list of a partner's runs.
pub(crate) fn syncs_of(partner: &PartnerId) -> String {
    format!("{SYNCS}{partner}")
}

/// The key of the list by date of a connection's records of a kind.
pub(crate) fn records_of(id: &ConnectionId, kind: RecordKind) -> String {
    let kind = match kind {
        RecordKind::Check => "CHECKS",
        RecordKind::Invoice => "INVOICES",
    };
    format!("{kind}#{}#{}", id.partner, id.company_key)
}

/// The key of the list of a partner's connections.
pub(crate) fn connections_of(partner: &PartnerId) -> String {
    format!("{CONNECTION}{partner}")
}

pub(crate) fn events_pk(partner: &PartnerId) -> String {
    format!("EVENTS#{partner}")
}

pub(crate) fn webhooks_pk(partner: &PartnerId) -> String {
    format!("{WEBHOOKS}{partner}")
}

pub(crate) fn deliveries_pk(partner: &PartnerId, endpoint: &EndpointId) -> String {
    format!("{DELIVERIES}{partner}#{endpoint}")
}
