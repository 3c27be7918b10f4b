//! Being told to stop, and telling.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::failure::Failure;

/// Ctrl-C and SIGTERM, from the moment this is made.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(format!("Cannot listen for Ctrl-C: {error}.")));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next of either.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Tells everyone who has the [`Stop`], also by being dropped.
pub(super) struct Sender(watch::Sender<()>);

/// Hears it.
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
    /// Waits to be told.
    pub(super) async fn requested(mut self) {
        while self.0.changed().await.is_ok() {}
    }
}
