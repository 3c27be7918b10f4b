//! Webhook endpoints and deliveries.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::lease::LeaseId;
use crate::model::name::PartnerId;
use crate::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use crate::model::webhook::endpoint::{Endpoint, EndpointId, EndpointName, Endpoints, Health, SigningSecrets};
use crate::model::webhook::notification::{EndpointEvent, Notification};
use crate::port::store::{Created, StoreError, Written};

/// Endpoints, and the right to deliver to one. Reads are strongly consistent, except the lists that say otherwise.
#[async_trait]
pub trait EndpointStore: Send + Sync {
    /// A partner's endpoints.
    async fn endpoints(&self, partner: &PartnerId) -> Result<Endpoints, StoreError>;

    /// Stores changed endpoints, and all or nothing what belongs to the change. `Overtaken` if `endpoints.version` is no longer the
    /// stored one, or if an endpoint that the change names does not exist.
    async fn change_endpoints(&self, change: &EndpointsChange<'_>) -> Result<Written, StoreError>;

    /// Replaces the secrets of an endpoint, if its current secret is still that of `seen`.
    async fn replace_secrets(
        &self,
        endpoint: &EndpointName,
        seen: &SigningSecrets,
        secrets: &SigningSecrets,
        audit: &Audit,
    ) -> Result<Written, StoreError>;

    /// The secrets and the health of endpoints, at most [`ENDPOINTS_MOST`](crate::model::webhook::endpoint::ENDPOINTS_MOST), in their
    /// order.
    async fn states(&self, partner: &PartnerId, ids: &[EndpointId]) -> Result<Vec<Option<EndpointState>>, StoreError>;

    /// Takes the lease on an endpoint if there is none, or one that has ended. Until it is returned the endpoint is due at its end. If
    /// another process has the lease, notes for it that there is new work. An enabled endpoint that is paused cannot be taken: it is due
    /// at the end of its pause already.
    async fn take_endpoint(&self, endpoint: &EndpointName, lease: &EndpointLease) -> Result<Option<EndpointState>, StoreError>;

    /// Extends a lease from `now`, stores the health, deletes the note of new work, and returns the state with what its partner has
    /// changed meanwhile. `None` if the lease is lost.
    async fn extend_endpoint(
        &self,
        endpoint: &EndpointName,
        lease: &EndpointLease,
        health: &Health,
        now: Timestamp,
    ) -> Result<Option<EndpointState>, StoreError>;

    /// Returns a lease, stores the health, and when the endpoint is due next. `Overtaken` if there is new work, or if the lease is lost.
    async fn return_endpoint(
        &self,
        endpoint: &EndpointName,
        lease: &EndpointLease,
        health: &Health,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError>;

    /// Stores the event that an endpoint fails, and in the endpoint's health that its partner was notified, all or nothing. `Overtaken` if
    /// the partner was notified before, or if the lease is lost.
    async fn notify_failing(&self, event: &EndpointEvent, lease: &EndpointLease) -> Result<Written, StoreError>;

    /// The endpoints of one of the [`super::DUE_SHARDS`] shards that are due, and since when, the longest overdue first: at most `most`.
    /// The list may lag by moments.
    async fn due_endpoints(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<(EndpointName, Timestamp)>, StoreError>;
}

/// A change of a partner's endpoints.
pub struct EndpointsChange<'a> {
    /// The partner.
    pub partner: &'a PartnerId,
    /// The endpoints as they will be, with the version that they have now.
    pub endpoints: &'a Endpoints,
    /// What happens to one of them.
    pub of: EndpointChanged<'a>,
    /// Who did it.
    pub audit: &'a Audit,
}

/// What happens to one endpoint.
pub enum EndpointChanged<'a> {
    /// It is created with these secrets, and is due at this time.
    Created(&'a EndpointId, &'a SigningSecrets, Timestamp),
    /// Only its configuration changes.
    Configured,
    /// It is enabled, or disabled by its partner: its health begins anew, and it is due at this time. The lease on it ends, so that a
    /// process with the state before stores nothing of it.
    Switched(&'a Endpoint, Timestamp),
    /// It is disabled because of its failures, with this event.
    Disabled(&'a EndpointEvent),
    /// It is deleted.
    Deleted(&'a EndpointId),
}

/// What an endpoint's deliveries need and change.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointState {
    /// The secrets that sign them.
    pub secrets: SigningSecrets,
    /// How the endpoint does.
    pub health: Health,
    /// Whether it is enabled.
    pub is_enabled: bool,
}

/// The right of one process to deliver to an endpoint, so that the number of requests at once is bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointLease {
    /// Its id. A repetition with the same id gets the same lease.
    pub id: LeaseId,
    /// When it was taken.
    pub at: Timestamp,
    /// How long it lasts after it was taken or extended.
    pub life: Duration,
}

/// Deliveries. Reads are strongly consistent, except the lists of due ones.
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// A partner's endpoints and some of its events, at most [`READ_MOST`], in one request. `None` for an event that does not exist, an
    /// error for one that cannot be read.
    async fn endpoints_and_events(
        &self,
        partner: &PartnerId,
        events: &[String],
    ) -> Result<(Endpoints, Vec<Result<Option<Notification>, StoreError>>), StoreError>;

    /// A partner's endpoints, and some deliveries with their events, at most [`PAIRS_MOST`], in one request. An error for a delivery that
    /// cannot be read, or whose event cannot.
    async fn endpoints_and_deliveries(
        &self,
        partner: &PartnerId,
        ids: &[DeliveryId],
    ) -> Result<(Endpoints, Vec<Result<WithEvent, StoreError>>), StoreError>;

    /// Stores a new delivery.
    async fn create_delivery(&self, partner: &PartnerId, delivery: &Delivery) -> Result<Created, StoreError>;

    /// Stores a test event and its delivery, all or nothing.
    async fn create_test(&self, event: &EndpointEvent, delivery: &Delivery) -> Result<(), StoreError>;

    /// Stores new deliveries that replay earlier ones. They may be stored already.
    async fn create_replays(&self, partner: &PartnerId, deliveries: &[Delivery]) -> Result<(), StoreError>;

    /// Stores the state of a delivery after an attempt or its cancellation. `Overtaken` if the stored one has ended or has more
    /// attempts than `attempts`.
    async fn save_delivery(&self, partner: &PartnerId, delivery: &Delivery, attempts: usize) -> Result<Written, StoreError>;

    /// Makes a pending delivery due at this time. It need not be readable. Does nothing to one that has ended.
    async fn postpone_delivery(&self, partner: &PartnerId, id: &DeliveryId, until: Timestamp) -> Result<(), StoreError>;

    /// The pending deliveries of an endpoint, the one that is due first: at most `most`. The list may lag by moments, and may then
    /// contain a delivery that has ended.
    async fn pending(&self, endpoint: &EndpointName, most: u32) -> Result<Vec<(DeliveryId, Timestamp)>, StoreError>;

    /// One delivery.
    async fn delivery(&self, partner: &PartnerId, id: &DeliveryId) -> Result<Option<Delivery>, StoreError>;

    /// The deliveries of an endpoint.
    async fn deliveries(&self, endpoint: &EndpointName, query: &DeliveryQuery<'_>) -> Result<DeliveryPage, StoreError>;
}

/// A delivery and its event. `None` for what does not exist.
pub type WithEvent = (Option<Delivery>, Option<Notification>);

/// The most events of one [`DeliveryStore::endpoints_and_events`].
pub const READ_MOST: usize = 99;
/// The most deliveries of one [`DeliveryStore::endpoints_and_deliveries`].
pub const PAIRS_MOST: usize = 49;

/// Which deliveries of an endpoint are listed. They are ordered by their event and then by their replay.
pub struct DeliveryQuery<'a> {
    /// The place after which the list begins, in its order.
    pub after: Option<&'a str>,
    /// The place at which it ends, in its order.
    pub until: Option<&'a str>,
    /// Whether the newest event comes first.
    pub is_newest_first: bool,
    /// Only deliveries with one of these statuses. Empty: all.
    pub statuses: &'a [DeliveryStatus],
    /// The largest number of deliveries.
    pub most: u32,
}

/// A page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// The place up to which the list was read, if there may be more.
    pub read_to: Option<String>,
}

impl DeliveryId {
    /// Its place in the order of an endpoint's deliveries.
    pub fn place(&self) -> String {
        match self.replayed_at {
            None => self.event.clone(),
            Some(millis) => format!("{}#{millis:013}", self.event),
        }
    }

    /// The id at a place of an endpoint's deliveries. `None` if the place is none.
    pub fn at_place(endpoint: &EndpointId, place: &str) -> Option<Self> {
        let (event, replayed_at) = match place.split_once('#') {
            None => (place, None),
            Some((event, millis)) => (event, Some(millis.parse().ok()?)),
        };
        Some(Self { event: event.to_owned(), replayed_at, endpoint: endpoint.clone() })
    }
}
