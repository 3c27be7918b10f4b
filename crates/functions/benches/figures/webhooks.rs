//! Webhooks: the way of an event to its first attempt, units of the table, endpoints that never answer, and a courier that is killed.
//!
//! The workers `dispatcher` and `courier` run in this process, with the batches and the concurrency of `template.yaml`, over a queue and
//! a stream that pass on what they get at once. The courier that is killed is the built function.

mod bare_post;
mod inbox;
mod pool;
mod slow;
mod units;

use std::time::{Duration, Instant};

use counterfoil_testkit::wire::Wire;

use crate::deployment::Deployment;
use crate::hooks::Hooks;
use crate::{binaries, killed_courier, median, ratio};
use bare_post::BarePost;
use inbox::Inbox;
use pool::Pool;

const WARM_UP: u32 = 50;
const ROUNDS: u32 = 500;
const KILLS: usize = 10;
const KILLED_ENDPOINTS: usize = 10;
const KILLED_EVENTS: u32 = 300;

/// Prints them all.
pub(crate) async fn print() {
    println!("\nAn event to its first attempt at an endpoint");
    print_requests().await;
    print_time().await;
    units::print().await;
    slow::print().await;
    print_killed().await;
}

async fn print_requests() {
    let deployment = Deployment::start(binaries()).await;
    let wire = Wire::before(deployment.table_endpoint()).await;
    let inbox = Inbox::answering().await;
    let pool = Pool::of(&deployment, wire.endpoint());
    let hooks = Hooks::of(pool.app(), &deployment, &[inbox.url()]).await;
    pool.rests().await;
    let id = hooks.event(0).await;
    wire.reset();
    pool.stored(&id);
    inbox.arrival(&id).await;
    let requests: Vec<_> = wire.requests().into_iter().map(|request| request.operation).collect();
    println!("  requests to the table between    {} ({}) (goal: at most 4)", requests.len(), requests.join(", "));
    pool.rests().await;
}

/// From an event that is stored to the arrival of its first attempt, and one signed POST to the same endpoint until it is answered.
async fn print_time() {
    let deployment = Deployment::start(binaries()).await;
    let inbox = Inbox::answering().await;
    let pool = Pool::of(&deployment, deployment.table_endpoint());
    let hooks = Hooks::of(pool.app(), &deployment, &[inbox.url()]).await;
    let bare = BarePost::new(inbox.url());
    let [mut first, mut posts] = [const { Vec::<Duration>::new() }; 2];
    for number in 0..WARM_UP + ROUNDS {
        pool.rests().await;
        let id = hooks.event(number).await;
        let stored = Instant::now();
        pool.stored(&id);
        let took = inbox.arrival(&id).await.duration_since(stored);
        pool.rests().await;
        let began = Instant::now();
        bare.send().await;
        if number >= WARM_UP {
            first.push(took);
            posts.push(began.elapsed());
        }
    }
    let (first, post) = (median(&mut first), median(&mut posts));
    println!("  median, to one bare signed POST  {:.1} times", ratio(first, post));
}

/// Deliveries by processes of which some are killed.
async fn print_killed() {
    let deployment = Deployment::start(binaries()).await;
    let end = killed_courier::killed(deployment, KILLED_ENDPOINTS, KILLED_EVENTS, KILLS).await;
    println!(
        "\n{KILLED_EVENTS} events to {KILLED_ENDPOINTS} endpoints by a courier that is killed by SIGKILL at random requests"
    );
    println!("  killed                           {} times (goal: {KILLS})", end.kills);
    println!("  arrived                          {} of {} (goal: all)", end.received, end.expected);
    println!("  delivered in the log             {} of {} (goal: all)", end.delivered, end.expected);
    println!("  under two `webhook-id`s          {} (goal: 0)", end.renamed);
    println!("  more than once, under one        {}", end.repeated);
}
