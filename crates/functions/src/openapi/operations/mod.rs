//! The text of each route, by its handler.

mod connections;
mod consents;
mod installation;
mod keys_and_links;
mod records;
mod webhooks;

pub(crate) use consents::failures;

use crate::openapi::text::Text;

type Of = fn(&str) -> Option<Text>;

/// The tags in their order, and what has the texts of each.
const ALL: [(&str, Of); 6] = [
    ("Consents", consents::of),
    ("Connections and tokens", connections::of),
    ("API keys and connect links", keys_and_links::of),
    ("Imports and records", records::of),
    ("Webhooks", webhooks::of),
    ("Installation", installation::of),
];

/// The tags in their order.
pub(crate) fn tags() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(|(tag, _)| tag)
}

/// The tag and the text of a handler; `None` if nothing is written about it.
pub(crate) fn of(handler: &str) -> Option<(&'static str, Text)> {
    ALL.into_iter().find_map(|(tag, of)| Some((tag, of(handler)?)))
}
