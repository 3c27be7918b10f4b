//! The ports and settings that services use. Each process assembles them once, at its start.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use crate::model::audit::{Action, Actor, Audit, Subject};
use crate::model::connection::{Connection, Freshness};
use crate::model::event::{Event, Payload};
use crate::model::lease::{CommitId, LeaseId};
use crate::model::platform::PlatformName;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::clock::Clock;
use crate::port::company_file::CompanyFileBooks;
use crate::port::entropy::Entropy;
use crate::port::origin::{Origins, with_current};
use crate::port::parking::Parking;
use crate::port::platform::Platforms;
use crate::port::sealer::Sealer;
use crate::port::store::audit::AuditLog;
use crate::port::store::connections::ConnectionStore;
use crate::port::store::consents::FlowStore;
use crate::port::store::consents::HandoverStore;
use crate::port::store::desktop::{EndUserStore, JobStore};
use crate::port::store::health::HealthStore;
use crate::port::store::idempotency::IdempotencyStore;
use crate::port::store::outbox::Outbox;
use crate::port::store::partners::LinkStore;
use crate::port::store::partners::OperatorStore;
use crate::port::store::probes::ProbeStore;
use crate::port::store::purges::PurgeStore;
use crate::port::store::records::RecordStore;
use crate::port::store::revocations::RevocationStore;
use crate::port::store::sweeps::SweepStore;
use crate::port::store::syncs::SyncStore;
use crate::port::store::vault::GrantStore;
use crate::port::store::webhooks::{DeliveryStore, EndpointStore};
use crate::port::wake::{Wake, WakeCourier};
use crate::port::webhooks::Webhooks;
use crate::service::audit::counts::Counts;
use crate::service::health::figures::Figures;
use crate::service::partner::authenticate::KeyMemory;
use crate::service::vault::refresh::UnusedLeases;
use crate::service::vault::skew::Skew;
use crate::service::vault::unstored::UnstoredGrants;
use crate::settings::Settings;
use crate::{Error, Misconfiguration};

/// The ports, settings and in-memory state that services use.
pub struct App {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Knows which request is served.
    pub origins: Arc<dyn Origins>,
    /// Reads connections.
    pub connections: Arc<dyn ConnectionStore>,
    /// Writes grants and leases.
    pub grants: Arc<dyn GrantStore>,
    /// Stores revocations that platforms have not confirmed.
    pub revocations: Arc<dyn RevocationStore>,
    /// Stores hints and probes.
    pub probes: Arc<dyn ProbeStore>,
    /// Stores purges and removes what they cover.
    pub purges: Arc<dyn PurgeStore>,
    /// Reads imported records.
    pub records: Arc<dyn RecordStore>,
    /// Stores the runs of imports.
    pub syncs: Arc<dyn SyncStore>,
    /// Reads events.
    pub outbox: Arc<dyn Outbox>,
    /// Stores webhook endpoints.
    pub endpoints: Arc<dyn EndpointStore>,
    /// Stores deliveries to webhook endpoints.
    pub deliveries: Arc<dyn DeliveryStore>,
    /// How far events were swept.
    pub sweeps: Arc<dyn SweepStore>,
    /// Sends to webhook endpoints.
    pub webhooks: Arc<dyn Webhooks>,
    /// Wakes the courier.
    pub courier: Arc<dyn WakeCourier>,
    /// Stores flows.
    pub flows: Arc<dyn FlowStore>,
    /// Stores codes and handles for partners' pages.
    pub handovers: Arc<dyn HandoverStore>,
    /// Stores audit rows that are not part of another write, and reads all rows.
    pub audit_log: Arc<dyn AuditLog>,
    /// Stores connect links.
    pub links: Arc<dyn LinkStore>,
    /// Stores requests with an `Idempotency-Key`.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// Reads and changes partners and API keys.
    pub partners: Arc<dyn OperatorStore>,
    /// Stores the figures of partners' integrations.
    pub health: Arc<dyn HealthStore>,
    /// Queues grants that the table could not store.
    pub parking: Arc<dyn Parking>,
    /// Wakes the worker of imports.
    pub waker: Arc<dyn Wake>,
    /// Seals and opens secrets.
    pub sealer: Arc<dyn Sealer>,
    /// Stores end users of QuickBooks Desktop.
    pub end_users: Arc<dyn EndUserStore>,
    /// Stores jobs for Web Connectors.
    pub jobs: Arc<dyn JobStore>,
    /// Reads the books in company files of QuickBooks Desktop.
    pub company_files: Arc<dyn CompanyFileBooks>,
    /// The platforms' clients.
    pub platforms: Arc<dyn Platforms>,
    /// API keys that were verified within the last minute.
    pub key_memory: KeyMemory,
    /// Token reads and refreshes that are not counted in the table yet.
    pub counts: Counts,
    /// Figures of integrations that are not in the table yet.
    pub figures: Figures,
    /// The difference between this machine's clock and the table's.
    pub skew: Arc<Skew>,
    /// Grants that neither the table nor the queue has stored yet.
    pub unstored: UnstoredGrants,
    /// Leases that this process took and under which it sent nothing.
    pub unused_leases: UnusedLeases,
    /// Times and bounds.
    pub settings: Settings,
    /// The base of all redirect URIs and links, without a slash at its end; `None` if it is not configured.
    pub public_base_url: Option<String>,
    /// Whether a browser without a key may start a consent (O-17).
    pub open_start: bool,
    /// Whether `/docs` shows the OpenAPI document.
    pub show_docs: bool,
    /// How fresh the tokens of new connections are kept.
    pub freshness: Freshness,
    /// The name of this process in leases, for debugging.
    pub owner: String,
}

