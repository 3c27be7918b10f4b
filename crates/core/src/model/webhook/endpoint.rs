//! Webhook endpoints: the addresses at which a partner receives its events.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::model::event::EventKind;
use crate::model::name::PartnerId;
use crate::model::secret::{Sealed, Secret};

/// The largest number of endpoints of a partner.
pub const ENDPOINTS_MOST: usize = 20;
/// The longest address of an endpoint, in bytes.
pub const URL_LONGEST: usize = 2_048;
/// The longest description of an endpoint, in characters.
pub const DESCRIPTION_LONGEST: usize = 500;
/// The longest time for which a replaced secret still signs.
pub const OVERLAP_MOST: Duration = Duration::from_secs(604_800);
/// The default time for which a replaced secret still signs.
pub const OVERLAP: Duration = Duration::from_secs(86_400);

/// The least time from the notification that an endpoint fails to its end, if nothing succeeds (W-7).
pub const NOTICE: Duration = Duration::from_secs(86_400);

/// The id of an endpoint: `we_`, the time of its creation and random digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(String);

impl EndpointId {
    /// The prefix of every id.
    pub const PREFIX: &str = "we_";

    /// An id from the table or of a new endpoint.
    pub fn new(id: String) -> Self {
        Self(id)
    }

    /// Parses an id; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        let is_id = digits.len() == 32 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_id.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an endpoint among all partners' endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointName {
    /// The partner.
    pub partner: PartnerId,
    /// The endpoint.
    pub id: EndpointId,
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partner, self.id)
    }
}

/// An endpoint, as its partner configures it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its address.
    pub url: String,
    /// The partner's note.
    pub description: Option<String>,
    /// The kinds of events that it gets. Empty: all.
    pub events: Vec<EventKind>,
    /// Whether it gets deliveries.
    pub status: EndpointStatus,
    /// When it was created. It gets no event from before.
    pub created_at: Timestamp,
}

impl Endpoint {
    /// Whether it gets events of this kind.
    pub(crate) fn wants(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }

    /// Whether deliveries are sent to it.
    pub fn is_enabled(&self) -> bool {
        self.status == EndpointStatus::Enabled
    }
}

/// Whether an endpoint gets deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointStatus {
    /// It gets deliveries.
    Enabled,
    /// It gets none. Its events are logged as canceled deliveries, which can be replayed.
    Disabled(DisabledReason),
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum DisabledReason {
    /// Its partner disabled it.
    Requested,
    /// Every attempt failed for five days (W-7).
    Failing,
    /// It answered 410 Gone (W-3).
    Gone,
}

impl DisabledReason {
    /// The word in the table and on the surface.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// All endpoints of a partner. They are stored together, so that the dispatch of an event reads them in one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoints {
    /// The version, raised by each change.
    pub version: u64,
    /// The endpoints in the order of their ids.
    pub list: Vec<Endpoint>,
}

impl Endpoints {
    /// The endpoint with this id.
    pub fn find(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.list.iter().find(|endpoint| endpoint.id == *id)
    }
}

/// The prefix of a signing secret. The key in base64 follows it (Standard Webhooks, "Symmetric").
const SECRET_PREFIX: &str = "whsec_";

/// A new signing secret, from random bytes.
pub fn signing_secret(random: [u8; 32]) -> Secret {
    Secret::new(format!("{SECRET_PREFIX}{}", STANDARD.encode(random)))
}

/// The key of a signing secret; `None` if the text is none.
pub fn signing_key(secret: &Secret) -> Option<Vec<u8>> {
    STANDARD.decode(secret.expose().strip_prefix(SECRET_PREFIX)?).ok().filter(|key| !key.is_empty())
}

/// The secrets with which an endpoint's deliveries are signed, sealed (W-1, W-2).
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecrets {
    /// The secret.
    pub current: Sealed,
    /// The secret before, and until when it signs too.
    pub previous: Option<(Sealed, Timestamp)>,
}

/// How an endpoint does: what its deliveries change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Health {
    /// When a delivery last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// The time of the first failed attempt after the last success, or after the endpoint was enabled.
    pub failing_since: Option<Timestamp>,
    /// When the partner was notified that it is failing.
    pub notified_at: Option<Timestamp>,
    /// No attempt begins before this time, because the endpoint asked for a pause.
    pub paused_until: Option<Timestamp>,
}
