//! Xero.

mod api;
mod books;
mod notifications;
mod oauth;

pub(crate) use oauth::{FACTS, Xero};
