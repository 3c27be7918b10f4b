//! Tracks which refresh tokens are being presented, and the largest number of concurrent requests with one token. Some platforms treat a
//! second request as theft, so a client must keep this number at one.

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

/// A request that presents a refresh token, until its answer is sent.
pub(crate) struct Presentation {
    in_flight: Arc<InFlight>,
    refresh_token: String,
    /// Whether another request with the token was under way when this one arrived.
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

    /// The largest number of concurrent requests with one refresh token.
    pub(crate) fn most(&self) -> u32 {
        self.counts.lock().expect("no holder panics").most
    }

    /// Resets that number.
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
