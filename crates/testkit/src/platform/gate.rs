//! A gate at which answers wait until a test opens it.

use std::sync::Arc;

use tokio::sync::watch;

/// A gate for answers. Clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<watch::Sender<Held>>);

#[derive(Debug, Default, Clone, Copy)]
struct Held {
    came: usize,
    open: bool,
}

impl Gate {
    /// Waits until this number of answers have reached the gate.
    pub async fn reached_by(&self, answers: usize) {
        let mut held = self.0.subscribe();
        held.wait_for(|held| held.came >= answers).await.expect("the gate outlives this");
    }

    /// Lets every answer pass, now and from now on.
    pub fn open(&self) {
        self.0.send_modify(|held| held.open = true);
    }

    pub(super) async fn pass(&self) {
        let mut held = self.0.subscribe();
        self.0.send_modify(|held| held.came += 1);
        held.wait_for(|held| held.open).await.expect("the gate outlives this");
    }
}
