//! A second durable place for a fresh grant that could not be committed in time.

use async_trait::async_trait;

use crate::model::connection::ConnectionId;
use crate::model::kept_answer::KeptAnswer;
use crate::port::store::StoreError;
use crate::port::store::vault::Commit;

/// A fresh, sealed grant that the table could not store.
#[derive(Clone)]
pub struct Parked {
    /// The connection.
    pub connection: ConnectionId,
    /// The commit to store.
    pub commit: Commit,
}

/// Parks grants. A worker receives them and commits them (`service::vault::commit_parked`).
#[async_trait]
pub trait Parking: Send + Sync {
    /// Parks a grant. When this returns, the grant is durable.
    ///
    /// # Errors
    /// The queue's error.
    async fn park(&self, parked: &Parked) -> Result<(), StoreError>;

    /// Parks an unreadable token answer that the table could not store.
    ///
    /// # Errors
    /// The queue's error.
    async fn park_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError>;
}
