//! Asking a platform's API for companies. What comes back is untrusted: bounded, checked, and taken only as far as it is
//! needed (A-7). A list is read entry by entry: one that cannot be read costs none of the others.

use std::time::Duration;

use counterfoil_core::model::connection::ConfirmedCompany;
use counterfoil_core::model::name::readable;
use counterfoil_core::port::platform::ConfirmFailure;
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::http::send_whole;
use crate::text::decoded;

/// The longest id and name that are kept, in characters.
const ID_LONGEST: usize = 64;
const NAME_LONGEST: usize = 200;
/// The most entries of a list that are looked at.
const ENTRIES_MOST: usize = 10_000;

/// Sends a question and reads its answer, for that long at most.
pub(crate) async fn ask<T: DeserializeOwned>(request: RequestBuilder, trace: &str, time: Duration) -> Result<T, ConfirmFailure> {
    let request = request.header(ACCEPT, "application/json");
    let answer = send_whole(request, trace, time).await.map_err(|_| ConfirmFailure::Unavailable)?;
    tracing::info!(status = answer.status.as_u16(), bytes = answer.body.len(), trace = answer.trace, "company answer");
    match answer.status.as_u16() {
        200..=299 => read(&decoded(&answer.body)).ok_or(ConfirmFailure::Unavailable),
        401 => Err(ConfirmFailure::Unauthorized),
        403 => Err(ConfirmFailure::Forbidden),
        400 | 404 => Err(ConfirmFailure::Denied),
        _ => Err(ConfirmFailure::Unavailable),
    }
}

/// An answer, whatever comes behind it.
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?;
    // By way of a value: a field that comes twice is no fault then.
    serde_json::from_value(first.ok()?).ok()
}

/// A list as the platform gave it, its entries still to be read.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct List(Vec<Value>);

/// What was read of a list.
pub(crate) struct Entries<T> {
    pub(crate) entries: Vec<T>,
    /// Whether that is every entry.
    pub(crate) is_complete: bool,
}

impl List {
    /// Reads the entries; one that cannot be read is left out, with a warning.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Entries<T> {
        let listed = self.0.len();
        let entries: Vec<T> = self.0.into_iter().take(ENTRIES_MOST).filter_map(|it| serde_json::from_value(it).ok()).collect();
        let left_out = listed - entries.len();
        if left_out > 0 {
            tracing::warn!(listed, left_out, "entries of a company list cannot be read, or are too many");
        }
        Entries { entries, is_complete: left_out == 0 }
    }
}

impl<T> Entries<T> {
    /// The companies among the entries. `None` of an entry is one that is no company, an error one whose id cannot be one.
    pub(crate) fn companies(
        self,
        company: impl Fn(T) -> Option<Result<ConfirmedCompany, NoId>>,
    ) -> (Vec<ConfirmedCompany>, bool) {
        let Self { entries, mut is_complete } = self;
        let mut companies = Vec::new();
        for entry in entries {
            match company(entry) {
                Some(Ok(company)) => companies.push(company),
                Some(Err(NoId)) => {
                    tracing::warn!("an entry of a company list has no usable id and is left out");
                    is_complete = false;
                }
                None => {}
            }
        }
        (companies, is_complete)
    }
}

/// An entry of a company without an id that can be one.
#[derive(Debug)]
pub(crate) struct NoId;

/// A company as it is kept; one without a name is called by its id. An id is opaque, within bounds: it becomes part of addresses
/// and keys.
pub(crate) fn company(id: &str, name: Option<&str>, api_base_url: &str) -> Result<ConfirmedCompany, NoId> {
    if !is_id(id) {
        return Err(NoId);
    }
    let name: String = readable(name.unwrap_or_default()).chars().take(NAME_LONGEST).collect();
    Ok(ConfirmedCompany {
        company_id: id.to_owned(),
        name: if name.is_empty() { id.to_owned() } else { name },
        api_base_url: api_base_url.to_owned(),
    })
}

/// Whether a text can be a company's id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=ID_LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().any(|b| b != b'.')
}

/// Reads a text, also one that is written as a whole number; anything else is as if it were not there.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Entry {
        #[serde(default, deserialize_with = "lenient")]
        id: Option<String>,
        #[serde(default, deserialize_with = "lenient")]
        name: Option<String>,
    }

    #[test]
    fn entries_are_read_one_by_one_and_a_missing_name_shows_the_id() {
        let text =
            r#"[{"id":"a","name":"Acme"},null,{"id":7,"name":null},{"id":"c","name":[1]},{"id":"../d"},{"name":"x"}] trailing"#;
        let list: List = read(text).expect("a list");
        let entries = list.read::<Entry>();
        assert!(!entries.is_complete);
        let (companies, _) =
            entries.companies(|it| Some(company(it.id.as_deref().unwrap_or_default(), it.name.as_deref(), "api")));
        let named: Vec<_> = companies.iter().map(|it| (it.company_id.as_str(), it.name.as_str())).collect();
        assert_eq!(named, [("a", "Acme"), ("7", "7"), ("c", "c")]);
    }

    #[test]
    fn a_list_with_an_unusable_id_is_not_complete() {
        let complete = |text: &str| {
            let entries = read::<List>(text).expect("a list").read::<Entry>();
            entries.companies(|it| it.id.map(|id| company(&id, None, "api"))).1
        };
        assert!(complete(r#"[{"id":"a"},{"name":"no books"}]"#));
        assert!(!complete(r#"[{"id":"a"},{"id":"../b"}]"#) && !complete(r#"[{"id":"a"},1]"#));
    }
}
