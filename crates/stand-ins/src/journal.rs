//! What a stand-in was asked: a count per endpoint and the last requests with their outcome. It holds no code, token
//! or secret, so that it can be shown to anyone.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

/// The most requests that are remembered one by one.
const MAX_LOG: usize = 200;

/// Shared by all requests of one stand-in.
pub(crate) struct Journal {
    pages: Arc<Mutex<Pages>>,
    endpoints: &'static [&'static str],
}

/// What the journal says when asked.
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

/// Put into an answer's extensions to say more than its status does.
#[derive(Clone)]
pub(crate) struct Outcome(pub(crate) Cow<'static, str>);

impl Journal {
    /// A journal in which each of `endpoints` was asked zero times.
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

    /// A copy of all that is written.
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

/// The line of a request that is not answered yet. Dropped before the end, it says that the caller went away.
pub(crate) struct OpenLine {
    pages: Arc<Mutex<Pages>>,
    number: u64,
    outcome: Cow<'static, str>,
}

impl OpenLine {
    /// Writes down how the request was answered.
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
