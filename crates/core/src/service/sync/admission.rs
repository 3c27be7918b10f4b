//! Admits the requests of a run to its platform: counts each one, and keeps the platform's limits over all processes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::App;
use crate::model::connection::{Company, ConnectionId};
use crate::port::accounting::{Admit, Limits, ReadFailure};
use crate::port::store::StoreError;

/// The admission of one page's requests.
pub(crate) struct Admission<'a> {
    app: &'a App,
    connection: &'a ConnectionId,
    company: &'a Company,
    limits: Option<Limits>,
    so_far: Mutex<Admitted>,
}

/// How the requests of a page were admitted.
pub(crate) struct Admitted {
    /// The number of requests that were admitted.
    pub(crate) requests: u32,
    /// How long to wait, if the last request was not admitted; or the error of the table that has the counts.
    pub(crate) held: Result<Option<Duration>, StoreError>,
}

impl<'a> Admission<'a> {
    pub(crate) fn new(app: &'a App, connection: &'a ConnectionId, company: &'a Company, limits: Option<Limits>) -> Self {
        Self { app, connection, company, limits, so_far: Mutex::new(Admitted { requests: 0, held: Ok(None) }) }
    }

    /// The result for all requests of the page.
    pub(crate) fn end(self) -> Admitted {
        self.so_far.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Admit for Admission<'_> {
    async fn admit(&self) -> Result<(), ReadFailure> {
        let held = match self.limits {
            Some(limits) => self.app.syncs.reserve(self.connection, self.company, limits, self.app.now()).await,
            None => Ok(None),
        };
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        so_far.held = held;
        if !matches!(so_far.held, Ok(None)) {
            return Err(ReadFailure::Held);
        }
        so_far.requests += 1;
        Ok(())
    }
}
