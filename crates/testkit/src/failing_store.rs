//! A table that does nothing but fail, in the way a test chooses.

use async_trait::async_trait;
use counterfoil_core::model::api_key::{ApiKey, KeyId};
use counterfoil_core::model::audit::{Audit, Refusal};
use counterfoil_core::model::connect_link::{ConnectLink, LinkId};
use counterfoil_core::model::connection::{Company, Connection, ConnectionId, LastFailure};
use counterfoil_core::model::event::Event;
use counterfoil_core::model::flow::{Flow, FlowId, KeptCode};
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::handover::Code;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::model::lease::Lease;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::revocation::{DueRevocation, Revocation, RevocationId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::audit::AuditLog;
use counterfoil_core::port::store::connections::ConnectionStore;
use counterfoil_core::port::store::connections::DueEntry;
use counterfoil_core::port::store::connections::Holders;
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::connections::Page;
use counterfoil_core::port::store::connections::Settable;
use counterfoil_core::port::store::connections::Tally;
use counterfoil_core::port::store::consents::FlowEnd;
use counterfoil_core::port::store::consents::FlowStore;
use counterfoil_core::port::store::consents::HandoverStore;
use counterfoil_core::port::store::consents::Issued;
use counterfoil_core::port::store::consents::KeptGrant;
use counterfoil_core::port::store::consents::Offer;
use counterfoil_core::port::store::consents::Starts;
use counterfoil_core::port::store::consents::Waiting;
use counterfoil_core::port::store::partners::LinkStore;
use counterfoil_core::port::store::partners::PartnerStore;
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_core::port::store::revocations::Claimed;
use counterfoil_core::port::store::revocations::RevocationStore;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::Disconnect;
use counterfoil_core::port::store::vault::GivenBack;
use counterfoil_core::port::store::vault::GrantEnd;
use counterfoil_core::port::store::vault::GrantStore;
use counterfoil_core::port::store::vault::Taken;
use jiff::Timestamp;

/// Every call of every port fails with this.
#[derive(Debug, Clone)]
pub struct FailingStore(pub StoreError);

impl FailingStore {
    fn refuse<T>(&self) -> Result<T, StoreError> {
        Err(self.0.clone())
    }
}

#[async_trait]
impl ConnectionStore for FailingStore {
    async fn read(&self, _: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.refuse()
    }

    async fn look(&self, _: &ConnectionId) -> Result<Option<(Connection, Option<Lease>)>, StoreError> {
        self.refuse()
    }

    async fn list(&self, _: &PartnerId, _: &ListQuery) -> Result<Page, StoreError> {
        self.refuse()
    }

    async fn due(&self, _: u8, _: Timestamp, _: Option<&DueEntry>, _: u32) -> Result<Vec<DueEntry>, StoreError> {
        self.refuse()
    }

    async fn holders(&self, _: &Company, _: Option<&str>, _: u32) -> Result<Holders, StoreError> {
        self.refuse()
    }

    async fn tally(&self, _: &Company, _: &PartnerId, _: u32) -> Result<Tally, StoreError> {
        self.refuse()
    }

    async fn change(&self, _: &ConnectionId, _: &Settable) -> Result<Written, StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl HandoverStore for FailingStore {
    async fn issue_code(&self, _: &FlowId, _: &Code, _: Option<&Fingerprint>) -> Result<Issued, StoreError> {
        self.refuse()
    }

    async fn code(&self, _: &Fingerprint) -> Result<Option<Code>, StoreError> {
        self.refuse()
    }

    async fn consume_code(&self, _: &Fingerprint, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        self.refuse()
    }

    async fn put_handle(&self, _: &ConnectionId, _: &Fingerprint) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn void_handle(&self, _: &ConnectionId, _: &Fingerprint) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn handle_and_connection(&self, _: &ConnectionId) -> Result<(Option<Fingerprint>, Option<Connection>), StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl AuditLog for FailingStore {
    async fn note(&self, _: &Audit) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn count(&self, _: &Refusal) -> Result<(), StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl LinkStore for FailingStore {
    async fn create_link(&self, _: &ConnectLink, _: &Audit) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn link(&self, _: &PartnerId, _: &LinkId) -> Result<Option<ConnectLink>, StoreError> {
        self.refuse()
    }

    async fn links(&self, _: &PartnerId, _: Option<&LinkId>, _: u32) -> Result<Vec<ConnectLink>, StoreError> {
        self.refuse()
    }

    async fn revoke_link(&self, _: &PartnerId, _: &LinkId, _: &Audit) -> Result<Written, StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl GrantStore for FailingStore {
    async fn take_lease(&self, _: &ConnectionId, _: &Lease, _: Option<&str>) -> Result<Taken, StoreError> {
        self.refuse()
    }

    async fn commit(&self, _: &ConnectionId, _: &Commit) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn renew_withdrawn(&self, _: &ConnectionId, _: &Commit) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn give_back(&self, _: &GivenBack) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn revive(&self, _: &Commit, _: &Audit, _: &Event) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn warn(&self, _: &Event, _: u64, _: Timestamp, _: Option<Timestamp>) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn record_failure(&self, _: &ConnectionId, _: u64, _: &LastFailure, _: Timestamp) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn end_grant(&self, _: &GrantEnd) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn keep_answer(&self, _: &KeptAnswer) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn write_consent(&self, _: &Consent) -> Result<ConsentWritten, StoreError> {
        self.refuse()
    }

    async fn disconnect(&self, _: &Disconnect) -> Result<Written, StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl RevocationStore for FailingStore {
    async fn put_revocation(&self, _: &Revocation) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn postpone(&self, _: &RevocationId, _: Timestamp) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn due_revocations(&self, _: u8, _: Timestamp, _: u32) -> Result<Vec<DueRevocation>, StoreError> {
        self.refuse()
    }

    async fn claim(&self, _: &RevocationId, _: &Claim) -> Result<Claimed, StoreError> {
        self.refuse()
    }

    async fn renew(&self, _: &RevocationId, _: &Claim, _: &StoredGrant) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn reschedule(&self, _: &RevocationId, _: &Claim, _: u32, _: Timestamp) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn waiting(&self, _: &RevocationId) -> Result<Option<Revocation>, StoreError> {
        self.refuse()
    }

    async fn complete(&self, _: &Revocation, _: &Claim, _: &Audit) -> Result<Written, StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl FlowStore for FailingStore {
    async fn begin(&self, _: &Flow) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn open(&self, _: &FlowId, _: &Flow, _: Timestamp) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn flow(&self, _: &FlowId) -> Result<Option<Flow>, StoreError> {
        self.refuse()
    }

    async fn consume(&self, _: &FlowId, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        self.refuse()
    }

    async fn keep_code(&self, _: &FlowId, _: &KeptCode) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn take_code(&self, _: &FlowId, _: &str, _: Timestamp) -> Result<bool, StoreError> {
        self.refuse()
    }

    async fn lease_flow(&self, _: &FlowId, _: &Claim) -> Result<bool, StoreError> {
        self.refuse()
    }

    async fn keep_grant(&self, _: &KeptGrant) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn offer(&self, _: &Offer) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn await_exchange(&self, _: &Waiting) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn fail(&self, _: &FlowEnd) -> Result<Written, StoreError> {
        self.refuse()
    }

    async fn reschedule_flow(&self, _: &Flow, _: Option<Timestamp>) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn count_start(&self, _: &Starts, _: Timestamp, _: u32) -> Result<bool, StoreError> {
        self.refuse()
    }
}

#[async_trait]
impl PartnerStore for FailingStore {
    async fn partner(&self, _: &PartnerId) -> Result<Option<Partner>, StoreError> {
        self.refuse()
    }

    async fn key(&self, _: &PartnerId, _: &KeyId) -> Result<Option<ApiKey>, StoreError> {
        self.refuse()
    }

    async fn key_and_connection(
        &self,
        _: (&PartnerId, &KeyId),
        _: &ConnectionId,
    ) -> Result<(Option<ApiKey>, Option<Connection>), StoreError> {
        self.refuse()
    }

    async fn touch_key(&self, _: &PartnerId, _: &KeyId, _: Timestamp) -> Result<(), StoreError> {
        self.refuse()
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.refuse()
    }
}
