//! Zoho Books.

mod books;
mod oauth;

pub(crate) use oauth::{FACTS, Zoho};
