//! Requests the companies of a grant. Answers are untrusted: their size is bounded, and only the needed fields are read and checked (A-7).
//! Entries of a list are read separately, so that an unreadable one affects no other.

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
/// The largest number of entries of a list that are read.
const ENTRIES_MOST: usize = 10_000;

/// Sends a request and reads its answer, for at most `time`.
pub(crate) async fn ask<T: DeserializeOwned>(request: RequestBuilder, trace: &str, time: Duration) -> Result<T, ConfirmFailure> {
    let request = request.header(ACCEPT, "application/json");
    let answer = send_whole(request, trace, time).await.map_err(|_| ConfirmFailure::Unavailable)?;
    tracing::info!(status = answer.status.as_u16(), bytes = answer.body.len(), trace = answer.trace, "company answer");
    match answer.status.as_u16() {
        200..=299 => read(&decoded(answer.body)).ok_or(ConfirmFailure::Unavailable),
        401 => Err(ConfirmFailure::Unauthorized),
        403 => Err(ConfirmFailure::Forbidden),
        400 | 404 => Err(ConfirmFailure::Denied),
        _ => Err(ConfirmFailure::Unavailable),
    }
}

/// Parses an answer, and ignores what follows the JSON.
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let first = serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?;
    // Via a `Value`, because a repeated field would otherwise be an error.
    serde_json::from_value(first.ok()?).ok()
}

/// A list in an answer, with unread entries.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct List(Vec<Value>);

/// The entries of a list that could be read.
pub(crate) struct Entries<T> {
    pub(crate) entries: Vec<T>,
    /// Whether these are all entries.
    pub(crate) is_complete: bool,
}

impl List {
    /// Reads the entries. An unreadable one is left out, with a warning.
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
    /// The companies among the entries. `company` returns `None` for an entry that is no company, and an error for one without a valid id.
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

/// The error for a company without a valid id.
#[derive(Debug)]
pub(crate) struct NoId;

/// A company. One without a name gets its id as its name. The id must be valid, because it becomes part of addresses and keys.
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

/// Whether a text is valid as a company's id.
pub fn is_id(text: &str) -> bool {
    (1..=ID_LONGEST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().any(|b| b != b'.')
}

/// Reads a text or a whole number as text. Any other value counts as missing.
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
    fn entries_are_read_separately_and_a_missing_name_becomes_the_id() {
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
