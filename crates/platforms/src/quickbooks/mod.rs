//! QuickBooks Online (Intuit).

mod books;
mod oauth;

pub(crate) use oauth::{FACTS, Quickbooks};
