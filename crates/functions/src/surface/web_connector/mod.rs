//! The QuickBooks Web Connector, and the page that sets it up.

pub(crate) mod setup;
pub(crate) mod soap;
