//! The code that is deployed: `surface` (HTTP routes), `worker` (schedules and queues) and `bin`, one small file for each Lambda function.
//!
//! A request passes through event → bin → surface (read, call one service, answer) → service → platform or store.
//! The laptop serves all routes with one router (`router::all`).

pub mod config;
mod deadline;
mod extract;
pub mod lambda;
pub mod logging;
pub mod metrics;
pub mod openapi;
mod origin;
mod page;
pub mod router;
pub mod routes;
mod signature;
pub mod surface;
pub mod wiring;
pub mod worker;
mod wrap;
