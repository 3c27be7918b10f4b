//! Wakes the worker of imports within this process. In a deployment the queue of `sync-worker` does this.

use async_trait::async_trait;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::Wake;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The most connections that wait for the worker. The worker's next turn finds the others.
const WAITING_MOST: usize = 1_000;

/// Wakes the worker.
pub(super) struct Waker(Sender<ConnectionId>);

/// The waker, and the connections for which it was called.
pub(super) fn waker() -> (Waker, Receiver<ConnectionId>) {
    let (sender, receiver) = channel(WAITING_MOST);
    (Waker(sender), receiver)
}

#[async_trait]
impl Wake for Waker {
    async fn wake(&self, connection: &ConnectionId) -> Result<(), StoreError> {
        drop(self.0.try_send(connection.clone()));
        Ok(())
    }
}
