//! What is asked of the table. Each trait is one kind of rights: a function that only reads connections gets no more.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Error;
use crate::model::api_key::{ApiKey, KeyId};
use crate::model::audit::{Audit, Refusal};
use crate::model::connect_link::{ConnectLink, LinkId};
use crate::model::connection::{Company, ConfirmedCompany, Connection, ConnectionId, DeathCause, Freshness, Status, Trouble};
use crate::model::event::Event;
use crate::model::flow::{Flow, FlowFailure, FlowId, KeptCode, Stage};
use crate::model::grant::StoredGrant;
use crate::model::handover::Code;
use crate::model::kept_answer::KeptAnswer;
use crate::model::lease::Lease;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::partner::Partner;
use crate::model::platform::PlatformName;
use crate::model::probe::{Hint, HintsId, Probe, Suspicion};
use crate::model::revocation::{Owed, Revocation, RevocationId};
use crate::model::secret::Fingerprint;

/// Connections, and nothing of their tokens. Every read of one is strongly consistent; lists may lag by moments.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// One connection, in one read.
    async fn read(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError>;

    /// One connection and its lease, in one request.
    async fn look(&self, id: &ConnectionId) -> Result<Option<(Connection, Option<Lease>)>, StoreError>;

    /// A page of a partner's connections, by company key.
    async fn list(&self, partner: &PartnerId, query: &ListQuery) -> Result<Page, StoreError>;

    /// The connections of one of [`DUE_SHARDS`] that a worker has something to do for, longest overdue first; behind one of
    /// them, where reading goes on.
    async fn due(&self, shard: u8, now: Timestamp, after: Option<&DueEntry>, most: u32) -> Result<Vec<DueEntry>, StoreError>;

    /// A page of what holds a company, at most `most` (1 to 100) entries of it, beginning behind `after`; strongly consistent.
    /// A row that cannot be read is an error: nobody may take it for none.
    async fn holders(&self, company: &Company, after: Option<&str>, most: u32) -> Result<Holders, StoreError>;

    /// How many connections of a partner there are to a company, counted up to `most`; strongly consistent.
    async fn tally(&self, company: &Company, partner: &PartnerId, most: u32) -> Result<Tally, StoreError>;

    /// Stores what a partner may set; a due time only while the grant that it was worked out for is there and alive.
    async fn change(&self, id: &ConnectionId, settable: &Settable) -> Result<Written, StoreError>;
}

/// What a partner may set on a connection, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settable {
    /// Its name.
    pub company_name: String,
    /// How fresh its token is kept.
    pub freshness: Freshness,
    /// When a worker should come next for the grant of that epoch; `None` leaves that as it is.
    pub due: Option<(u64, Option<Timestamp>)>,
    /// When it is changed.
    pub at: Timestamp,
}

/// How many connections of a partner there are to a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The number.
    pub connections: u32,
    /// Rises with each connection that is made without a key: whoever adds one names the version that was counted.
    pub version: u64,
}

/// Over how many shards what is due is spread.
pub const DUE_SHARDS: u8 = 16;
/// All of them.
pub const ALL_SHARDS: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// A connection that a worker has something to do for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEntry {
    /// Which.
    pub connection: ConnectionId,
    /// Since when.
    pub since: Timestamp,
}

/// Which connections to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only keys that begin so.
    pub prefix: String,
    /// Only this platform.
    pub platform: Option<PlatformName>,
    /// Only these.
    pub status: Option<Status>,
    /// Only keys after this one.
    pub after: Option<CompanyKey>,
    /// At most so many, 1 to 100.
    pub limit: u32,
}

/// A page of what holds a company.
#[derive(Default)]
pub struct Holders {
    /// Connections to it, dead ones among them.
    pub connections: Vec<Connection>,
    /// Consents that may become connections to it.
    pub consents: Vec<Holding>,
    /// Where to go on; `None` at the end.
    pub next: Option<String>,
}

