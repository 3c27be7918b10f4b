//! QuickBooks Online (Intuit).

mod books;
mod notifications;
mod oauth;

pub(crate) use oauth::{FACTS, Quickbooks};
