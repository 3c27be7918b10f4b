//! `FreshBooks`.

mod api;
mod books;
mod oauth;

pub(crate) use oauth::{FACTS, Freshbooks};
