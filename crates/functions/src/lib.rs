//! Everything that is deployed: `endpoint` (HTTP), `worker` (schedules) and `bin`, one small file per Lambda function.
//!
//! A request goes one way, down: event → bin → endpoint (read, call one service, answer) → service → platform or store.
//! The laptop mounts the very same router (`router::all`).

pub mod config;
pub mod context;
mod cors;
mod cursor;
mod deadline;
pub mod endpoint;
mod envelope;
pub mod lambda;
pub mod logging;
pub mod metrics;
mod page;
mod partner_api;
mod problem;
mod read;
mod return_url;
pub mod router;
pub mod worker;
mod wrap;
