//! `FreeAgent`.

mod oauth;

pub(crate) use oauth::{FACTS, Freeagent};
