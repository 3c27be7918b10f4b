//! Checks of the installation.

pub mod ready;
