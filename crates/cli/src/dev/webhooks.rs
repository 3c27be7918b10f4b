//! Dispatches events and delivers them within this process. In a deployment the table's stream, a schedule and the courier's queue do this.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::App;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::{CourierCall, WakeCourier};
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_functions::worker::{courier, dispatcher};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::stop::Stop;
use crate::database::new_events::NewEvent;

/// The time between two sweeps, as of the deployed schedule.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// The time of one sweep.
const SWEEP_WITHIN: Duration = Duration::from_secs(55);
/// The time for which the courier works on an endpoint, as in a deployment.
const DELIVER_WITHIN: Duration = Duration::from_secs(88);
/// The largest number of endpoints that are delivered to at once.
const ENDPOINTS_AT_ONCE: usize = 100;
/// The most calls that wait for the courier. The sweep finds the others.
const WAITING_MOST: usize = 10_000;
/// The most events that are dispatched together.
const EVENTS_AT_ONCE: usize = 50;

/// Wakes the courier.
pub(super) struct Waker {
    calls: Sender<CourierCall>,
    clock: Arc<dyn Clock>,
}

/// The waker, and the calls for the courier.
pub(super) fn waker(clock: Arc<dyn Clock>) -> (Waker, Receiver<CourierCall>) {
    let (calls, receiver) = channel(WAITING_MOST);
    (Waker { calls, clock }, receiver)
}

#[async_trait]
impl WakeCourier for Waker {
    async fn wake_courier(&self, call: &CourierCall, delay: Duration) -> Result<(), StoreError> {
        let (calls, clock, call) = (self.calls.clone(), Arc::clone(&self.clock), call.clone());
        if delay.is_zero() {
            drop(calls.try_send(call));
        } else {
            tokio::spawn(async move {
                clock.sleep(delay).await;
                drop(calls.try_send(call));
            });
        }
        Ok(())
    }
}

/// Dispatches new events, sweeps, and delivers, until `stop`. What is under way then continues after the next start.
pub(super) async fn deliver(app: Arc<App>, events: Receiver<NewEvent>, calls: Receiver<CourierCall>, stop: Stop) {
    tokio::select! {
        () = stop.requested() => {}
        ((), (), ()) = async { tokio::join!(dispatch_new(&app, events), sweep(&app), work(&app, calls)) } => {}
    }
}

async fn dispatch_new(app: &App, mut events: Receiver<NewEvent>) {
    let mut batch = Vec::new();
    while events.recv_many(&mut batch, EVENTS_AT_ONCE).await > 0 {
        batch.sort();
        for of_partner in batch.chunk_by(|one, other| one.partner == other.partner) {
            let ids: Vec<_> = of_partner.iter().map(|event| event.id.clone()).collect();
            if let Err(error) = dispatch(app, &of_partner[0].partner, &ids).await {
                tracing::error!(%error, "events could not be dispatched");
            }
        }
        batch.clear();
    }
}

async fn sweep(app: &Arc<App>) {
    loop {
        if let Err(error) = dispatcher::sweep_all(app, SWEEP_WITHIN).await {
            tracing::error!(%error, "events could not be swept");
        }
        app.clock.sleep(SWEEP_EVERY).await;
    }
}

async fn work(app: &Arc<App>, mut calls: Receiver<CourierCall>) {
    let mut working = JoinSet::new();
    loop {
        tokio::select! {
            Some(call) = calls.recv(), if working.len() < ENDPOINTS_AT_ONCE => {
                let app = Arc::clone(app);
                working.spawn(async move { courier::deliver(&app, call, app.clock.elapsed() + DELIVER_WITHIN).await });
            }
            Some(_) = working.join_next() => {}
            else => return,
        }
    }
}
