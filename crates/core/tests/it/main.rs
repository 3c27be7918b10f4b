//! The services against an embedded `DynamoDB` and a scripted platform.

mod answers;
mod commit;
mod consent;
mod due;
mod failure;
mod harness;
mod in_flight;
mod lease;
mod refusal;
mod table_out_of_order;
