//! The keys of imports and of imported records.

use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::model::sync::SyncId;
use jiff::Timestamp;

use super::Key;
use super::partitions::{SYNC_PART, SYNCS, company_pk, sync_pk};

impl Key {
    /// An imported record. Each has a partition of its own, so that imports spread over the table's partitions.
    pub(crate) fn record(partner: &PartnerId, id: &RecordId) -> Self {
        Self { pk: format!("RECORD#{partner}#{id}"), sk: "RECORD".to_owned() }
    }

    /// The block of records of a kind that changed in one write.
    pub(crate) fn change_block(id: &ConnectionId, kind: RecordKind, at: Timestamp) -> Self {
        // Records change after 1970. A negative time would not sort.
        let (kind, millis): (&str, _) = (kind.into(), at.as_millisecond().max(0));
        Self { pk: format!("CHANGES#{}#{}", id.partner, id.company_key), sk: format!("{kind}#{millis:015}") }
    }

    /// The state that a connection's imports share. It is not in the connection's partition, because an import must not slow down the commit
    /// of a token.
    pub(crate) fn sync_state(id: &ConnectionId) -> Self {
        Self { pk: format!("{SYNCS}{}#{}", id.partner, id.company_key), sk: "STATE".to_owned() }
    }

    pub(crate) fn sync(partner: &PartnerId, id: &SyncId) -> Self {
        Self { pk: sync_pk(partner, id), sk: "RUN".to_owned() }
    }

    /// The log of a page of a run.
    pub(crate) fn page_log(partner: &PartnerId, id: &SyncId, page: u32) -> Self {
        Self { pk: sync_pk(partner, id), sk: format!("PAGE#{page:08}") }
    }

    /// A part of a run's reconciliation.
    pub(crate) fn sync_totals(partner: &PartnerId, id: &SyncId, part: u32) -> Self {
        Self { pk: sync_pk(partner, id), sk: format!("TOTALS#{part:02}") }
    }

    /// An import of several connections.
    pub(crate) fn sync_group(partner: &PartnerId, id: &SyncId) -> Self {
        Self { pk: sync_pk(partner, id), sk: "GROUP".to_owned() }
    }

    /// A run of such an import.
    pub(crate) fn sync_part(partner: &PartnerId, group: &SyncId, id: &SyncId) -> Self {
        Self { pk: sync_pk(partner, group), sk: format!("{SYNC_PART}{}", id.as_str()) }
    }

    /// The count of requests to a platform for a company in a minute or a day.
    pub(crate) fn company_requests(company: &Company, window: &str) -> Self {
        Self { pk: format!("LIMIT#{}", company_pk(company)), sk: window.to_owned() }
    }

    /// The count of requests to a platform for all companies of an app.
    pub(crate) fn app_requests(company: &Company, window: &str) -> Self {
        Self { pk: format!("LIMIT#APP#{}#{}", company.platform, company.client_id), sk: window.to_owned() }
    }
}
