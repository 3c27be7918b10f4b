//! `Idempotency-Key`: a partner chooses a key for a request. If the partner repeats the request with the same key, Counterfoil
//! returns the first answer and does not execute the request again.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Sealed};

/// How long a request and its answer are stored, from the start of the attempt that answered it.
pub const KEPT_FOR: Duration = Duration::from_secs(86_400);

/// The value of an `Idempotency-Key` header: 1 to 255 visible ASCII characters.
#[derive(Clone)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The largest length of a key, in characters.
    pub const LONGEST: usize = 255;

    /// Parses a header's value; `None` if it is not a key.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let is_key = (1..=Self::LONGEST).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(value).ok().filter(|_| is_key)?;
        Some(Self(text.to_owned()))
    }
}

/// A request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// The partner that sent it.
    pub partner: PartnerId,
    /// The hash of its method, its path and its key. Two requests of a partner with the same hash are the same request.
    pub name: Fingerprint,
    /// The hash of the bytes of its body.
    pub body: Fingerprint,
}

impl KeyedRequest {
    /// A request of this partner. `route` is its method and its path.
    pub fn new(partner: PartnerId, route: &str, key: &IdempotencyKey, body: &[u8]) -> Self {
        let name = Fingerprint::of(&format!("{route}\n{}", key.0));
        Self { partner, name, body: Fingerprint::of(body) }
    }
}

/// One attempt to execute a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestAttempt {
    /// The unique id of this attempt.
    pub id: String,
    /// The request.
    pub request: KeyedRequest,
    /// When it began.
    pub started_at: Timestamp,
    /// The time at which its process has certainly ended. If there is no answer then, another attempt may replace it.
    pub ends_at: Timestamp,
}

/// An earlier request with the same key, which prevents the attempt.
#[derive(Clone)]
pub struct EarlierRequest {
    /// The hash of the bytes of its body.
    pub body: Fingerprint,
    /// Its state.
    pub progress: Progress,
}

/// The state of a stored request.
#[derive(Clone)]
pub enum Progress {
    /// An attempt is running. It ends at this time at the latest.
    UnderWay(Timestamp),
    /// It was answered. `None` if the answer could not be stored.
    Answered(Option<Sealed>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a9_a_key_has_1_to_255_visible_ascii_characters() {
        let longest = "x".repeat(255);
        for good in ["a", "!~", "8e03978e-40d5-43e8-bc93-6894a57f9324", "\"quoted\"", &longest] {
            assert!(IdempotencyKey::parse(good.as_bytes()).is_some(), "{good}");
        }
        let too_long = "x".repeat(256);
        for bad in ["", " ", "a b", "a\t", "a\u{7f}", "ü", &too_long] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a9_a_request_is_named_by_its_route_and_its_key() {
        let name = |route: &str, key: &str| {
            let key = IdempotencyKey::parse(key.as_bytes()).expect("a key");
            KeyedRequest::new(PartnerId::default_partner(), route, &key, b"{}").name
        };
        let names =
            [name("POST /a", "k"), name("POST /b", "k"), name("PUT /a", "k"), name("POST /a", "l"), name("POST /ak", "k")];
        for (number, one) in names.iter().enumerate() {
            assert!(names[number + 1..].iter().all(|other| other != one), "{number}");
        }
        assert_eq!(name("POST /a", "k"), names[0]);
    }
}
