//! The values of the domain and their rules. No code here reads a clock or does I/O.

pub mod api_key;
pub mod audit;
pub mod connect_link;
pub mod connection;
pub mod event;
pub mod failure_code;
pub mod flow;
pub mod grant;
pub mod handover;
pub mod idempotency;
pub mod kept_answer;
pub mod lease;
pub mod name;
pub mod partner;
pub mod platform;
pub mod probe;
pub mod purge;
pub mod record;
pub mod reference;
pub mod revocation;
pub mod secret;
pub mod stored_record;
pub mod sync;
pub mod time;
pub mod transfer;
pub mod unread;
