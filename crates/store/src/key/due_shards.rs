//! The shards of the index of what is due: sixteen for each worker.

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::webhook::endpoint::EndpointName;
use counterfoil_core::port::store::DUE_SHARDS;

use super::{Key, connection_pk};

/// The due shard of a connection's item; `kind` is the worker that processes it.
pub(crate) fn due_shard(kind: &str, id: &ConnectionId) -> String {
    due_shard_name(kind, Fingerprint::of(&connection_pk(id)).shard(DUE_SHARDS))
}

/// The due shard of a flow that has a grant.
pub(crate) fn flow_shard(id: &FlowId) -> String {
    due_shard_name(REVOKER, Fingerprint::of(&Key::flow(id).pk).shard(DUE_SHARDS))
}

/// The due shard of an endpoint.
pub(crate) fn endpoint_shard(endpoint: &EndpointName) -> String {
    due_shard_name(COURIER, Fingerprint::of(&endpoint.to_string()).shard(DUE_SHARDS))
}

/// The part of the index with the pending deliveries of an endpoint. Only the courier reads it, for an endpoint that is due.
pub(crate) fn pending_shard(endpoint: &EndpointName) -> String {
    format!("deliver#{}#{}", endpoint.partner, endpoint.id)
}

pub(crate) fn due_shard_name(kind: &str, shard: u8) -> String {
    format!("{kind}#{shard:02}")
}

/// The worker that refreshes connections.
pub(crate) const REFRESHER: &str = "refresh";

/// The worker that sends revocations and ends expired flows that have a grant.
pub(crate) const REVOKER: &str = "revoke";

/// The same worker, for revocations that end a grant for several companies. A release that checks only the first of them does not
/// read these shards.
pub(crate) const REVOKER_OF_SEVERAL: &str = "revoke-several";

/// The worker that probes connections.
pub(crate) const PROBER: &str = "probe";

/// Not a worker: the operator, who lists answers that could not be read.
pub(crate) const OPERATOR: &str = "answer";

/// The worker that removes what is stored of disconnected connections.
pub(crate) const PURGER: &str = "purge";

/// The worker of imports.
pub(crate) const SYNCER: &str = "sync";

/// The worker that delivers to webhook endpoints.
pub(crate) const COURIER: &str = "courier";
