//! The ports of the store against an embedded `DynamoDB`, and, where that never fails, with faults at its wire.

mod connections;
mod consents;
mod counts;
mod damaged;
mod dates;
mod disconnects;
mod due;
mod failing;
mod flows;
mod grants;
mod harness;
mod history;
mod leases;
mod links;
mod other_versions;
mod outbox;
mod parking;
mod partners;
mod probes;
mod reseal;
mod secrets;
mod waiting;
