//! Consents that have not ended: flows, codes and handles.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::connect_link::LinkId;
use crate::model::connection::{Company, ConfirmedCompany, Connection, ConnectionId};
use crate::model::flow::Flow;
use crate::model::flow::FlowId;
use crate::model::flow::KeptCode;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::grant::StoredGrant;
use crate::model::handover::Code;
use crate::model::name::PartnerId;
use crate::model::revocation::Revocation;
use crate::model::secret::Fingerprint;
use crate::port::store::revocations::Claim;
use crate::port::store::{StoreError, Written};

/// Flows.
#[async_trait]
pub trait FlowStore: Send + Sync {
    /// Stores a new flow.
    async fn begin(&self, flow: &Flow) -> Result<(), StoreError>;

    /// Stores the flow that a browser makes of one that was offered, and ends the offer; `Overtaken` where the offer was taken
    /// already, or is past its end.
    async fn open(&self, offered: &FlowId, flow: &Flow, now: Timestamp) -> Result<Written, StoreError>;

    /// One flow, strongly consistent.
    async fn flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError>;

    /// Marks it consumed, if it is pending and not past its end. Of any number of attempts, each with a name of its own,
    /// one gets `true` (O-5).
    async fn consume(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Keeps a code that the platform has not looked at in a consumed flow.
    async fn keep_code(&self, id: &FlowId, kept: &KeptCode) -> Result<(), StoreError>;

    /// Takes the kept code out again, while it is good. Of any number of attempts, each with a name of its own, one gets `true`.
    async fn take_code(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Leases a flow that holds a grant until then, so that one at a time asks the platform for its company.
    async fn lease_flow(&self, id: &FlowId, claim: &Claim) -> Result<bool, StoreError>;

    /// Keeps the sealed grant in the flow until its company is confirmed, with an entry under the company that was claimed. The flow
    /// is due at its end, and TTL does not delete it. A flow that was ended as interrupted meanwhile continues; `Overtaken` if the
    /// flow is gone or ended otherwise.
    async fn keep_grant(&self, kept: &KeptGrant) -> Result<Written, StoreError>;

    /// Takes the grant out of the flow into a revocation that is due when the partner has not exchanged its code in time, with an
    /// entry under its company, so that nobody ends the grant meanwhile. `Overtaken` where somebody else ended the flow.
    async fn await_exchange(&self, waiting: &Waiting) -> Result<Written, StoreError>;

    /// Keeps the companies among which somebody must choose, if it holds a grant and has none yet. Each of them has an entry before
    /// they are offered.
    async fn offer(&self, offer: &Offer) -> Result<(), StoreError>;

    /// Ends a flow without a connection; `Overtaken` where it is not at the stage that was seen.
    async fn fail(&self, end: &FlowEnd) -> Result<Written, StoreError>;

    /// Says when a flow that is due is due again: never, where it holds no grant any more.
    async fn reschedule_flow(&self, flow: &Flow, due_at: Option<Timestamp>) -> Result<(), StoreError>;

    /// Postpones a due flow whose row cannot be read until `due_at`. Says since when it has been postponed so; `None` if it is no
    /// longer due.
    async fn postpone_unreadable(&self, id: &FlowId, now: Timestamp, due_at: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Ends a due flow whose row cannot be read, with an audit row: its grant is deleted.
    async fn end_unreadable(&self, id: &FlowId, audit: &Audit) -> Result<Written, StoreError>;

    /// Counts a start of the minute that `at` lies in, unless there were `most` in it already: then `false`. One whose answer was
    /// lost may be counted twice.
    async fn count_start(&self, starts: &Starts, at: Timestamp, most: u32) -> Result<bool, StoreError>;
}

/// A flow that begins to wait for the partner to exchange its code.
#[derive(Clone)]
pub struct Waiting {
    /// The flow.
    pub flow: FlowId,
    /// The company that the platform confirmed.
    pub company: ConfirmedCompany,
    /// Its grant, which is revoked when it has waited in vain.
    pub revocation: Revocation,
}

/// How issuing a code went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// It is the one live code of its flow.
    Stored,
    /// Another code was issued meanwhile, or the flow waits for none.
    Overtaken,
    /// The code before was exchanged already: there is no second one.
    Spent,
}

/// Starts without a key, which are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Starts {
    /// Those of a partner.
    OfPartner(PartnerId),
    /// Those of one connect link.
    OfLink(PartnerId, LinkId),
}

/// What is handed to partners' pages.
#[async_trait]
pub trait HandoverStore: Send + Sync {
    /// Makes this the one live code of its flow; the one before is dead.
    async fn issue_code(&self, flow: &FlowId, code: &Code, before: Option<&Fingerprint>) -> Result<Issued, StoreError>;

    /// One code, strongly consistent.
    async fn code(&self, hash: &Fingerprint) -> Result<Option<Code>, StoreError>;

    /// Spends it, if it was not spent and is not over. Of any number of attempts, each with a name of its own, one gets `true`.
    async fn consume_code(&self, hash: &Fingerprint, attempt: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Makes this the one live handle of a connection.
    async fn put_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError>;

    /// Makes this handle of a connection nobody's, unless another has taken its place.
    async fn void_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError>;

    /// The live handle of a connection and the connection, both strongly consistent, in one request.
    async fn handle_and_connection(&self, id: &ConnectionId) -> Result<(Option<Fingerprint>, Option<Connection>), StoreError>;
}

/// A grant that a code was exchanged for, on its way into its flow.
#[derive(Clone)]
pub struct KeptGrant {
    /// Names this grant, so that a retry after a lost answer knows its own.
    pub id: String,
    /// The flow.
    pub flow: FlowId,
    /// The grant, sealed to the flow.
    pub grant: StoredGrant,
    /// The company that the callback claimed, where it did.
    pub claim: Option<String>,
    /// The same, or [any](Company::any), where revoking another grant of that company could end this one.
    pub holds: Option<Company>,
    /// When the flow ends unless its company is confirmed.
    pub expires_at: Timestamp,
}

/// The end of a flow without a connection.
#[derive(Clone)]
pub struct FlowEnd {
    /// The flow.
    pub flow: FlowId,
    /// The stage that it was seen at.
    pub seen: Stage,
    /// Why it ends.
    pub failure: FlowFailure,
    /// What the platform said of it.
    pub reference: Option<String>,
    /// Its audit row, where it has one.
    pub audit: Option<Audit>,
    /// The revocation of its grant, where that is revoked.
    pub revocation: Option<Revocation>,
    /// The company whose entry of the consent is deleted, beside that under [any](Company::any).
    pub released: Option<Company>,
    /// When.
    pub at: Timestamp,
}

/// Companies to choose from.
#[derive(Clone)]
pub struct Offer {
    /// The flow.
    pub flow: FlowId,
    /// Those that it offers.
    pub companies: Vec<ConfirmedCompany>,
    /// Whether the consent reaches no others.
    pub is_complete: bool,
    /// The same, where revoking another grant of one of them could end this one.
    pub holds: Vec<Company>,
    /// When the flow ends unless one is chosen.
    pub expires_at: Timestamp,
}
