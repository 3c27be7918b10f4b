//! A [`Wake`] that starts no worker and records its calls.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::Wake;

/// Records the connections for which a worker was requested.
#[derive(Debug, Default)]
pub struct Wakings(Mutex<Vec<ConnectionId>>);

impl Wakings {
    /// The connections since the last call.
    pub fn take(&self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Wake for Wakings {
    async fn wake(&self, connection: &ConnectionId) -> Result<(), StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection.clone());
        Ok(())
    }
}
