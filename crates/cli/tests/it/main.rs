//! The binary as people use it: started, called over HTTP, stopped, killed and started again.

mod copy_newer;
mod cost;
mod credentials;
mod deployed_doctor;
mod dev;
mod doctor;
mod guard;
mod harness;
mod import;
mod keeping;
mod keyring;
mod keys;
mod notifications;
mod partners;
mod refusals;
mod sync;
mod web_connector;
mod webhooks;
