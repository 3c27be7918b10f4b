//! A second durable place for a fresh grant that the table would not take in time.

use async_trait::async_trait;

use crate::model::connection::ConnectionId;
use crate::model::kept_answer::KeptAnswer;
use crate::port::store::StoreError;
use crate::port::store::vault::Commit;

/// A fresh grant, sealed, on its way to a table that does not answer.
#[derive(Clone)]
pub struct Parked {
    /// Whose.
    pub connection: ConnectionId,
    /// What is to be stored, for the epoch it was obtained for.
    pub commit: Commit,
}

/// Where grants are parked. A worker takes them out again and commits them (`service::commit_parked`).
#[async_trait]
pub trait Parking: Send + Sync {
    /// Parks a grant; when this returns it is durable.
    ///
    /// # Errors
    /// What the second place says.
    async fn park(&self, parked: &Parked) -> Result<(), StoreError>;

    /// Parks an answer that could not be read, on its way into the table.
    ///
    /// # Errors
    /// What the second place says.
    async fn park_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError>;
}
