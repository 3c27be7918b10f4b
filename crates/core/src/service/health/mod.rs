//! Whether an installation can work.

pub mod ready;
