//! Stops the program's tasks on a signal.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;

/// Ctrl-C and SIGTERM, from the moment at which this is created.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(format!("Cannot listen for Ctrl-C: {error}.")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next signal.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Requests a stop of every task that has the [`Stop`], also when it is dropped.
pub(super) struct Sender(watch::Sender<()>);

/// The receiver of the request to stop.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<()>);

pub(super) fn channel() -> (Sender, Stop) {
    let (sender, receiver) = watch::channel(());
    (Sender(sender), Stop(receiver))
}

impl Sender {
    pub(super) fn send(self) {
        drop(self.0);
    }
}

impl Stop {
    /// Waits until a stop is requested.
    pub(super) async fn requested(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}
