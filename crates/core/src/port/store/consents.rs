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

    /// Stores the flow of the browser that opened an offered flow, and ends the offered flow. `Overtaken` if another browser opened
    /// it, or it has expired.
    async fn open(&self, offered: &FlowId, flow: &Flow, now: Timestamp) -> Result<Written, StoreError>;

    /// One flow, strongly consistent.
    async fn flow(&self, id: &FlowId) -> Result<Option<Flow>, StoreError>;

    /// Marks a flow as consumed if it is pending and has not expired. Of all attempts, each with its own id, one gets `true` (O-5).
    async fn consume(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Stores a code in a consumed flow, because the platform throttled its exchange.
    async fn keep_code(&self, id: &FlowId, kept: &KeptCode) -> Result<(), StoreError>;

    /// Takes the kept code out of the flow if it has not expired. Of all attempts, each with its own id, one gets `true`.
    async fn take_code(&self, id: &FlowId, attempt: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Leases a flow that holds a grant, so that one process at a time asks the platform for its company. Returns whether it is leased.
    async fn lease_flow(&self, id: &FlowId, claim: &Claim) -> Result<bool, StoreError>;

    /// Stores the sealed grant in the flow until its company is confirmed, with an entry under the claimed company. The flow is due
    /// when it expires, and TTL does not delete it. A flow that was ended as interrupted meanwhile continues; `Overtaken` if the
    /// flow is gone or ended otherwise.
    async fn keep_grant(&self, kept: &KeptGrant) -> Result<Written, StoreError>;

    /// Moves the grant from the flow into a revocation, which is due if the partner does not exchange its code in time. An entry
    /// under its company protects the grant until then. `Overtaken` if another request ended the flow.
    async fn await_exchange(&self, waiting: &AwaitedExchange) -> Result<Written, StoreError>;

    /// Stores the companies to choose from, if the flow holds a grant and has none yet. The entry of each company is written first.
    async fn offer_companies(&self, choice: &CompanyChoice) -> Result<(), StoreError>;

    /// Ends a flow without a connection. `Overtaken` if it is not at the stage that was read.
    async fn fail(&self, end: &FlowEnd) -> Result<Written, StoreError>;

    /// Sets the next due time of a due flow; `None` if it holds no grant any more.
    async fn reschedule_flow(&self, flow: &Flow, due_at: Option<Timestamp>) -> Result<(), StoreError>;

    /// Postpones a due flow whose row cannot be read until `due_at`. Returns the time of its first postponement; `None` if it is not
    /// due any more.
    async fn postpone_unreadable(&self, id: &FlowId, now: Timestamp, due_at: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// Ends a due flow whose row cannot be read, with an audit row. Its grant is deleted.
    async fn end_unreadable(&self, id: &FlowId, audit: &Audit) -> Result<Written, StoreError>;

    /// Counts a start in the minute of `at`. Returns `false` if that minute has `most` starts already. If the table's answer is lost,
    /// a start may be counted twice.
    async fn count_start(&self, starts: &Starts, at: Timestamp, most: u32) -> Result<bool, StoreError>;
}

/// A flow that begins to wait for the partner's exchange of our code.
#[derive(Clone)]
pub struct AwaitedExchange {
    /// The flow.
    pub flow: FlowId,
    /// The company that the platform confirmed.
    pub company: ConfirmedCompany,
    /// The revocation of its grant, due if the code is not exchanged.
    pub revocation: Revocation,
}

/// The result of issuing a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issued {
    /// It is the only valid code of its flow.
    Stored,
    /// Another code was issued meanwhile, or the flow waits for none.
    Overtaken,
    /// The previous code was exchanged already, so no other is issued.
    Spent,
}

/// Which starts without a key are counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Starts {
    /// The starts of a partner.
    OfPartner(PartnerId),
    /// The starts of one connect link.
    OfLink(PartnerId, LinkId),
}

/// The codes and handles that partners get.
#[async_trait]
pub trait HandoverStore: Send + Sync {
    /// Makes this the only valid code of its flow. The previous code becomes invalid.
    async fn issue_code(&self, flow: &FlowId, code: &Code, before: Option<&Fingerprint>) -> Result<Issued, StoreError>;

    /// One code, strongly consistent.
    async fn code(&self, hash: &Fingerprint) -> Result<Option<Code>, StoreError>;

    /// Spends a code that is unspent and has not expired. Of all attempts, each with its own id, one gets `true`.
    async fn consume_code(&self, hash: &Fingerprint, attempt: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Makes this the only valid handle of a connection.
    async fn put_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError>;

    /// Makes this handle invalid, unless another has replaced it.
    async fn void_handle(&self, id: &ConnectionId, hash: &Fingerprint) -> Result<(), StoreError>;

    /// The valid handle of a connection and the connection, both strongly consistent, in one request.
    async fn handle_and_connection(&self, id: &ConnectionId) -> Result<(Option<Fingerprint>, Option<Connection>), StoreError>;
}

/// The grant of a code, to store in its flow.
#[derive(Clone)]
pub struct KeptGrant {
    /// A unique id. A retry after a lost answer recognizes its own write by it.
    pub id: String,
    /// The flow.
    pub flow: FlowId,
    /// The grant, sealed to the flow.
    pub grant: StoredGrant,
    /// The company that the callback named.
    pub claim: Option<String>,
    /// The company to write an entry under, if revoking another grant of that company could end this one. It is the claimed company,
    /// or [any](Company::any).
    pub holds: Option<Company>,
    /// When the flow ends unless its company is confirmed.
    pub expires_at: Timestamp,
}

/// The end of a flow without a connection.
#[derive(Clone)]
pub struct FlowEnd {
    /// The flow.
    pub flow: FlowId,
    /// The stage at which it was read.
    pub seen: Stage,
    /// Why it ends.
    pub failure: FlowFailure,
    /// The error code, status and request id of the platform's failed answer.
    pub reference: Option<String>,
    /// The audit row, if there is one.
    pub audit: Option<Audit>,
    /// The revocation of its grant, if that is revoked.
    pub revocation: Option<Revocation>,
    /// The company whose entry of the consent is deleted, beside that under [any](Company::any).
    pub released: Option<Company>,
    /// When it ends.
    pub at: Timestamp,
}

/// Companies to choose from.
#[derive(Clone)]
pub struct CompanyChoice {
    /// The flow.
    pub flow: FlowId,
    /// The companies.
    pub companies: Vec<ConfirmedCompany>,
    /// Whether the grant gives access to no others.
    pub is_complete: bool,
    /// The companies to write entries under, because revoking another grant of one of them could end this one.
    pub holds: Vec<Company>,
    /// When the flow ends unless one is chosen.
    pub expires_at: Timestamp,
}
