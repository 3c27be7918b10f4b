//! The workers as Lambda runs them: the dispatcher for batches of the stream and every minute, the courier for batches of its queue, as
//! many at once as `template.yaml` permits. The queue and the stream pass on what they get at once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::App;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::{CourierCall, WakeCourier};
use counterfoil_functions::worker::dispatcher::Turn;
use counterfoil_functions::worker::{courier, dispatcher};
use counterfoil_store::courier_queue::write;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::deployment::Deployment;
use crate::{hooks, template};

const DISPATCHER_TIME: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// The `BatchSize` of the stream.
const RECORDS_MOST: usize = 100;
/// The time between two looks whether there is work.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The workers, until it is dropped.
pub(super) struct Pool {
    app: Arc<App>,
    stream: UnboundedSender<String>,
    work: Arc<Work>,
    _workers: JoinSet<()>,
}

/// The courier's queue, and how much is under way.
#[derive(Default)]
struct Work {
    messages: Mutex<VecDeque<String>>,
    arrived: Notify,
    /// Events and messages that wait or are worked on.
    open: AtomicUsize,
}

impl Pool {
    /// Workers over the table at this address.
    pub(super) fn of(deployment: &Deployment, table: &str) -> Self {
        let work = Arc::<Work>::default();
        let queue = Arc::new(Queue(Arc::clone(&work)));
        let app = hooks::app(deployment, table, Some(queue));
        let (stream, events) = unbounded_channel();
        let mut workers = JoinSet::new();
        workers.spawn(dispatch(Arc::clone(&app), events, Arc::clone(&work)));
        workers.spawn(sweep(Arc::clone(&app)));
        let function = template::properties().remove("courier").expect("a function");
        let number = |value: &Value| value.as_u64().expect("a number");
        let source = &function["Events"]["Woken"]["Properties"];
        let batch = usize::try_from(number(&source["BatchSize"])).expect("few");
        let time = Duration::from_secs(number(&function["Timeout"]));
        for _ in 0..number(&source["ScalingConfig"]["MaximumConcurrency"]) {
            workers.spawn(deliver(Arc::clone(&app), Arc::clone(&work), batch, time));
        }
        Self { app, stream, work, _workers: workers }
    }

    pub(super) fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// The stream names an event.
    pub(super) fn stored(&self, id: &str) {
        self.work.open.fetch_add(1, Ordering::SeqCst);
        self.stream.send(id.to_owned()).expect("the dispatcher runs");
    }

    /// Waits until no event and no message is left. Messages with a delay are not counted.
    pub(super) async fn rests(&self) {
        while self.work.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

async fn dispatch(app: Arc<App>, mut events: UnboundedReceiver<String>, work: Arc<Work>) {
    let mut batch = Vec::new();
    while events.recv_many(&mut batch, RECORDS_MOST).await > 0 {
        let record = |id: &String| json!({ "dynamodb": { "Keys": { "PK": { "S": "EVENTS#default" }, "SK": { "S": id } }, "SequenceNumber": id } });
        let turn = serde_json::from_value(json!({ "Records": batch.iter().map(record).collect::<Vec<_>>() }));
        let answer = dispatcher::run(Arc::clone(&app), turn.expect("records"), DISPATCHER_TIME).await;
        assert_eq!(answer.as_ref().ok(), Some(&dispatcher::Answer::default()), "{answer:?}");
        work.open.fetch_sub(batch.len(), Ordering::SeqCst);
        batch.clear();
    }
}

async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        dispatcher::run(Arc::clone(&app), Turn::default(), DISPATCHER_TIME).await.expect("the table answers");
    }
}

async fn deliver(app: Arc<App>, work: Arc<Work>, batch: usize, time: Duration) {
    loop {
        let messages = work.receive(batch).await;
        let record = |body: &String| json!({ "messageId": "1", "body": body });
        let event = serde_json::from_value(json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() }));
        // The queue would deliver a message that failed again after minutes; here the sweep finds its endpoint.
        courier::run(Arc::clone(&app), event.expect("messages"), time).await.expect("it has no errors");
        work.open.fetch_sub(messages.len(), Ordering::SeqCst);
    }
}

impl Work {
    fn messages(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, message: String) {
        self.open.fetch_add(1, Ordering::SeqCst);
        self.messages().push_back(message);
        self.arrived.notify_one();
    }

    async fn receive(&self, most: usize) -> Vec<String> {
        loop {
            let taken: Vec<_> = {
                let mut messages = self.messages();
                let count = messages.len().min(most);
                messages.drain(..count).collect()
            };
            if !taken.is_empty() {
                return taken;
            }
            self.arrived.notified().await;
        }
    }
}

/// Sends to the queue.
struct Queue(Arc<Work>);

#[async_trait]
impl WakeCourier for Queue {
    async fn wake_courier(&self, call: &CourierCall, delay: Duration) -> Result<(), StoreError> {
        let (message, work) = (write(call)?, Arc::clone(&self.0));
        if delay.is_zero() {
            work.send(message);
        } else {
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                work.send(message);
            });
        }
        Ok(())
    }
}
