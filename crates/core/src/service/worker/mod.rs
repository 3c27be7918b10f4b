//! The work that is due: found by shard, each piece done by itself.

pub mod probe_due;
pub mod refresh_due;
pub mod revoke_due;
