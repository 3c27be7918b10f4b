//! The parts that services work with. Each process assembles them once, at its start.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::audit::{Action, Actor, Audit, Subject};
use crate::model::connection::{Connection, Freshness};
use crate::model::event::{Event, Payload};
use crate::model::secret::Secret;
use crate::port::clock::Clock;
use crate::port::entropy::Entropy;
use crate::port::parking::Parking;
use crate::port::platform::Platforms;
use crate::port::sealer::Sealer;
use crate::port::store::audit::AuditLog;
use crate::port::store::connections::ConnectionStore;
use crate::port::store::consents::FlowStore;
use crate::port::store::consents::HandoverStore;
use crate::port::store::partners::LinkStore;
use crate::port::store::partners::PartnerStore;
use crate::port::store::probes::ProbeStore;
use crate::port::store::records::RecordStore;
use crate::port::store::revocations::RevocationStore;
use crate::port::store::syncs::SyncStore;
use crate::port::store::vault::GrantStore;
use crate::service::partner::authenticate::KeyMemory;
use crate::service::vault::in_hand::InHand;
use crate::service::vault::refresh::UnusedLeases;
use crate::service::vault::skew::Skew;
use crate::settings::Settings;

/// Everything a service needs.
pub struct App {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Reading connections.
    pub connections: Arc<dyn ConnectionStore>,
    /// The vault's writes.
    pub grants: Arc<dyn GrantStore>,
    /// Revocations that platforms have not confirmed.
    pub revocations: Arc<dyn RevocationStore>,
    /// Hints and probes.
    pub probes: Arc<dyn ProbeStore>,
    /// Imported records.
    pub records: Arc<dyn RecordStore>,
    /// Runs of imports.
    pub syncs: Arc<dyn SyncStore>,
    /// Flows.
    pub flows: Arc<dyn FlowStore>,
    /// What is handed to partners' pages.
    pub handovers: Arc<dyn HandoverStore>,
    /// Audit rows that stand by themselves.
    pub audit_log: Arc<dyn AuditLog>,
    /// Connect links.
    pub links: Arc<dyn LinkStore>,
    /// Partners and keys.
    pub partners: Arc<dyn PartnerStore>,
    /// The second durable place for grants.
    pub parking: Arc<dyn Parking>,
    /// Sealing.
    pub sealer: Arc<dyn Sealer>,
    /// Platforms.
    pub platforms: Arc<dyn Platforms>,
    /// API keys that were verified a moment ago.
    pub key_memory: KeyMemory,
    /// How far the time of day is from the table's.
    pub skew: Arc<Skew>,
    /// Grants that no durable place has taken yet.
    pub in_hand: InHand,
    /// Leases of this process that were never used.
    pub unused_leases: UnusedLeases,
    /// Times and bounds.
    pub settings: Settings,
    /// The address everything is built from, without a slash at its end; `None` where it is not set yet.
    pub public_base_url: Option<String>,
    /// Whether a browser without a key may start a consent (O-17).
    pub open_start: bool,
    /// How fresh the tokens of new connections are kept.
    pub freshness: Freshness,
    /// Names this process in leases.
    pub owner: String,
}

impl App {
    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A name that sorts by time.
    pub fn new_id(&self, prefix: &str) -> String {
        self.entropy.id(prefix, self.now())
    }

    /// An audit row about something that happens now.
    pub(crate) fn audit<const N: usize>(
        &self,
        subject: impl Into<Subject>,
        action: Action,
        actor: Actor,
        detail: [(&'static str, String); N],
    ) -> Audit {
        Audit { id: self.new_id(""), subject: subject.into(), at: self.now(), action, actor, detail: detail.into() }
    }

    /// An event that happens now to a connection as it is, or is about to be.
    pub(crate) fn event(&self, connection: &Connection, payload: Payload) -> Event {
        let now = self.now();
        Event::about(connection, payload, self.entropy.id(Event::ID_PREFIX, now), now)
    }

    /// 256 random bits.
    pub fn new_secret(&self) -> Secret {
        self.entropy.secret()
    }
}
