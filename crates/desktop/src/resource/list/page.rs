//! Pages: QuickBooks's iterators, and the envelope of the client's answer.

use serde_json::{Value, json};

use crate::resource::kind::Resource;

/// The part of a list that a query asks for. Without a value in it, all of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page<'a> {
    /// The largest number of objects. QuickBooks needs it for a [`step`](Self::step).
    pub most: Option<u32>,
    /// The step of QuickBooks's iterator.
    pub step: Option<Step<'a>>,
}

/// A step of an iterator, which QuickBooks keeps as long as the session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The first page.
    Start,
    /// The next page of the iterator with this id.
    Continue(&'a str),
    /// The end of the iterator with this id, before its last page.
    Stop(&'a str),
}

impl Step<'_> {
    pub(super) fn attributes(self) -> Vec<(String, String)> {
        let (word, id) = match self {
            Self::Start => ("Start", None),
            Self::Continue(id) => ("Continue", Some(id)),
            Self::Stop(id) => ("Stop", Some(id)),
        };
        let attributes = [("iterator", Some(word)), ("iteratorID", id)];
        attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
    }
}

/// What follows after a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Next {
    /// The cursor of the next page; `None` after the last page.
    pub cursor: Option<String>,
    /// How many objects follow, if it is known.
    pub remaining: Option<u64>,
}

/// The answer to the client. That of a list without pages has no field for them.
pub(super) fn envelope(resource: Resource, url: &str, data: Vec<Value>, next: Next) -> Value {
    let Next { cursor, remaining } = next;
    let mut answer = json!({ "objectType": "list", "url": url, "data": Value::Array(data) });
    if resource.is_paged() {
        answer["hasMore"] = cursor.is_some().into();
        answer["nextCursor"] = cursor.into();
        answer["remainingCount"] = remaining.into();
    }
    answer
}
