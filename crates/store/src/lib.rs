//! The only crate that knows DynamoDB: one table, conditional writes, secrets sealed at rest.
//!
//! `row` has the encoding of items; `connections`, `vault`, `revocations`, `consents`, `partners`, `idempotency`, `records`, `syncs`, `purges`, `outbox` and
//! `webhooks` implement the traits of `counterfoil_core::port::store`; `table` is the table itself. `sealing` seals with the keyring that `secret_source` reads. An
//! operator changes the keyring with `keyring_text`, `kept_secret` and `reseal`.

pub mod aws;
mod connections;
mod consents;
pub mod copy_newer;
pub mod courier_queue;
mod date_watch;
mod desktop;
mod fault;
mod health;
mod history;
mod idempotency;
mod kept_answers;
pub mod kept_secret;
pub(crate) mod key;
pub mod keyring_text;
mod links;
mod outbox;
pub mod parking;
mod partners;
pub mod private_file;
mod probes;
mod purges;
mod queue;
mod records;
mod request;
pub mod reseal;
mod revocations;
pub(crate) mod ring_key;
mod row;
pub mod sealing;
pub mod secret_source;
mod syncs;
pub mod table;
mod tally_row;
mod update;
mod vault;
pub mod waking;
mod webhooks;

pub use table::Table;
