//! What went over the wire. A request is written down when it arrives, so that one whose client gave up is in it too.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fault::Fault;

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `PutItem`, `TransactWriteItems`, ...; empty when the request named none.
    pub operation: String,
    /// Its body: JSON as the client wrote it.
    pub body: String,
    /// The answer's HTTP status; `None` as long as there is none, and for ever when a fault swallowed it.
    pub status: Option<u16>,
    /// The length of the answer's body; 0 without an answer.
    pub response_bytes: usize,
    /// The read or write units that it consumed, those of the indexes included; 0 where the wire is not metered.
    pub capacity: f64,
    /// What was done to it.
    pub fault: Option<Fault>,
}

/// The requests of one wire by the number of their arrival.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    arrived: u64,
    requests: BTreeMap<u64, Request>,
}

impl Journal {
    /// Writes a request down and returns its number.
    pub(super) fn arrived(&self, operation: &str, body: &[u8], fault: Option<Fault>) -> u64 {
        let mut entries = self.entries();
        entries.arrived += 1;
        let number = entries.arrived;
        let (operation, body) = (operation.to_owned(), String::from_utf8_lossy(body).into_owned());
        entries.requests.insert(number, Request { operation, body, status: None, response_bytes: 0, capacity: 0.0, fault });
        number
    }

    /// Adds the answer to a request, unless the journal was cleared since it arrived.
    pub(super) fn answered(&self, number: u64, status: u16, response_bytes: usize, capacity: f64) {
        if let Some(request) = self.entries().requests.get_mut(&number) {
            request.status = Some(status);
            request.response_bytes = response_bytes;
            request.capacity = capacity;
        }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.entries().requests.values().cloned().collect()
    }

    /// Numbers go on, so that a late answer finds no other request under its own.
    pub(super) fn clear(&self) {
        self.entries().requests.clear();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
