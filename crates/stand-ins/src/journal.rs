//! The journal of a stand-in: a count for each endpoint, and the last requests with their outcome. It has no code, token or secret, so it
//! can be shown to anyone.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

/// The largest number of requests that are listed.
const MAX_LOG: usize = 200;

/// The journal, shared by all requests of a stand-in.
pub(crate) struct Journal {
    pages: Arc<Mutex<Pages>>,
    endpoints: &'static [&'static str],
}

/// The content of the journal.
#[derive(Clone, Default, Serialize)]
pub(crate) struct Pages {
    requests: BTreeMap<&'static str, u64>,
    log: VecDeque<Line>,
    #[serde(skip)]
    lines_begun: u64,
}

#[derive(Clone, Serialize)]
struct Line {
    #[serde(skip)]
    number: u64,
    at: Timestamp,
    endpoint: &'static str,
    outcome: Cow<'static, str>,
}

/// An extension of an answer that says more than its status.
#[derive(Clone)]
pub(crate) struct Outcome(pub(crate) Cow<'static, str>);

impl Journal {
    /// A journal with a count of zero for each of `endpoints`.
    pub(crate) fn new(endpoints: &'static [&'static str]) -> Self {
        Self { pages: Arc::new(Mutex::new(Pages::blank(endpoints))), endpoints }
    }

    /// Counts a request and opens its line.
    pub(crate) fn begin(&self, endpoint: &'static str, at: Timestamp) -> OpenLine {
        let mut pages = self.pages.lock().expect("no holder panics");
        let number = pages.lines_begun;
        pages.lines_begun += 1;
        *pages.requests.entry(endpoint).or_default() += 1;
        if pages.log.len() == MAX_LOG {
            pages.log.pop_front();
        }
        pages.log.push_back(Line { number, at, endpoint, outcome: "under way".into() });
        OpenLine { pages: Arc::clone(&self.pages), number, outcome: "the caller went away".into() }
    }

    /// A copy of the content.
    pub(crate) fn read(&self) -> Pages {
        self.pages.lock().expect("no holder panics").clone()
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        let mut pages = self.pages.lock().expect("no holder panics");
        let lines_begun = pages.lines_begun;
        *pages = Pages::blank(self.endpoints);
        pages.lines_begun = lines_begun;
    }
}

impl Pages {
    fn blank(endpoints: &[&'static str]) -> Self {
        Self { requests: endpoints.iter().map(|endpoint| (*endpoint, 0)).collect(), ..Self::default() }
    }
}

/// The line of a request that is not answered yet. If it is dropped, the line says that the caller disconnected.
pub(crate) struct OpenLine {
    pages: Arc<Mutex<Pages>>,
    number: u64,
    outcome: Cow<'static, str>,
}

impl OpenLine {
    /// Records the answer.
    pub(crate) fn end(mut self, answer: &Response) {
        self.outcome = match answer.extensions().get::<Outcome>() {
            Some(Outcome(text)) => text.clone(),
            None => answer.status().as_u16().to_string().into(),
        };
    }
}

impl Drop for OpenLine {
    fn drop(&mut self) {
        let mut pages = self.pages.lock().expect("no holder panics");
        if let Some(line) = pages.log.iter_mut().rev().find(|line| line.number == self.number) {
            line.outcome = std::mem::take(&mut self.outcome);
        }
    }
}
