//! Everything that is deployed: `surface` (HTTP), `worker` (schedules) and `bin`, one small file per Lambda function.
//!
//! A request goes one way, down: event → bin → surface (read, call one service, answer) → service → platform or store.
//! The laptop mounts the very same router (`router::all`).

pub mod config;
mod deadline;
mod extract;
pub mod lambda;
pub mod logging;
pub mod metrics;
mod page;
pub mod router;
pub mod routes;
pub mod surface;
pub mod wiring;
pub mod worker;
mod wrap;
