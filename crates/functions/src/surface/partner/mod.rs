//! The API for a partner's server and pages: an envelope around each answer.

pub(crate) mod authorize;
pub(crate) mod connect_links;
pub(crate) mod cors;
pub(crate) mod envelope;
pub(crate) mod exchange;
pub(crate) mod serve;
