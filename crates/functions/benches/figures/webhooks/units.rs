//! What webhooks take of the table, as the table reckons it.

use counterfoil_testkit::wire::Wire;

use super::inbox::Inbox;
use super::pool::Pool;
use crate::binaries;
use crate::deployment::Deployment;
use crate::hooks::{Hooks, copy_in_a_transaction};

/// How many events come at once.
const MANY: u32 = 1_000;
const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];

/// Prints the units for an event and for a delivery.
pub(super) async fn print() {
    let deployment = Deployment::start(binaries()).await;
    let wire = Wire::metered_before(deployment.table_endpoint()).await;
    let inbox = Inbox::answering().await;
    let pool = Pool::of(&deployment, wire.endpoint());
    let hooks = Hooks::of(pool.app(), &deployment, &[inbox.url()]).await;
    println!("\nUnits of the table (docs/cost.md)");
    let id = hooks.event(0).await;
    wire.reset();
    copy_in_a_transaction(&deployment, wire.endpoint(), &id).await;
    print_units("an event's row, in a transaction", &wire, 1);
    pool.stored(&id);
    pool.rests().await;
    print_units("its delivery, alone", &wire, 1);
    let mut ids = Vec::new();
    for number in 1..=MANY {
        ids.push(hooks.event(number).await);
    }
    wire.reset();
    for id in &ids {
        pool.stored(id);
    }
    pool.rests().await;
    print_units(&format!("a delivery of {MANY} at once"), &wire, MANY);
}

fn print_units(what: &str, wire: &Wire, count: u32) {
    let units = |of_reads: bool| {
        let requests = wire.requests().into_iter().filter(|request| READS.contains(&request.operation.as_str()) == of_reads);
        requests.fold(0.0, |units, request| units + request.capacity) / f64::from(count)
    };
    println!("  {what:<32} {:.2} read units, {:.2} write units", units(true), units(false));
    wire.reset();
}
