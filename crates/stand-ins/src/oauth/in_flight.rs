//! Which refresh tokens are being presented at this moment, and the most requests that ever presented one at once.
//! Some platforms take a second one for theft, so this is what a client must keep at one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(crate) struct InFlight {
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    per_token: HashMap<String, u32>,
    most: u32,
}

/// One request that presents a refresh token; dropped when its answer goes out.
pub(crate) struct Presentation {
    in_flight: Arc<InFlight>,
    refresh_token: String,
    /// Whether another request with the token was in flight when this one came.
    pub(crate) raced: bool,
}

impl InFlight {
    pub(crate) fn present(self: &Arc<Self>, refresh_token: &str) -> Presentation {
        let mut counts = self.counts.lock().expect("no holder panics");
        let count = counts.per_token.entry(refresh_token.to_owned()).or_default();
        *count += 1;
        let count = *count;
        counts.most = counts.most.max(count);
        Presentation { in_flight: Arc::clone(self), refresh_token: refresh_token.to_owned(), raced: count > 1 }
    }

    /// The most requests that presented one refresh token at once.
    pub(crate) fn most(&self) -> u32 {
        self.counts.lock().expect("no holder panics").most
    }

    /// Begins to count anew.
    pub(crate) fn forget_most(&self) {
        self.counts.lock().expect("no holder panics").most = 0;
    }
}

impl Drop for Presentation {
    fn drop(&mut self) {
        let mut counts = self.in_flight.counts.lock().expect("no holder panics");
        if let Some(count) = counts.per_token.get_mut(&self.refresh_token) {
            *count -= 1;
            if *count == 0 {
                counts.per_token.remove(&self.refresh_token);
            }
        }
    }
}
