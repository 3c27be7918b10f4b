//! The API for a partner's server and pages. Each answer has an envelope.

pub(crate) mod api_keys;
pub(crate) mod authorize;
pub(crate) mod connect_links;
pub(crate) mod cors;
pub(crate) mod deliveries;
mod delivery_answer;
pub(crate) mod envelope;
pub(crate) mod events;
pub(crate) mod exchange;
pub(crate) mod idempotency;
pub(crate) mod import_answer;
pub(crate) mod imports;
pub(crate) mod integrations;
pub(crate) mod record_answer;
mod record_csv;
pub(crate) mod records;
pub(crate) mod serve;
pub(crate) mod sync_answer;
pub(crate) mod syncs;
pub(crate) mod webhooks;
