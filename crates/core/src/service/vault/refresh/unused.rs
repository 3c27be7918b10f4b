//! Leases of this process under which nothing was sent and nothing will be. The process need not wait for them. Only the process that
//! took a lease knows this.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::connection::ConnectionId;
use crate::model::lease::LeaseId;

/// The largest number of connections that are remembered.
const CONNECTIONS_MOST: usize = 1_000;

/// The ids of these leases, by connection.
#[derive(Default)]
pub struct UnusedLeases(Mutex<HashMap<ConnectionId, Vec<LeaseId>>>);

impl UnusedLeases {
    pub(super) fn of(&self, id: &ConnectionId) -> Vec<LeaseId> {
        self.all().get(id).cloned().unwrap_or_default()
    }

    /// Replaces the remembered leases of a connection.
    pub(super) fn set(&self, id: &ConnectionId, leases: &[LeaseId]) {
        let mut all = self.all();
        if leases.is_empty() {
            all.remove(id);
        } else if all.len() < CONNECTIONS_MOST || all.contains_key(id) {
            all.insert(id.clone(), leases.to_vec());
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ConnectionId, Vec<LeaseId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
