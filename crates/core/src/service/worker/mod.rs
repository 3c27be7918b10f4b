//! The workers, which process due items. Items are read by shard, and each is processed separately.

pub mod probe_due;
pub mod purge_due;
pub mod refresh_due;
pub mod revoke_due;
pub mod shards;
pub mod sync_due;
