//! The origin of the work at hand, for audit rows. It enters here, as the time does at the clock, so that no service takes it as a
//! parameter.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use crate::model::origin::Origin;

/// Knows which request the current code serves.
pub trait Origins: Send + Sync {
    /// The origin of the current task.
    fn current(&self) -> Origin;

    /// Does some work with this origin as the current one.
    fn with(&self, origin: &Origin, work: &mut dyn FnMut());
}

/// A process without requests.
#[derive(Debug, Clone, Copy)]
pub struct NoRequests;

impl Origins for NoRequests {
    fn current(&self) -> Origin {
        Origin::default()
    }

    fn with(&self, _: &Origin, work: &mut dyn FnMut()) {
        work();
    }
}

/// The work, with the origin that is the current one now. For work that is then run as a task of its own.
pub(crate) fn with_current<T>(origins: Arc<dyn Origins>, work: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
    let origin = origins.current();
    let mut work = Box::pin(work);
    poll_fn(move |context| {
        let mut polled = Poll::Pending;
        origins.with(&origin, &mut || polled = work.as_mut().poll(context));
        polled
    })
}