impl App {
    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The base of all redirect URIs and links, without a slash at its end.
    ///
    /// # Errors
    /// `Misconfigured` if it is not configured.
    pub fn base_url(&self) -> Result<&str, Error> {
        self.public_base_url.as_deref().ok_or_else(|| Error::Misconfigured {
            what: Misconfiguration::PublicBaseUrlMissing,
            message: "The public base URL is not set. Set it to the address that browsers reach.".to_owned(),
        })
    }

    /// The redirect URI that is registered at a platform: one exact string (O-1).
    ///
    /// # Errors
    /// `Misconfigured` as in [`Self::base_url`].
    pub fn redirect_uri(&self, platform: PlatformName) -> Result<String, Error> {
        Ok(format!("{}{}", self.base_url()?, platform.callback_path()))
    }

    /// An id with this prefix that sorts by time.
    pub fn new_id(&self, prefix: &str) -> String {
        self.entropy.id(prefix, self.now())
    }

    /// The id of a new lease.
    pub fn new_lease_id(&self) -> LeaseId {
        LeaseId::new(self.new_id("lease_"))
    }

    /// The id of a new write that sets a connection's epoch and has no lease.
    pub fn new_commit_id(&self) -> CommitId {
        CommitId::new(self.new_id("commit_"))
    }

    /// An audit row with the time and a new id.
    pub(crate) fn audit<const N: usize>(
        &self,
        subject: impl Into<Subject>,
        action: Action,
        actor: Actor,
        detail: [(&'static str, String); N],
    ) -> Audit {
        let at = self.now();
        Audit {
            id: self.new_id(""),
            subject: subject.into(),
            at,
            action,
            actor,
            detail: detail.into(),
            origin: self.origins.current(),
            expires_at: later(at, self.settings.audit_retention),
        }
    }

    /// Runs work as a task of its own, in the span and with the origin of the current one.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        tokio::spawn(with_current(Arc::clone(&self.origins), work).in_current_span())
    }

    /// An event about this connection, with the time and a new id.
    pub(crate) fn event(&self, connection: &Connection, payload: Payload) -> Event {
        let now = self.now();
        Event::about(connection, payload, self.entropy.id(Event::ID_PREFIX, now), now)
    }

    /// A secret of 256 random bits.
    pub fn new_secret(&self) -> Secret {
        self.entropy.secret()
    }
}
