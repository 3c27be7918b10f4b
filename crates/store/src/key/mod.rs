//! The keys of the table's items.

use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::audit::{Refusal, Subject};
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::kept_answer::AnswerOf;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::probe::HintsId;
use counterfoil_core::model::revocation::{GrantId, RevocationId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::time::sortable;
use counterfoil_core::model::webhook::delivery::DeliveryId;
use counterfoil_core::model::webhook::endpoint::EndpointId;
use counterfoil_core::port::store::audit::DayCounts;
use counterfoil_core::port::store::consents::Starts;
use jiff::Timestamp;

mod desktop;
mod due_shards;
mod imports;
mod partitions;

pub(crate) use due_shards::{
    COURIER, OPERATOR, PROBER, PURGER, REFRESHER, REVOKER, REVOKER_OF_SEVERAL, SYNCER, due_shard, due_shard_name, endpoint_shard,
    flow_shard, pending_shard,
};
pub(crate) use partitions::{
    ANSWER, API_KEY, AUDIT, AUTH_SESSION, CONNECTION, CONSENT, DELIVERIES, DESKTOP, ENDPOINT, FLOW, HEALTH, HINTS, JOB, JOB_END,
    LINK, PARTNERS, REQUEST, REVOCATION, SLOT, STATES, SYNC_PART, SYNCS, WEBHOOKS, WITH_ENDPOINTS, audit_of, company_pk,
    connection_pk, connections_of, counts_pk, deliveries_pk, desktop_pk, end_users_of, events_pk, health_pk, partner_pk,
    problems_of, records_of, sync_pk, syncs_of, webhooks_pk,
};

/// The key of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn connection(id: &ConnectionId) -> Self {
        Self { pk: connection_pk(id), sk: "STATE".to_owned() }
    }

    pub(crate) fn lease(id: &ConnectionId) -> Self {
        Self { pk: connection_pk(id), sk: "LEASE".to_owned() }
    }

    pub(crate) fn audit(subject: &Subject, audit: &str) -> Self {
        let pk = match subject {
            Subject::Connection(id) => connection_pk(id),
            Subject::Partner(id) => partner_pk(id),
        };
        Self { pk, sk: format!("{AUDIT}{audit}") }
    }

    pub(crate) fn event(partner: &PartnerId, id: &str) -> Self {
        Self { pk: events_pk(partner), sk: id.to_owned() }
    }

    /// The entry of a connection under its company.
    pub(crate) fn company(company: &Company, id: &ConnectionId) -> Self {
        Self { pk: company_pk(company), sk: connection_pk(id) }
    }

    pub(crate) fn flow(id: &FlowId) -> Self {
        Self { pk: format!("{FLOW}{}", id.as_str()), sk: "FLOW".to_owned() }
    }

    pub(crate) fn code(hash: &Fingerprint) -> Self {
        Self { pk: format!("CODE#{}", hash.as_str()), sk: "CODE".to_owned() }
    }

    /// A refresh token that was imported from another system.
    pub(crate) fn transfer(refresh_token: &Fingerprint) -> Self {
        Self { pk: format!("TRANSFER#{}", refresh_token.as_str()), sk: "TRANSFER".to_owned() }
    }

    /// The only valid handle of a connection.
    pub(crate) fn handle(id: &ConnectionId) -> Self {
        Self { pk: connection_pk(id), sk: "HANDLE".to_owned() }
    }

    /// The entry of a consent under a company.
    pub(crate) fn waiting(company: &Company, flow: &FlowId) -> Self {
        Self { pk: company_pk(company), sk: flow.as_str().to_owned() }
    }

    /// The revocation of a grant, beside the connection that had the grant or would have got it.
    pub(crate) fn revocation(id: &RevocationId) -> Self {
        let sk = match &id.grant {
            GrantId::Epoch(epoch) => format!("{REVOCATION}{epoch}"),
            GrantId::Consent(flow) => format!("{CONSENT}{}", flow.as_str()),
        };
        Self { pk: connection_pk(&id.connection), sk }
    }

    /// The count of a partner's refusals on a day, by action and reason.
    pub(crate) fn refusals(refusal: &Refusal) -> Self {
        let Refusal { partner, action, reason, at, .. } = refusal;
        Self { pk: format!("REFUSED#{partner}#{}", at.strftime("%F")), sk: format!("{}#{reason}", action.as_str()) }
    }

    /// The row of a day in a counter of a partner.
    pub(crate) fn day_counts(counts: &DayCounts) -> Self {
        Self { pk: counts_pk(&counts.partner, counts.counter), sk: counts.day.to_string() }
    }

    /// The version of the number of a partner's connections to a company.
    pub(crate) fn tally(company: &Company, partner: &PartnerId) -> Self {
        Self { pk: format!("TALLY#{partner}#{}", company_pk(company)), sk: "TALLY".to_owned() }
    }

    /// The count of starts without a key in a period.
    pub(crate) fn starts(starts: &Starts, window: i64) -> Self {
        let whose = match starts {
            Starts::OfPartner(partner) => partner.to_string(),
            Starts::OfLink(partner, link) => format!("{partner}#{link}"),
        };
        Self { pk: format!("STARTS#{whose}#{window}"), sk: "STARTS".to_owned() }
    }

    /// The last purge of a connection.
    pub(crate) fn purge(id: &ConnectionId) -> Self {
        Self { pk: connection_pk(id), sk: "PURGE".to_owned() }
    }

    /// The probe of a connection.
    pub(crate) fn probe(id: &ConnectionId) -> Self {
        Self { pk: connection_pk(id), sk: "PROBE".to_owned() }
    }

    /// The last time that a caller had the platform asked for the company of a connection.
    pub(crate) fn asked(id: &ConnectionId) -> Self {
        Self { pk: connection_pk(id), sk: "ASKED".to_owned() }
    }

    pub(crate) fn hints(id: &HintsId) -> Self {
        Self { pk: format!("{HINTS}{:02}", id.shard), sk: id.minute.to_string() }
    }

    /// An answer that could not be read, beside its connection or its flow.
    pub(crate) fn kept_answer(of: &AnswerOf, epoch: u64, hash: &str) -> Self {
        let pk = match of {
            AnswerOf::Connection(id) => connection_pk(id),
            AnswerOf::Flow(id) => Self::flow(id).pk,
        };
        Self { pk, sk: format!("{ANSWER}{epoch}#{hash}") }
    }

    pub(crate) fn partner(id: &PartnerId) -> Self {
        Self { pk: partner_pk(id), sk: "PARTNER".to_owned() }
    }

    pub(crate) fn api_key(partner: &PartnerId, id: &KeyId) -> Self {
        Self { pk: partner_pk(partner), sk: format!("{API_KEY}{id}") }
    }

    /// An alias of an API key, by the alias's hash.
    pub(crate) fn alias(alias: &Fingerprint) -> Self {
        Self { pk: format!("KEY_ALIAS#{}", alias.as_str()), sk: "ALIAS".to_owned() }
    }

    pub(crate) fn link(partner: &PartnerId, id: &LinkId) -> Self {
        Self { pk: partner_pk(partner), sk: format!("{LINK}{id}") }
    }

    /// A request with an `Idempotency-Key`. Each has a partition of its own.
    pub(crate) fn request(partner: &PartnerId, name: &Fingerprint) -> Self {
        Self { pk: format!("{REQUEST}{partner}#{}", name.as_str()), sk: "REQUEST".to_owned() }
    }

    /// All webhook endpoints of a partner, as it configures them.
    pub(crate) fn endpoints(partner: &PartnerId) -> Self {
        Self { pk: webhooks_pk(partner), sk: "ENDPOINTS".to_owned() }
    }

    /// The secrets, the lease and the health of an endpoint.
    pub(crate) fn endpoint(partner: &PartnerId, id: &EndpointId) -> Self {
        Self { pk: webhooks_pk(partner), sk: format!("{ENDPOINT}{id}") }
    }

    /// How far a partner's events were swept.
    pub(crate) fn sweep(partner: &PartnerId) -> Self {
        Self { pk: webhooks_pk(partner), sk: "SWEEP".to_owned() }
    }

    /// Where the last sweep of all partners ended.
    pub(crate) fn sweep_of_all() -> Self {
        Self { pk: "SWEEP".to_owned(), sk: "SWEEP".to_owned() }
    }

    /// The figures of a partner in a slot.
    pub(crate) fn slot(partner: &PartnerId, slot: Timestamp) -> Self {
        Self { pk: health_pk(partner), sk: format!("{SLOT}{}", sortable(slot)) }
    }

    /// The numbers of a partner's connections.
    pub(crate) fn states(partner: &PartnerId) -> Self {
        Self { pk: health_pk(partner), sk: STATES.to_owned() }
    }

    /// The standing of a connection. It is not in the connection's partition, because it is written for many at once.
    pub(crate) fn standing(id: &ConnectionId) -> Self {
        Self { pk: format!("{HEALTH}{}#{}", id.partner, id.company_key), sk: "STANDING".to_owned() }
    }

    /// A delivery. Each endpoint has a partition for its deliveries.
    pub(crate) fn delivery(partner: &PartnerId, id: &DeliveryId) -> Self {
        Self { pk: deliveries_pk(partner, &id.endpoint), sk: id.place() }
    }
}
