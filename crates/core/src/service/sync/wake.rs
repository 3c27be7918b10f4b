//! Wakes the worker of imports.

use futures_util::{StreamExt as _, stream};

use crate::App;
use crate::model::connection::ConnectionId;
use crate::port::clock::within;

/// How many requests to the queue are under way at once.
const AT_ONCE_MOST: usize = 30;

/// Wakes the worker for connections that have a run, within the time of one request to the queue. If that fails, the worker's next
/// scheduled invocation finds the runs.
pub async fn wake(app: &App, connections: &[&ConnectionId]) {
    let waking: Vec<_> = connections.iter().map(|connection| wake_one(app, connection)).collect();
    let woken = stream::iter(waking).for_each_concurrent(AT_ONCE_MOST, |waking| waking);
    if within(app.clock.as_ref(), app.settings.store_timeout, woken).await.is_none() {
        tracing::warn!("the worker of imports was not woken for every connection");
    }
}

async fn wake_one(app: &App, connection: &ConnectionId) {
    if let Err(error) = app.waker.wake(connection).await {
        tracing::warn!(%connection, %error, "the worker of imports could not be woken");
    }
}
