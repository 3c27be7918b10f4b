//! The journal of requests. A request is recorded when it arrives, so one whose client gave up is in it too.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fault::Fault;

/// A request and its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `PutItem`, `TransactWriteItems`, ...; empty if the request named none.
    pub operation: String,
    /// The body: JSON as the client wrote it.
    pub body: String,
    /// The answer's HTTP status; `None` until there is one, and always if a fault suppressed it.
    pub status: Option<u16>,
    /// The length of the answer's body in bytes; 0 without an answer.
    pub response_bytes: usize,
    /// The consumed read or write units, including those of indexes; 0 if the proxy does not ask for them.
    pub capacity: f64,
    /// The fault that was applied.
    pub fault: Option<Fault>,
}

/// The requests of a proxy, by the number of their arrival.
#[derive(Debug, Default)]
pub(super) struct Journal(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    arrived: u64,
    requests: BTreeMap<u64, Request>,
}

impl Journal {
    /// Records a request and returns its number.
    pub(super) fn arrived(&self, operation: &str, body: &[u8], fault: Option<Fault>) -> u64 {
        let mut entries = self.entries();
        entries.arrived += 1;
        let number = entries.arrived;
        let (operation, body) = (operation.to_owned(), String::from_utf8_lossy(body).into_owned());
        entries.requests.insert(number, Request { operation, body, status: None, response_bytes: 0, capacity: 0.0, fault });
        number
    }

    /// Records the answer to a request, unless the journal was cleared since it arrived.
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

    /// Numbers are not reused, so that a late answer is not recorded for another request.
    pub(super) fn clear(&self) {
        self.entries().requests.clear();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
