//! Xero.

mod oauth;

pub(crate) use oauth::{FACTS, Xero};
