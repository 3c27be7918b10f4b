//! The services against an embedded `DynamoDB` and a scripted platform.

mod answers;
mod commit;
mod consent;
mod disconnect;
mod due;
mod events;
mod failure;
mod harness;
mod idempotency;
mod in_flight;
mod in_hand;
mod keeping;
mod keyless;
mod late_grants;
mod lease;
mod operator;
mod parking;
mod purge;
mod refusal;
mod revocation_holders;
mod revocations;
mod schedules;
mod skew;
mod slow_table;
mod spread;
mod sync;
mod table_out_of_order;
mod transfer;

mod unreadable;
mod unused_grants;
