//! The only crate that knows DynamoDB: one table, conditional writes, secrets sealed at rest.
//!
//! `row` says how a thing lies in the table; `connections`, `grants`, `revocations`, `flows`, `handovers` and
//! `directory` are the ports of `counterfoil_core::port::store`; `table` is the table itself.

pub mod aws;
mod connections;
mod directory;
mod fault;
mod flows;
mod grants;
mod handovers;
mod links;
pub mod parking;
mod revocations;
mod row;
pub mod sealing;
pub mod secret_source;
pub mod table;
mod update;

pub use table::Table;
