//! The books of a platform: what its module says of them, and how a page is asked for. What comes back is untrusted.

pub(crate) mod check_number;
pub(crate) mod entry;
pub(crate) mod position;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::{Cursor, Scope, SyncKind};
use counterfoil_core::port::accounting::{Accounting, Ask, Limits, Page, ReadFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http::{HttpAnswer, NoAnswer, send_page};
use crate::object::Object;
use crate::parts::Parts;
use crate::retry_after;
use crate::text::decoded;

/// A platform's own code for its books.
#[async_trait]
pub(crate) trait Books: Send + Sync {
    /// As `Accounting::limits`.
    fn limits(&self) -> Limits;

    /// As `Accounting::entity_types`.
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType];

    /// As `Accounting::tells_deleted`.
    fn tells_deleted(&self) -> bool;

    /// As `Accounting::first`.
    fn first(&self, scope: &Scope) -> Cursor;

    /// As `Accounting::page`.
    async fn page(&self, parts: &Parts, ask: Ask<'_>) -> Result<Page, ReadFailure>;
}

/// A platform's books, with what its requests are made of.
pub(crate) struct Opened {
    pub(crate) parts: Parts,
    pub(crate) books: &'static dyn Books,
}

#[async_trait]
impl Accounting for Opened {
    fn limits(&self) -> Limits {
        self.books.limits()
    }

    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        self.books.entity_types(kind)
    }

    fn tells_deleted(&self) -> bool {
        self.books.tells_deleted()
    }

    fn first(&self, scope: &Scope) -> Cursor {
        self.books.first(scope)
    }

    async fn page(&self, ask: Ask<'_>) -> Result<Page, ReadFailure> {
        self.books.page(&self.parts, ask).await
    }
}

/// The cursor of a place.
pub(crate) fn cursor(place: &impl Serialize) -> Cursor {
    Cursor(serde_json::to_string(place).expect("texts and numbers"))
}

/// The place of a cursor.
pub(crate) fn place<T: DeserializeOwned>(cursor: &Cursor) -> Result<T, ReadFailure> {
    serde_json::from_str(&cursor.0).map_err(|_| wrong("cursor"))
}

/// Something cannot be read, that another try may bring whole.
pub(crate) const UNREADABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };

/// What we would ask for, or where, is wrong.
pub(crate) fn wrong(what: &str) -> ReadFailure {
    ReadFailure::Rejected { code: what.to_owned() }
}

/// The client for pages.
pub(crate) fn client(parts: &Parts) -> Result<Client, ReadFailure> {
    parts.pages.get().map_err(|error| {
        tracing::error!(%error, "there is no client for pages");
        UNREADABLE
    })
}

/// An address below a base, each part of its path encoded: an id from outside stays one part, and never changes the host.
pub(crate) fn address(base: &str, path: &[&str]) -> Result<Url, ReadFailure> {
    let is_part = |part: &&str| !matches!(*part, "" | "." | "..");
    let address = Url::parse(base).ok().filter(|_| path.iter().all(is_part)).and_then(|mut url| {
        url.path_segments_mut().ok()?.pop_if_empty().extend(path);
        Some(url)
    });
    address.ok_or_else(|| wrong("address"))
}

/// An answer of a platform's books, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    http: HttpAnswer,
}

impl Answer {
    /// The object that it is; a body that is none is no answer.
    pub(crate) fn object(&self) -> Result<Object<'_>, ReadFailure> {
        Object::parse(&self.text).ok_or(UNREADABLE)
    }

    /// A header of at most a hundred characters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.http.headers.get(name)?.to_str().ok().filter(|value| value.len() <= 100)
    }

    /// A header that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    /// What `Retry-After` asks for, at most a day.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after::read(self.http.retry_after.as_deref()?, self.http.date.as_deref(), SystemClock::start().now())
    }

    /// When it was, by the platform's clock.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        retry_after::read_date(self.http.date.as_deref()?)
    }

    /// What a status means that means the same everywhere; an answer of success goes on.
    pub(crate) fn or_failure(self) -> Result<Self, ReadFailure> {
        match self.status {
            200..=299 => Ok(self),
            401 => Err(ReadFailure::Unauthorized),
            429 | 500.. => Err(ReadFailure::Unavailable { retry_after: self.retry_after() }),
            status => Err(ReadFailure::Rejected { code: status.to_string() }),
        }
    }
}

/// Asks for a page, for that long at most. An answer that does not come, breaks off or has more than 16 MiB is `Unavailable`.
pub(crate) async fn get(request: RequestBuilder, trace: &str, time: Duration) -> Result<Answer, ReadFailure> {
    let request = request.header(ACCEPT, "application/json");
    let mut http = send_page(request, trace, time).await.map_err(|no_answer| {
        tracing::warn!(was_sent = no_answer == NoAnswer::Lost, "a platform gave no page");
        UNREADABLE
    })?;
    let (status, text) = (http.status.as_u16(), decoded(&std::mem::take(&mut http.body)));
    tracing::info!(status, bytes = text.len(), trace = http.trace, "page");
    Ok(Answer { status, text, http })
}

#[cfg(test)]
pub(crate) mod seen;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_part_of_a_path_and_never_changes_the_host() {
        let read = |base: &str, id: &str| address(base, &["company", id]).map(String::from);
        assert_eq!(read("https://api.example/v3/", "913").as_deref(), Ok("https://api.example/v3/company/913"));
        assert_eq!(
            read("https://api.example/v3", "../@evil.example:1/a?b#c%2f").as_deref(),
            Ok("https://api.example/v3/company/..%2F@evil.example:1%2Fa%3Fb%23c%252f")
        );
        for (base, id) in [("https://api.example", ".."), ("https://api.example", ""), ("mailto:a", "913"), ("", "913")] {
            assert_eq!(read(base, id), Err(wrong("address")), "{base} {id}");
        }
    }
}
