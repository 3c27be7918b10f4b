//! `FreshBooks`.

mod oauth;

pub(crate) use oauth::{FACTS, Freshbooks};
