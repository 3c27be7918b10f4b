//! A run that reads a company file, and the Web Connector that is busy or signs in meanwhile.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::desktop::connection::ACTIVE_FOR;
use counterfoil_core::model::sync::{SyncKind, Trigger};
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::service::sync::begin::{SyncRequest, begin};
use counterfoil_core::service::sync::{Worked, work as work_on};
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{Desk, checks, signed_in, work};
use crate::harness::{eventually, row};

/// The time of a worker: enough for one page that is not fetched.
const WORKERS_TIME: Duration = Duration::from_secs(40);

async fn begun(desk: &Desk) {
    let request = SyncRequest { kind: SyncKind::Sync, full: false, is_dry: false, trigger: Trigger::Api, parent: None };
    let connection = row(&desk.app, &desk.user.name.connection_id()).await;
    begin(&desk.app, &connection, &request).await.expect("a run");
}

/// One invocation of the worker.
async fn worked(desk: &Desk) -> Worked {
    let (app, id) = (Arc::clone(&desk.app), desk.user.name.connection_id());
    let ends_at = desk.clock.elapsed() + WORKERS_TIME;
    desk.end(tokio::spawn(async move { work_on(&app, &id, ends_at).await.expect("a table") })).await
}

#[tokio::test]
async fn a_run_whose_page_waits_behind_another_request_does_not_wait_for_a_sign_in() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    begun(&desk).await;
    assert_eq!(worked(&desk).await, Worked::Paused);
    assert!(!desk.connection().await.is_awaited, "no sign-in follows while QuickBooks works");
    assert_eq!(worked(&desk).await, Worked::Paused, "it is due");
    drop(asking);
}

#[tokio::test]
async fn a_run_whose_page_is_not_fetched_without_a_session_waits_for_a_sign_in() {
    let desk = Desk::new().await;
    begun(&desk).await;
    assert_eq!(worked(&desk).await, Worked::Paused);
    assert!(desk.connection().await.is_awaited);
    assert_eq!(worked(&desk).await, Worked::Nothing);
}

#[tokio::test]
async fn a_sign_in_while_a_run_begins_to_wait_for_it_is_not_lost() {
    let desk = Desk::new().await;
    desk.clock.advance(ACTIVE_FOR * 2);
    begun(&desk).await;
    let wire = &desk.installation.wire;
    wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased).when("resumes_at"));
    let signing_in = async {
        eventually("the run rests", async || wire.requests().iter().any(|request| request.body.contains("resumes_at"))).await;
        signed_in(&desk.web, &desk.user).await;
        wire.release();
    };
    let (rested, ()) = tokio::join!(worked(&desk), signing_in);
    assert_eq!(rested, Worked::Paused);
    assert!(!desk.connection().await.is_awaited);
    assert_eq!(worked(&desk).await, Worked::Paused, "it is due");
}
