//! QuickBooks Online (Intuit).

mod oauth;

pub(crate) use oauth::{FACTS, Quickbooks};
