//! The writes of leases and grants.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::api_key::KeyId;
use crate::model::audit::Audit;
use crate::model::connect_link::LinkId;
use crate::model::connection::{Company, Connection, ConnectionId, DeathCause, LastFailure};
use crate::model::event::Event;
use crate::model::failure_code::FailureCode;
use crate::model::flow::FlowId;
use crate::model::grant::StoredGrant;
use crate::model::kept_answer::KeptAnswer;
use crate::model::lease::{CommitId, Lease, LeaseId};
use crate::model::probe::Probe;
use crate::model::revocation::Revocation;
use crate::model::secret::Fingerprint;
use crate::port::store::purges::NewPurge;
use crate::port::store::{StoreError, Written};

/// The writes of the vault: the only ones that touch tokens, each conditional on the epoch.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// Takes the lease if there is none, or only that of the attempt `seen`, which the caller has found to be over. Idempotent
    /// for the same lease.
    async fn take_lease(&self, id: &ConnectionId, lease: &Lease, seen: Option<&LeaseId>) -> Result<Taken, StoreError>;

    /// Stores a refreshed grant in one write, if the grant of the epoch that it replaces is active.
    async fn commit(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError>;

    /// Stores a late grant with its audit row and event, if the grant of the epoch that it replaces is dead.
    async fn revive(&self, commit: &Commit, audit: &Audit, event: &Event) -> Result<Written, StoreError>;

    /// Writes the event that warns of the grant's hard end, and notes that end on the connection. `Overtaken` if the connection has
    /// this note already.
    async fn warn(
        &self,
        event: &Event,
        epoch: u64,
        hard_end: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError>;

    /// Records why a refresh failed.
    async fn record_failure(
        &self,
        id: &ConnectionId,
        epoch: u64,
        last_failure: &LastFailure,
        due_at: Timestamp,
    ) -> Result<Written, StoreError>;

    /// Stores a refreshed grant over one whose access was withdrawn. The status stays: no probe has found yet that access is back.
    async fn renew_withdrawn(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError>;

    /// Makes a grant whose access was withdrawn active again, with its audit row and event. The epoch stays, so that a parked commit
    /// still matches it.
    async fn restore_access(&self, restored: &RestoredAccess) -> Result<Written, StoreError>;

    /// Marks the grant of an epoch as dead, with its audit row, its event and the next probe. The epoch stays.
    async fn end_grant(&self, end: &GrantEnd) -> Result<Written, StoreError>;

    /// Stores an unreadable token answer. The same answer is stored once.
    async fn keep_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError>;

    /// Writes a consent in one transaction: the connection, the company entry, the audit row, the event, the revocation of the
    /// previous grant, and the flow's end.
    async fn write_consent(&self, consent: &Consent) -> Result<ConsentWritten, StoreError>;

    /// Writes a disconnect in one transaction: the connection without its grant and with the next epoch, the audit row, the event and
    /// the revocation. It deletes the company entry and the handle (T-5). A purge begins with it, or refuses it as overtaken if a record
    /// changed meanwhile.
    async fn disconnect(&self, disconnect: &Disconnect) -> Result<Written, StoreError>;
}

/// The result of taking a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// This attempt holds the lease.
    Ours,
    /// Another attempt holds the lease.
    Held,
}

/// A refreshed grant to store.
#[derive(Clone)]
pub struct Commit {
    /// The epoch that it replaces.
    pub epoch: u64,
    /// The id of the lease of this refresh. A retry after a lost answer recognizes its own write by it.
    pub commit_id: CommitId,
    /// The grant.
    pub grant: StoredGrant,
    /// When the grant was obtained.
    pub at: Timestamp,
    /// When the next refresh is due.
    pub due_at: Option<Timestamp>,
    /// Until when readers want a fresh token.
    pub wanted_until: Option<Timestamp>,
    /// Whether the answer had no readable refresh token, although the platform's answers have one. Then a refusal of the stored token
    /// means that its successor was lost, not that access was withdrawn.
    pub in_doubt: bool,
}

impl Commit {
    /// The failure to store on the connection: none, or the doubt.
    pub fn last_failure(&self) -> Option<LastFailure> {
        self.in_doubt.then_some(LastFailure {
            failures: 0,
            retry_at: self.at,
            code: FailureCode::RefreshTokenMissing,
            at: self.at,
            ended_lease: None,
            doubtful: true,
        })
    }
}

/// The end of a grant.
#[derive(Debug, Clone)]
pub struct GrantEnd {
    /// The grant's epoch.
    pub epoch: u64,
    /// Why it ended.
    pub cause: DeathCause,
    /// The failure to store on the connection.
    pub last_failure: LastFailure,
    /// The probe that checks whether access is back, if it was withdrawn.
    pub probe: Option<Probe>,
    /// The audit row.
    pub audit: Audit,
    /// The event.
    pub event: Event,
}

/// The return of access that had been withdrawn.
#[derive(Debug, Clone)]
pub struct RestoredAccess {
    /// The grant's epoch.
    pub epoch: u64,
    /// When the next refresh is due.
    pub due_at: Option<Timestamp>,
    /// The audit row.
    pub audit: Audit,
    /// The event.
    pub event: Event,
}

/// A consent to store.
#[derive(Clone)]
pub struct Consent {
    /// The connection as it was read; `None` if there was none.
    pub previous: Option<Connection>,
    /// The new connection. Its epoch is above the previous one.
    pub connection: Connection,
    /// The revocation of the previous grant; `None` if that is not revoked.
    pub replaced: Option<Revocation>,
    /// The flow that ends with it.
    pub flow: FlowId,
    /// The connect link, one use of which it counts.
    pub link: Option<LinkId>,
    /// The key that must be valid: the one that began the flow or created the link.
    pub key: Option<KeyId>,
    /// The exchange that writes it, if the flow waited for one; `None` at the callback.
    pub exchange: Option<CodeExchange>,
    /// The version of the company's tally, if a connection is created without a key. If the stored version differs, the write is
    /// refused as overtaken.
    pub tally: Option<u64>,
    /// The audit row.
    pub audit: Audit,
    /// The event.
    pub event: Event,
}

impl Consent {
    /// The previous company, if the connection changes its company.
    pub fn left_company(&self) -> Option<&Company> {
        self.previous.as_ref().map(|previous| &previous.company).filter(|company| **company != self.connection.company)
    }
}

/// A partner's exchange of our code for a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeExchange {
    /// The hash of the code.
    pub code: Fingerprint,
    /// The hash of the handle.
    pub handle: Fingerprint,
}

/// The result of writing a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentWritten {
    /// It is stored.
    Stored,
    /// The connection changed meanwhile. Read it and try again: a consent always wins.
    Overtaken,
    /// The flow does not wait for this any more: another request finished it, its code is spent, or its grant is being revoked.
    FlowIsOver,
    /// The link was revoked or is used up.
    LinkIsOver,
    /// The key was revoked.
    KeyIsOver,
}

/// A disconnect to store.
#[derive(Clone)]
pub struct Disconnect {
    /// The connection as it was read.
    pub connection: Connection,
    /// A unique id of this write.
    pub commit_id: CommitId,
    /// The revocation of the grant; `None` if there was no grant.
    pub revocation: Option<Revocation>,
    /// The purge that begins with it.
    pub purge: Option<NewPurge>,
    /// The audit row.
    pub audit: Audit,
    /// The event.
    pub event: Event,
}
