//! Zoho Books.

mod oauth;

pub(crate) use oauth::{FACTS, Zoho};
