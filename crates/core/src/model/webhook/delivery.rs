//! Deliveries: the attempts to send one event to one endpoint, and their schedule (W-3).

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::event::EventKind;
use crate::model::time::later;
use crate::model::webhook::endpoint::EndpointId;

/// The pauses before the attempts after the first. Each is lengthened by up to a tenth at random.
pub const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(300),
    Duration::from_secs(1_800),
    Duration::from_secs(7_200),
    Duration::from_secs(18_000),
    Duration::from_secs(36_000),
    Duration::from_secs(50_400),
    Duration::from_secs(72_000),
    Duration::from_secs(86_400),
];

/// The longest pause that an endpoint's `Retry-After` can ask for.
pub const RETRY_AFTER_MOST: Duration = Duration::from_secs(86_400);

/// The id of a delivery: its event, its endpoint, and which delivery of this event it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId {
    /// The event.
    pub event: String,
    /// The time of the replay that made it, in milliseconds since 1970; `None` for the first delivery.
    pub replayed_at: Option<i64>,
    /// The endpoint.
    pub endpoint: EndpointId,
}

impl DeliveryId {
    /// Parses an id; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("dlv_")?.split('_');
        let (event, endpoint) = (hex(parts.next()?)?, hex(parts.next()?)?);
        let replayed_at = parts.next().map(|millis| i64::from_str_radix(millis, 16)).transpose().ok()?;
        let id = Self {
            event: format!("evt_{event}"),
            replayed_at,
            endpoint: EndpointId::parse(&format!("{}{endpoint}", EndpointId::PREFIX))?,
        };
        // One delivery has one id: `dlv_…_0a` is not `dlv_…_a`.
        (parts.next().is_none() && id.to_string() == text).then_some(id)
    }
}

fn hex(text: &str) -> Option<&str> {
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then_some(text)
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = self.event.strip_prefix("evt_").unwrap_or(&self.event);
        let endpoint = self.endpoint.as_str().strip_prefix(EndpointId::PREFIX).unwrap_or(self.endpoint.as_str());
        write!(f, "dlv_{event}_{endpoint}")?;
        self.replayed_at.map_or(Ok(()), |millis| write!(f, "_{millis:x}"))
    }
}

/// A delivery of one event to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The kind of its event.
    pub kind: EventKind,
    /// Whether it has ended, and how.
    pub status: DeliveryStatus,
    /// The attempts so far, the first one first.
    pub attempts: Vec<DeliveryAttempt>,
    /// When the next attempt is due. `None` if it has ended.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryStatus {
    /// An attempt is due.
    Pending,
    /// The endpoint accepted it.
    Delivered,
    /// The last attempt failed.
    Failed,
    /// Its endpoint was disabled, or its event is gone.
    Canceled,
}

impl DeliveryStatus {
    /// The word in the table and on the surface.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The answer, or why there is none.
    pub reply: Reply,
}

/// The answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The status of the endpoint's answer.
    Status(u16),
    /// There was no answer.
    None(SendFailure),
}

impl Reply {
    /// Only a 2xx is a success.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Status(200..=299))
    }

    /// Whether the endpoint is gone for good (W-3).
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Status(410))
    }

    /// Whether the endpoint, or what is in front of it, has too much to do (W-3).
    pub const fn is_overload(self) -> bool {
        matches!(self, Self::Status(429 | 502 | 503 | 504))
    }

    /// Whether the answer did not arrive in time.
    pub const fn is_late(self) -> bool {
        matches!(self, Self::None(SendFailure::TimedOut))
    }
}

/// Why an attempt has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SendFailure {
    /// The endpoint's address is not permitted: it is not https, or has no public address.
    AddressRefused,
    /// The name of the endpoint's host has no address.
    NameUnknown,
    /// No connection could be made.
    ConnectionFailed,
    /// The endpoint's certificate is not valid, or the TLS handshake failed.
    TlsFailed,
    /// The answer did not arrive in time.
    TimedOut,
    /// The connection ended before the answer.
    ConnectionLost,
}

impl SendFailure {
    /// The word in the table and on the surface.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// When the next attempt of a delivery is due after an attempt that failed. `None`: it was the last one. `chance` is in `0.0..1.0`.
pub(crate) fn next_attempt(attempts: usize, retry_after: Option<Duration>, now: Timestamp, chance: f64) -> Option<Timestamp> {
    let pause = PAUSES.get(attempts.checked_sub(1)?)?;
    let asked = retry_after.unwrap_or_default().min(RETRY_AFTER_MOST);
    Some(later(now, pause.mul_f64(1.0 + chance / 10.0).max(asked)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(replayed_at: Option<i64>) -> DeliveryId {
        let endpoint = EndpointId::new(format!("we_{}", "a".repeat(32)));
        DeliveryId { event: format!("evt_{}", "0".repeat(32)), replayed_at, endpoint }
    }

    #[test]
    fn an_id_is_read_back_and_has_one_spelling() {
        for id in [id(None), id(Some(1_700_000_000_000))] {
            assert_eq!(DeliveryId::parse(&id.to_string()), Some(id));
        }
        let text = id(Some(10)).to_string();
        assert!(text.ends_with("_a"), "{text}");
        for other in [text.replace("_a", "_0a"), text.to_uppercase(), format!("{text}_1"), "dlv_".to_owned(), "dlv__".to_owned()]
        {
            assert_eq!(DeliveryId::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn w3_the_attempts_go_on_for_three_days_and_heed_retry_after() {
        let now = Timestamp::UNIX_EPOCH;
        let mut at = now;
        for attempts in 1..10 {
            at = next_attempt(attempts, None, at, 0.0).expect("another attempt");
        }
        assert_eq!(at.as_second(), 5 + 300 + 1_800 + 7_200 + 18_000 + 36_000 + 50_400 + 72_000 + 86_400);
        assert_eq!(next_attempt(10, None, at, 0.0), None);
        let asked = |seconds| next_attempt(1, Some(Duration::from_secs(seconds)), now, 0.0).map(Timestamp::as_second);
        assert_eq!([asked(1), asked(60), asked(1_000_000)], [Some(5), Some(60), Some(86_400)]);
        assert_eq!(next_attempt(2, None, now, 1.0).map(Timestamp::as_second), Some(330));
    }
}
