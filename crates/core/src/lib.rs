//! What Counterfoil is, without the world: `model` says what things are, `port` what is asked of the world,
//! `service` what is done. Nothing here knows DynamoDB, HTTP or a platform, so that every decision can be tested alone.
//!
//! Inside: model ← port ← service. This crate imports no other crate of the workspace.

pub mod app;
pub mod error;
pub mod model;
pub mod port;
pub mod service;
pub mod settings;

pub use app::App;
pub use error::{Ended, Error};
