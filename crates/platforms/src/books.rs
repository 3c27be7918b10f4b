//! Reads a platform's books: the trait that its module implements, and the requests. Answers are untrusted.

pub(crate) mod check_number;
pub(crate) mod entry;
pub(crate) mod position;
pub(crate) mod window;

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::retry_after;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Accounting, Limits, Page, PageRequest, ReadFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http::{HttpAnswer, NoAnswer, send_page};
use crate::object::Object;
use crate::parts::Parts;
use crate::text::{decoded, without_controls};

/// A platform's own reader of its books.
#[async_trait]
pub(crate) trait Books: Send + Sync {
    /// As `Accounting::limits`.
    fn limits(&self) -> Limits;

    /// As `Accounting::entity_types`.
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType];

    /// As `Accounting::first`.
    fn first(&self, options: &ReadOptions) -> Cursor;

    /// As `Accounting::page`.
    async fn page(&self, parts: &Parts, page_request: PageRequest<'_>) -> Result<Page, ReadFailure>;
}

/// A platform's reader with its client and addresses.
pub(crate) struct Opened {
    pub(crate) parts: Parts,
    pub(crate) books: &'static dyn Books,
}

#[async_trait]
impl Accounting for Opened {
    fn limits(&self) -> Option<Limits> {
        Some(self.books.limits())
    }

    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        self.books.entity_types(kind)
    }

    fn first(&self, options: &ReadOptions) -> Cursor {
        self.books.first(options)
    }

    async fn page(&self, page_request: PageRequest<'_>) -> Result<Page, ReadFailure> {
        self.books.page(&self.parts, page_request).await
    }
}

/// The cursor of a position.
pub(crate) fn cursor(place: &impl Serialize) -> Cursor {
    Cursor(serde_json::to_string(place).expect("texts and numbers"))
}

/// The position in a cursor.
pub(crate) fn place<T: DeserializeOwned>(cursor: &Cursor) -> Result<T, ReadFailure> {
    serde_json::from_str(&cursor.0).map_err(|_| wrong("cursor"))
}

/// The failure for an unreadable answer: another try may succeed.
pub(crate) const UNREADABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };

/// The failure for a request that Counterfoil cannot form.
pub(crate) fn wrong(what: &str) -> ReadFailure {
    ReadFailure::Rejected { code: what.to_owned() }
}

/// The HTTP client for pages.
pub(crate) fn client(parts: &Parts) -> Result<Client, ReadFailure> {
    parts.pages.get().map_err(|error| {
        tracing::error!(%error, "there is no client for pages");
        UNREADABLE
    })
}

/// An address below a base. Each part of the path is encoded, so an id from outside stays one part and never changes the host.
pub(crate) fn address(base: &str, path: &[&str]) -> Result<Url, ReadFailure> {
    let is_part = |part: &&str| !matches!(*part, "" | "." | "..");
    let address = Url::parse(base).ok().filter(|_| path.iter().all(is_part)).and_then(|mut url| {
        url.path_segments_mut().ok()?.pop_if_empty().extend(path);
        Some(url)
    });
    address.ok_or_else(|| wrong("address"))
}

/// A complete answer with a page.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    http: HttpAnswer,
}

impl Answer {
    /// The JSON object of the body. Any other body is unreadable.
    pub(crate) fn object(&self) -> Result<Object<'_>, ReadFailure> {
        Object::parse(&self.text).ok_or(UNREADABLE)
    }

    /// A header of at most a hundred characters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.http.headers.get(name)?.to_str().ok().filter(|value| value.len() <= 100)
    }

    /// A header with a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    /// The pause in `Retry-After`, at most a day.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after::read(self.http.retry_after.as_deref()?, self.http.date.as_deref(), SystemClock::start().now())
    }

    /// The platform's time of the answer.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        retry_after::read_date(self.http.date.as_deref()?)
    }

    /// The failure of a status that means the same on every platform; the answer itself for any other status.
    pub(crate) fn or_failure(self) -> Result<Self, ReadFailure> {
        match self.status {
            200..=299 => Ok(self),
            401 => Err(ReadFailure::Unauthorized),
            408 | 429 | 500.. => Err(ReadFailure::Unavailable { retry_after: self.retry_after() }),
            status => Err(ReadFailure::Rejected { code: status.to_string() }),
        }
    }
}

/// Requests a part of a page, once the request is admitted. A missing or incomplete answer, or one over 16 MiB, is `Unavailable`.
pub(crate) async fn get(request: RequestBuilder, trace: &str, page_request: PageRequest<'_>) -> Result<Answer, ReadFailure> {
    page_request.admit.admit().await?;
    let request = request.header(ACCEPT, "application/json");
    let mut http = send_page(request, trace, page_request.time).await.map_err(|no_answer| {
        tracing::warn!(was_sent = no_answer == NoAnswer::Lost, "a platform gave no page");
        UNREADABLE
    })?;
    let (status, text) = (http.status.as_u16(), without_controls(decoded(std::mem::take(&mut http.body))));
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
