//! The domain of Counterfoil. `model` has the values, `port` the traits for the outside world, `service` the decisions. Nothing
//! here knows DynamoDB, HTTP or a platform, so tests can check every decision without them.
//!
//! `service` uses `port` and `model`; `port` uses `model`. This crate imports no other crate of the workspace.

pub mod app;
pub mod error;
pub mod model;
pub mod port;
pub mod service;
pub mod settings;

pub use app::App;
pub use error::{Ended, Error, Misconfiguration};
