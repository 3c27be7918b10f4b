//! The work that is due: read by shard, each item processed by itself.

pub mod probe_due;
pub mod refresh_due;
pub mod revoke_due;
pub mod shards;
pub mod sync_due;
