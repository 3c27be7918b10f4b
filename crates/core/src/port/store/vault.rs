//! Leases, grants and their ends: what must not be lost.

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
use crate::model::lease::Lease;
use crate::model::probe::Probe;
use crate::model::revocation::Revocation;
use crate::model::secret::Fingerprint;
use crate::port::store::{StoreError, Written};

/// The writes of the vault: the only ones that touch tokens, each conditional on the epoch.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// Takes the lease if there is none but that of the attempt named by `seen`, which the caller has judged to be over. Doing it twice with the same lease is taking it once.
    async fn take_lease(&self, id: &ConnectionId, lease: &Lease, seen: Option<&str>) -> Result<Taken, StoreError>;

    /// Stores a refreshed grant over the living one of the epoch that it replaces, in one write.
    async fn commit(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError>;

    /// Stores a grant that came late over a dead one of the epoch that it replaces, with its audit row and event.
    async fn revive(&self, commit: &Commit, audit: &Audit, event: &Event) -> Result<Written, StoreError>;

    /// Notes on the connection that its partner is warned of that end, with the event that warns; `Overtaken` where it was warned of it already.
    async fn warn(
        &self,
        event: &Event,
        epoch: u64,
        hard_end: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError>;

    /// Records why a refresh did not succeed.
    async fn record_failure(
        &self,
        id: &ConnectionId,
        epoch: u64,
        last_failure: &LastFailure,
        due_at: Timestamp,
    ) -> Result<Written, StoreError>;

    /// Stores a refreshed grant over one whose access was withdrawn, which stays so: nobody has seen yet that it is back.
    async fn renew_withdrawn(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError>;

    /// Makes a grant whose access was withdrawn active again, with its audit row and event; the epoch stays, so that what was
    /// parked for it still fits.
    async fn give_back(&self, back: &GivenBack) -> Result<Written, StoreError>;

    /// Marks the grant of an epoch as dead, with its audit row and event, and the probe that follows; the epoch stays.
    async fn end_grant(&self, end: &GrantEnd) -> Result<Written, StoreError>;

    /// Keeps a token answer that could not be read; the same again is kept once.
    async fn keep_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError>;

    /// Writes a consent: the connection, the company's entry, audit row, event, the revocation of the grant
    /// before, and the flow's end, all or nothing.
    async fn write_consent(&self, consent: &Consent) -> Result<ConsentWritten, StoreError>;

    /// Writes a disconnect, all or nothing: the connection without its grant and of the next epoch, audit row, event, the
    /// revocation; the company's entry and the handle go (T-5).
    async fn disconnect(&self, disconnect: &Disconnect) -> Result<Written, StoreError>;
}

/// How taking a lease went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is ours.
    Ours,
    /// Somebody else was quicker.
    Held,
}

/// A refreshed grant on its way into the table.
#[derive(Clone)]
pub struct Commit {
    /// The epoch that it replaces.
    pub epoch: u64,
    /// Names this write, so that a retry after a lost answer knows its own: the id of the lease that it was made under.
    pub commit_id: String,
    /// The grant.
    pub grant: StoredGrant,
    /// When it was obtained.
    pub at: Timestamp,
    /// When the refresher should come next.
    pub due_at: Option<Timestamp>,
    /// Until when the token is wanted.
    pub wanted_until: Option<Timestamp>,
    /// Whether the answer lacked a refresh token that can be read, though the platform's answers have one: then a refusal of the one
    /// that is kept means that its successor was lost, not that access was taken away.
    pub in_doubt: bool,
}

impl Commit {
    /// What the connection says went wrong: nothing, or the doubt.
    pub fn last_failure(&self) -> Option<LastFailure> {
        self.in_doubt.then_some(LastFailure {
            failures: 0,
            retry_at: self.at,
            code: FailureCode::RefreshTokenMissing,
            at: self.at,
            settled_lease: None,
            doubtful: true,
        })
    }
}

/// The end of a grant.
#[derive(Debug, Clone)]
pub struct GrantEnd {
    /// Of which epoch.
    pub epoch: u64,
    /// Why.
    pub cause: DeathCause,
    /// What the connection says went wrong.
    pub last_failure: LastFailure,
    /// The probe that is to find out whether access is back, where it was withdrawn.
    pub probe: Option<Probe>,
    /// Its audit row.
    pub audit: Audit,
    /// What the partner is told.
    pub event: Event,
}

/// The return of access that had been withdrawn.
#[derive(Debug, Clone)]
pub struct GivenBack {
    /// Of the grant of which epoch.
    pub epoch: u64,
    /// When the refresher should come next.
    pub due_at: Option<Timestamp>,
    /// Its audit row.
    pub audit: Audit,
    /// What the partner is told.
    pub event: Event,
}

/// A consent on its way into the table.
#[derive(Clone)]
pub struct Consent {
    /// The connection as it was read; `None` where there was none.
    pub previous: Option<Connection>,
    /// The connection as it is to be, its epoch above the one before.
    pub connection: Connection,
    /// The revocation of the grant that this one replaces; `None` where that is not revoked.
    pub replaced: Option<Revocation>,
    /// The flow that ends with it.
    pub flow: FlowId,
    /// The connect link that it uses, once.
    pub link: Option<LinkId>,
    /// The key that it hangs on: that of whoever began the flow, or made the link.
    pub key: Option<KeyId>,
    /// The exchange that makes it, of a flow that waited for that; `None` at the callback.
    pub exchange: Option<CodeExchange>,
    /// Where a connection is made without a key, the version of the company's tally that was counted: any other one refuses it
    /// as overtaken.
    pub tally: Option<u64>,
    /// Its audit row.
    pub audit: Audit,
    /// What the partner is told.
    pub event: Event,
}

impl Consent {
    /// The company that the connection leaves, where it changes.
    pub fn left_company(&self) -> Option<&Company> {
        self.previous.as_ref().map(|previous| &previous.company).filter(|company| **company != self.connection.company)
    }
}

/// What a partner's exchange of a code spends and makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeExchange {
    /// The hash of the code.
    pub code: Fingerprint,
    /// The hash of the handle that it is exchanged for.
    pub handle: Fingerprint,
}

/// How writing a consent went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentWritten {
    /// It is stored.
    Stored,
    /// The connection changed meanwhile: read it and try again; a consent always wins.
    Overtaken,
    /// The flow is not waiting for this any more: somebody else finished it, its code is spent, or its grant is being revoked.
    FlowIsOver,
    /// The link was revoked, or has had all its consents.
    LinkIsOver,
    /// The key was revoked.
    KeyIsOver,
}

/// A disconnect on its way into the table.
#[derive(Clone)]
pub struct Disconnect {
    /// The connection as it was read.
    pub connection: Connection,
    /// Names this write.
    pub commit_id: String,
    /// The revocation of the grant; `None` where there was no grant.
    pub revocation: Option<Revocation>,
    /// Its audit row.
    pub audit: Audit,
    /// What the partner is told.
    pub event: Event,
}
