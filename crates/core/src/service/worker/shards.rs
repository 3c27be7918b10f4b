//! The loop of every worker that processes due items. It reads the shards page by page and processes each item as a separate task, with
//! a bound on the tasks at once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use crate::model::time::until;
use crate::port::store::{DUE_SHARDS, StoreError};
use crate::{App, Error};

/// No page is read while this many items of a run have begun and not ended.
const RUNNING_MOST: usize = 4_000;

/// A kind of work on due items.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// The id of an item.
    type Item: Send + Sync + 'static;

    /// The first page of a shard's due items, or the page after this item.
    async fn page(&self, shard: u8, after: Option<&Self::Item>) -> Result<DuePage<Self::Item>, StoreError>;

    /// Processes an item. The next item may begin as soon as the slot is dropped.
    async fn process(self: Arc<Self>, item: Self::Item, slot: OwnedSemaphorePermit) -> Result<Processed, Error>;
}

/// A page of a shard's due items, the longest overdue first.
pub(crate) struct DuePage<I> {
    pub(crate) items: Vec<I>,
    /// The last item, if this run reads another page after it; `None` if the shard was read to its end or the next run continues.
    pub(crate) last: Option<I>,
    /// When the first item became due, if that is measured.
    pub(crate) oldest: Option<Timestamp>,
}

/// The result of processing an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Processed {
    Done,
    Failed,
    Left,
}

/// The bounds of a run.
pub(crate) struct Bounds {
    /// How many items are processed at once, at least one.
    pub(crate) at_once: usize,
    /// The longest pause between the starts of two items. If there are more items than this pause leaves time for, their starts are spread
    /// evenly over the time.
    pub(crate) stagger: Duration,
    /// The monotonic time after which no item begins.
    pub(crate) begins_until: Duration,
}

/// The counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How many items were due.
    pub due: usize,
    /// How many are done, by this run or by another process.
    pub done: usize,
    /// How many failed. The row of each has the time of its next try.
    pub failed: usize,
    /// How many are left for a later run: the time was over, another process has them, or the platform did not confirm the revocation.
    pub left: usize,
    /// How many shards could not be read.
    pub unread_shards: usize,
    /// How many shards were not read to their end because the time was over. Their other items are not counted here.
    pub unfinished_shards: usize,
    /// How long the longest overdue item had been due when the run began, if that is measured.
    pub oldest_overdue: Duration,
}

impl Report {
    fn count(&mut self, done: Processed) {
        match done {
            Processed::Done => self.done += 1,
            Processed::Failed => self.failed += 1,
            Processed::Left => self.left += 1,
        }
    }
}

/// Processes the due items of these shards until all are done or no more may begin, and waits for those that have begun. A failure
/// affects only its own item, and a shard that cannot be read does not delay the others. The next pages are read as soon as every item of
/// the pages before has begun.
///
/// # Errors
/// The table's error, if no shard could be read.
pub(crate) async fn run<W: Work>(app: &App, work: W, shards: &[u8], bounds: &Bounds) -> Result<Report, StoreError> {
    let work = Arc::new(work);
    let slots = Arc::new(Semaphore::new(bounds.at_once.max(1)));
    let may_begin = || app.clock.elapsed() < bounds.begins_until;
    let mut reading = Reading::new(app, shards);
    let (mut starting, mut running) = (FuturesUnordered::new(), FuturesUnordered::new());
    starting.extend(starts(app, bounds, &slots, reading.pages(&*work).await));
    loop {
        if starting.is_empty() && running.len() < RUNNING_MOST && may_begin() {
            starting.extend(starts(app, bounds, &slots, reading.pages(&*work).await));
        }
        tokio::select! {
            biased;
            Some(done) = running.next() => reading.report.count(done),
            Some((item, slot)) = starting.next() => if may_begin() {
                running.push(as_a_task(Arc::clone(&work).process(item, slot)));
            } else {
                reading.report.count(Processed::Left);
            },
            else => if reading.open.is_empty() || !may_begin() { break },
        }
    }
    reading.report.unfinished_shards = reading.open.len();
    match reading.failure {
        Some(error) if reading.report.unread_shards == shards.len() => Err(error),
        _ => Ok(reading.report),
    }
}

/// The state of reading the shards.
struct Reading<I> {
    began: Timestamp,
    /// The shards that are not read to their end, each with the last item that was read.
    open: Vec<(u8, Option<I>)>,
    report: Report,
    failure: Option<StoreError>,
}

impl<I> Reading<I> {
    fn new(app: &App, shards: &[u8]) -> Self {
        let open = shards.iter().filter(|shard| **shard < DUE_SHARDS).map(|shard| (*shard, None)).collect();
        Self { began: app.now(), open, report: Report::default(), failure: None }
    }

    /// Reads the next page of each shard.
    async fn pages(&mut self, work: &impl Work<Item = I>) -> Vec<I> {
        let mut due = Vec::new();
        for (shard, after) in std::mem::take(&mut self.open) {
            match work.page(shard, after.as_ref()).await {
                Ok(page) => {
                    let overdue = page.oldest.map_or(Duration::ZERO, |since| until(since, self.began));
                    self.report.oldest_overdue = self.report.oldest_overdue.max(overdue);
                    self.open.extend(page.last.map(|last| (shard, Some(last))));
                    due.extend(page.items);
                }
                Err(error) => {
                    tracing::error!(shard, %error, "a shard could not be read");
                    self.report.unread_shards += 1;
                    self.failure = Some(error);
                }
            }
        }
        self.report.due += due.len();
        due
    }
}

/// The starts of these items: each future ends when its time has come and it has a slot.
fn starts<I>(
    app: &App,
    bounds: &Bounds,
    slots: &Arc<Semaphore>,
    due: Vec<I>,
) -> impl Iterator<Item = impl Future<Output = (I, OwnedSemaphorePermit)>> {
    let began = app.clock.elapsed();
    let count = u32::try_from(due.len()).unwrap_or(u32::MAX).max(1);
    let pause = (bounds.begins_until.saturating_sub(began) / count).min(bounds.stagger);
    (0_u32..).zip(due).map(move |(place, item)| async move {
        let starts_at = began + pause * place;
        app.clock.sleep(starts_at.saturating_sub(app.clock.elapsed())).await;
        (item, slot(slots).await)
    })
}

/// Waits for a free slot.
pub(crate) async fn slot(slots: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(slots).acquire_owned().await.expect("nobody closes it")
}

/// Runs the processing as a task. A panic in it becomes an error.
async fn as_a_task(processing: impl Future<Output = Result<Processed, Error>> + Send + 'static) -> Processed {
    let task = tokio::spawn(processing.in_current_span());
    let done = task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("a task ended early: {panic}"))));
    done.unwrap_or_else(|error| {
        tracing::error!(code = error.code(), fault = error.fault(), %error, "an item that was due failed");
        Processed::Failed
    })
}