/// The entry of a consent under a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its flow, as text.
    pub flow: String,
    /// Until when it holds the company, while that is yet to be confirmed or chosen; `None` while it waits for our code's exchange,
    /// which ends by a write of its own.
    pub until: Option<Timestamp>,
}

/// A page of connections.
pub struct Page {
    /// Those that match; may be fewer than the limit though more follow.
    pub connections: Vec<Connection>,
    /// Where to go on; `None` at the end.
    pub next: Option<CompanyKey>,
}

/// The writes of the vault: the only ones that touch tokens, each conditional on the epoch.
#[async_trait]
pub trait GrantStore: Send + Sync {
    /// Takes the lease if there is none but that of the attempt named by `seen`, which the caller has judged to be over. Doing it twice with the same lease is taking it once.
    async fn take_lease(&self, id: &ConnectionId, lease: &Lease, seen: Option<&str>) -> Result<Taken, StoreError>;

    /// Stores a refreshed grant over the living one of the epoch that it replaces, in one write.
    async fn commit(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError>;

    /// Stores a grant that came late over a dead one of the epoch that it replaces, with its audit row and event.
    async fn revive(&self, commit: &Commit, audit: &Audit, event: &Event) -> Result<Written, StoreError>;

    /// Writes a warning, once whatever happens: its event is named by what it warns of. Then notes it on the connection.
    async fn warn(
        &self,
        event: &Event,
        epoch: u64,
        hard_end: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError>;

    /// Records why a refresh did not succeed.
    async fn record_trouble(
        &self,
        id: &ConnectionId,
        epoch: u64,
        trouble: &Trouble,
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

    /// Writes a consent: the connection, the company's entry, audit row, event, what the platform is to be told of the grant
    /// before, and the flow's end, all or nothing.
    async fn write_consent(&self, consent: &Consent) -> Result<ConsentWritten, StoreError>;

    /// Writes a disconnect, all or nothing: the connection without its grant and of the next epoch, audit row, event, what the
    /// platform is to be told; the company's entry and the handle go (T-5).
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

/// How a conditional write went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is stored, by this write or by an earlier try of the same.
    Stored,
    /// The epoch is gone, or its grant was marked dead: somebody else wrote. Nothing was changed.
    Overtaken,
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
    pub fn trouble(&self) -> Option<Trouble> {
        let code = "refresh_token_missing";
        self.in_doubt.then(|| Trouble {
            failures: 0,
            retry_at: self.at,
            code: code.to_owned(),
            message: "The platform's last answer had no refresh token that could be read; the one before is kept.".to_owned(),
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
    pub trouble: Trouble,
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
    /// What the platform is to be told of the grant that this one replaces; `None` where it is told nothing.
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

/// What a partner's exchange of a code spends and makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeExchange {
    /// The hash of the code.
    pub code: Fingerprint,
    /// The hash of the handle that it is exchanged for.
    pub handle: Fingerprint,
}

impl Consent {
    /// The company that the connection leaves, where it changes.
    pub fn left_company(&self) -> Option<&Company> {
        self.previous.as_ref().map(|previous| &previous.company).filter(|company| **company != self.connection.company)
    }
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
    /// What the platform is to be told of the grant; `None` where there was none.
    pub revocation: Option<Revocation>,
    /// Its audit row.
    pub audit: Audit,
    /// What the partner is told.
    pub event: Event,
}

/// What platforms are still to be told.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Puts one there, over one of the same grant: what is known of the grant now is newer.
    async fn owe(&self, revocation: &Revocation) -> Result<(), StoreError>;

    /// Puts off one that is there, whoever claims it: it is not to be told before.
    async fn hold(&self, id: &RevocationId, until: Timestamp) -> Result<(), StoreError>;

    /// What is due of one of [`DUE_SHARDS`], expired flows that hold a grant among it, longest overdue first; may lag by moments.
    async fn owed(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<Owed>, StoreError>;

    /// Claims one that is due, so that for a while nobody else tells the same.
    async fn claim(&self, id: &RevocationId, claim: &Claim) -> Result<Claimed, StoreError>;

    /// Stores the grant that a refresh brought, if the claim still holds.
    async fn renew(&self, id: &RevocationId, claim: &Claim, grant: &StoredGrant) -> Result<Written, StoreError>;

    /// Counts so many tries in vain and says when to tell next, if the claim still holds.
    async fn put_off(&self, id: &RevocationId, claim: &Claim, tries: u32, due_at: Timestamp) -> Result<Written, StoreError>;

    /// One that is there, strongly consistent; `None` where there is none, or somebody has claimed it.
    async fn waiting(&self, id: &RevocationId) -> Result<Option<Revocation>, StoreError>;

    /// Takes it away with its tokens and writes down why, all or nothing, if the claim still holds. The entries of a consent
    /// under its companies go too.
    async fn settle(&self, revocation: &Revocation, claim: &Claim, audit: &Audit) -> Result<Written, StoreError>;
}

/// Hints that a company was disconnected at its platform, and probes of connections (T-7).
#[async_trait]
pub trait ProbeStore: Send + Sync {
    /// Keeps a hint, in one write that is the same whatever it names. Where there are too many in that minute, it is dropped.
    async fn note_hint(&self, hint: &Hint, at: Timestamp) -> Result<(), StoreError>;

    /// What is due of one of [`DUE_SHARDS`], longest overdue first; may lag by moments.
    async fn suspicions(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<Suspicion>, StoreError>;

    /// The hints of a shard and a minute.
    async fn hints(&self, id: &HintsId) -> Result<Vec<Hint>, StoreError>;

    /// Takes them away, unless there are more than the ones that were followed.
    async fn forget_hints(&self, id: &HintsId, followed: usize) -> Result<(), StoreError>;

    /// Stores a probe, unless the connection has one already or was probed after `since`: then it is `Overtaken`.
    async fn suspect(&self, probe: &Probe, since: Timestamp) -> Result<Written, StoreError>;

    /// Claims the probe of a connection if it is due, so that for a while nobody else makes it.
    async fn claim_probe(&self, id: &ConnectionId, claim: &Claim) -> Result<Option<Probe>, StoreError>;

    /// Stores the probe that follows, if the claim still holds.
    async fn put_off_probe(&self, probe: &Probe, claim: &Claim) -> Result<Written, StoreError>;

    /// Ends the probing, if the claim still holds.
    async fn end_probe(&self, id: &ConnectionId, claim: &Claim, at: Timestamp) -> Result<Written, StoreError>;
}

/// One attempt at what is due: a revocation, a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Names it, never used twice.
    pub id: String,
    /// When it is made.
    pub at: Timestamp,
    /// Until when nobody else may.
    pub until: Timestamp,
}

/// How claiming went.
#[derive(Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is ours.
    Ours(Box<Revocation>),
    /// Somebody else is at it, or its time has not come.
    NotDue,
    /// There is nothing to tell (any more).
    Gone,
}

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
    /// is due at its end and does not go by itself. One that was ended as interrupted meanwhile goes on; `Overtaken` where the
    /// flow is gone or has another end.
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
    async fn put_off_flow(&self, flow: &Flow, due_at: Option<Timestamp>) -> Result<(), StoreError>;

    /// Counts a start of the minute that `at` lies in, unless there were `most` in it already: then `false`. One whose answer was
    /// lost may be counted twice.
    async fn count_start(&self, starts: &Starts, at: Timestamp, most: u32) -> Result<bool, StoreError>;
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
    /// The same, where revoking another grant of that company could end this one.
    pub holds: Option<Company>,
    /// When the flow ends unless its company is confirmed.
    pub expires_at: Timestamp,
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
    /// What the platform is to be told of its grant.
    pub revocation: Option<Revocation>,
    /// The company under which its entry goes.
    pub released: Option<Company>,
    /// When.
    pub at: Timestamp,
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

/// Audit rows that stand by themselves.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Stores a row about something that was refused, and so changed nothing.
    async fn note(&self, audit: &Audit) -> Result<(), StoreError>;

    /// Counts a refusal in the row of its partner, action, reason and day. One whose answer was lost may be counted twice.
    async fn count(&self, refusal: &Refusal) -> Result<(), StoreError>;
}

/// Connect links.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// Stores a new link, with its audit row.
    async fn create_link(&self, link: &ConnectLink, audit: &Audit) -> Result<(), StoreError>;

    /// One link, strongly consistent.
    async fn link(&self, partner: &PartnerId, id: &LinkId) -> Result<Option<ConnectLink>, StoreError>;

    /// A partner's links, live and not, by id, behind one of them; at most `most`, strongly consistent.
    async fn links(&self, partner: &PartnerId, after: Option<&LinkId>, most: u32) -> Result<Vec<ConnectLink>, StoreError>;

    /// Revokes a link from that moment on, with its audit row; `Overtaken` where it was revoked already or does not exist.
    async fn revoke_link(&self, partner: &PartnerId, id: &LinkId, audit: &Audit) -> Result<Written, StoreError>;
}

/// Partners and their keys.
#[async_trait]
pub trait Directory: Send + Sync {
    /// One partner.
    async fn partner(&self, id: &PartnerId) -> Result<Option<Partner>, StoreError>;

    /// One key, strongly consistent.
    async fn key(&self, partner: &PartnerId, id: &KeyId) -> Result<Option<ApiKey>, StoreError>;

    /// One key and one connection, both strongly consistent, in one request.
    async fn key_and_connection(
        &self,
        key: (&PartnerId, &KeyId),
        connection: &ConnectionId,
    ) -> Result<(Option<ApiKey>, Option<Connection>), StoreError>;

    /// Notes that a key was used.
    async fn touch_key(&self, partner: &PartnerId, id: &KeyId, at: Timestamp) -> Result<(), StoreError>;

    /// Whether the table answers.
    async fn check(&self) -> Result<(), StoreError>;
}

/// Why the table did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such table, or an index of it is missing.
    #[error("The table {table} does not exist or lacks an index. Deploy the stack, or set TABLE_NAME to the table it made.")]
    TableMissing {
        /// The name that was looked for.
        table: String,
    },
    /// Our role may not do this.
    #[error("The table {table} refuses this function: its role or its credentials lack the right.")]
    Denied {
        /// The table.
        table: String,
    },
    /// It cannot take more just now, or another write was in the way.
    #[error("the table is busy: {0}")]
    Busy(String),
    /// No answer, or a fault.
    #[error("the table is out of reach: {0}")]
    Unavailable(String),
    /// A row with a word that this version does not know, such as the name of a platform: a later version wrote it, as happens
    /// while one takes the place of another.
    #[error("the row {item} is of a later version: its {what} is not one that is known here")]
    Newer {
        /// Its key.
        item: String,
        /// The attribute.
        what: String,
    },
    /// A row that should not exist.
    #[error("the row {item} is damaged: {problem}")]
    Damaged {
        /// Its key.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TableMissing { .. } => Self::Misconfigured { code: "table_missing", message: error.to_string() },
            StoreError::Denied { .. } => Self::Misconfigured { code: "table_denied", message: error.to_string() },
            StoreError::Busy(detail) | StoreError::Unavailable(detail) => {
                tracing::error!(%detail, "the table did not answer");
                Self::TryLater {
                    code: "storage_unavailable",
                    message: "The storage does not answer just now. Nothing was changed; try again.".to_owned(),
                    retry_after: std::time::Duration::from_secs(2),
                }
            }
            StoreError::Newer { .. } => {
                tracing::error!(%error, "a row is of a later version");
                Self::TryLater {
                    code: "written_by_later_version",
                    message: "This was written by a later version of this service, which is perhaps just being deployed. Nothing was changed; try again."
                        .to_owned(),
                    retry_after: std::time::Duration::from_secs(30),
                }
            }
            StoreError::Damaged { .. } => Self::Internal(error.to_string()),
        }
    }
}
