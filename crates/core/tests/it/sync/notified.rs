//! Runs that a platform's notifications begin.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::notified::NOTIFIED_EVERY;
use counterfoil_core::model::sync::settings::Schedule;
use counterfoil_core::model::sync::{Mode, SyncKind, SyncRun, SyncStatus, Trigger};
use counterfoil_core::model::time::until;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::sync::notified::{Received, receive};
use counterfoil_core::service::worker::sync_due::sync_due;
use counterfoil_core::{App, Error};
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::ScriptedPlatforms;
use counterfoil_testkit::platform::books::{check, invoice};
use counterfoil_testkit::platform::notifications::{SIGNATURE, SIGNATURE_HEADER};
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{Books, HOUR, WORKERS_TIME, request_of, sync};
use crate::harness::eventually;

const CHECKS: &str = "acme sync";
const INVOICES: &str = "acme import_invoices";
const SECOND: Duration = Duration::from_secs(1);

async fn send(app: &App, body: &str, signature: &str) -> Result<(), Error> {
    let header = |name: &str| (name == SIGNATURE_HEADER).then_some(signature);
    receive(app, PlatformName::Quickbooks, &Received { header: &header, body: body.as_bytes() }).await
}

impl Books {
    /// A notification of the platform. Returns the connections for which a worker was woken.
    async fn notify(&self, body: &str) -> Vec<ConnectionId> {
        send(&self.stage.app, body, SIGNATURE).await.expect("it is received");
        self.stage.installation.wakings.take()
    }

    /// Runs the worker once, and returns the triggers of all runs so far, the oldest first.
    async fn turn_now(&self) -> Vec<(SyncKind, Trigger)> {
        sync_due(&self.stage.app, &ALL_SHARDS, WORKERS_TIME).await.expect("a table");
        self.told().await.into_iter().map(|run| (run.options.kind, run.trigger)).collect()
    }

    async fn told(&self) -> Vec<SyncRun> {
        let mut runs = self.stage.app.syncs.syncs(&self.id.partner, None, 100).await.expect("a table");
        runs.sort_by_key(|run| (run.created_at, run.options.kind));
        runs
    }
}

const CHECKS_RUN: (SyncKind, Trigger) = (SyncKind::Sync, Trigger::Platform);
const INVOICES_RUN: (SyncKind, Trigger) = (SyncKind::ImportInvoices, Trigger::Platform);

#[tokio::test]
async fn w11_a_notification_begins_an_incremental_run_at_once_though_the_schedule_is_off() {
    let books = Books::of(3).await;
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.put(check("new", 5));
    assert_eq!(books.notify(CHECKS).await, std::slice::from_ref(&books.id));
    assert_eq!(books.turn_now().await[1..], [CHECKS_RUN]);
    let run = books.told().await.pop().expect("a run");
    assert_eq!((run.status, run.mode(), run.counts.checks.imported), (SyncStatus::Completed, Mode::Incremental, 1));
    assert_eq!(books.state().await.due_at, None);
}

#[tokio::test]
async fn w11_a_notification_within_five_minutes_of_a_run_begins_the_next_one_when_they_are_over() {
    let books = Books::of(1).await;
    books.notify(CHECKS).await;
    assert_eq!(books.turn_now().await, [CHECKS_RUN]);
    let began = books.told().await[0].created_at;
    books.put(check("new", 5));
    assert_eq!(books.notify(CHECKS).await, [], "a run has just begun");
    assert_eq!(books.notify(INVOICES).await, []);
    assert_eq!(books.notify(CHECKS).await, []);
    books.stage.clock.advance(until(books.now(), began + NOTIFIED_EVERY - SECOND));
    assert_eq!(books.turn_now().await, [CHECKS_RUN]);
    books.stage.clock.advance(SECOND);
    assert_eq!(books.turn_now().await, [CHECKS_RUN, CHECKS_RUN, INVOICES_RUN]);
    assert_eq!(books.told().await[1].counts.checks.imported, 1);
    books.stage.clock.advance(NOTIFIED_EVERY);
    assert_eq!(books.turn_now().await.len(), 3, "nothing is asked for any more");
}

#[tokio::test]
async fn w11_the_same_notification_again_writes_nothing() {
    let books = Books::of(1).await;
    assert_eq!(books.notify(CHECKS).await.len(), 1);
    let before = books.state().await;
    assert_eq!(books.notify(CHECKS).await, []);
    assert_eq!(books.notify(&format!("{CHECKS}\n{CHECKS}")).await, []);
    assert_eq!(books.state().await, before);
    assert_eq!(books.turn_now().await, [CHECKS_RUN]);
}

#[tokio::test]
async fn w11_a_notification_during_a_run_is_followed_by_another_run() {
    let books = Books::of(1).await;
    books.begin(&sync()).await;
    assert_eq!(books.notify(CHECKS).await, [], "its worker is at work");
    books.work().await;
    books.stage.clock.advance(SECOND);
    assert_eq!(books.turn_now().await, [(SyncKind::Sync, Trigger::Api), CHECKS_RUN]);
}

#[tokio::test]
async fn w11_a_run_that_begins_for_another_reason_reads_what_was_notified() {
    for (is_dry, expected) in [(false, 1), (true, 2)] {
        let books = Books::of(1).await;
        books.notify(CHECKS).await;
        let mut request = sync();
        request.is_dry = is_dry;
        books.run(request).await;
        assert_eq!(books.turn_now().await.len(), expected, "dry: {is_dry}");
    }
}

#[tokio::test]
async fn w11_a_notification_takes_no_time_from_the_schedule() {
    let books = Books::of(1).await;
    books.run(request_of(SyncKind::ImportInvoices)).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.stage.clock.advance(until(books.now(), due_at - SECOND));
    books.notify(INVOICES).await;
    assert_eq!(books.turn_now().await[1..], [INVOICES_RUN]);
    assert_eq!(books.state().await.due_at, Some(due_at));
    // The worker is late, and a notification comes first.
    books.stage.clock.advance(NOTIFIED_EVERY);
    books.notify(INVOICES).await;
    let scheduled = SyncKind::ALL.map(|kind| (kind, Trigger::Schedule));
    assert_eq!(books.turn_now().await[2..], scheduled);
    assert_eq!(books.state().await.due_at, Some(due_at + HOUR));
    // Both are due, the notification first.
    books.stage.clock.advance(until(books.now(), due_at + HOUR - SECOND));
    books.notify(INVOICES).await;
    books.stage.clock.advance(2 * SECOND);
    assert_eq!(books.turn_now().await[4..], scheduled);
}

#[tokio::test]
async fn w11_a_connection_without_an_active_grant_is_left_out() {
    let books = Books::of(1).await;
    books.stage.installation.platform.revoke("acme");
    assert!(books.stage.force(&books.id).await.is_err());
    assert_eq!((books.notify(CHECKS).await, books.state().await.due_at), (vec![], None), "it needs consent");
    try_consent(&books.stage.installation, &books.stage.app, "acme", "acme").await.expect("a consent");
    books.stage.disconnect(&books.id).await;
    assert_eq!((books.notify(CHECKS).await, books.state().await.due_at), (vec![], None), "it is disconnected");
}

#[tokio::test]
async fn w11_a_connection_whose_grant_ends_before_its_run_begins_is_not_imported_later() {
    let books = Books::of(1).await;
    books.notify(CHECKS).await;
    books.stage.installation.platform.revoke("acme");
    assert!(books.stage.force(&books.id).await.is_err());
    assert_eq!(books.turn_now().await, []);
    assert_eq!(books.state().await.due_at, None);
    try_consent(&books.stage.installation, &books.stage.app, "acme", "acme").await.expect("a consent");
    assert_eq!(books.turn_now().await, []);
}

#[tokio::test]
async fn w11_every_connection_to_the_company_is_due_and_no_other() {
    let books = Books::of(1).await;
    let (installation, app) = (&books.stage.installation, &books.stage.app);
    try_consent(installation, app, "acme-again", "acme").await.expect("a consent");
    try_consent(installation, app, "zenith", "zenith").await.expect("a consent");
    let mut woken: Vec<_> = books.notify(CHECKS).await.into_iter().map(|id| id.company_key.to_string()).collect();
    woken.sort();
    assert_eq!(woken, ["acme", "acme-again"]);
    assert_eq!(books.notify("nobody sync").await, []);
}

#[tokio::test]
async fn w11_a_request_without_the_platforms_signature_does_nothing() {
    let books = Books::of(1).await;
    let before = books.state().await;
    books.stage.installation.wire.reset();
    for signature in ["", "signed-by-somebody"] {
        let refused = send(&books.stage.app, CHECKS, signature).await;
        assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{refused:?}");
    }
    let none = Received { header: &|_| None, body: CHECKS.as_bytes() };
    let refused = receive(&books.stage.app, PlatformName::Quickbooks, &none).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{refused:?}");
    assert!(books.stage.installation.wire.counts().is_empty(), "no request to the table");
    assert_eq!((books.stage.installation.wakings.take(), books.state().await), (vec![], before));
    let unreadable = send(&books.stage.app, "no notification", SIGNATURE).await;
    assert!(matches!(unreadable, Err(Error::Invalid { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn w11_a_notification_that_the_table_or_the_time_did_not_allow_is_sent_again_and_then_complete() {
    let books = Books::of(1).await;
    let wire = &books.stage.installation.wire;
    wire.inject(Rule::on("Query", Fault::Throttled).times(20));
    let failed = send(&books.stage.app, CHECKS, SIGNATURE).await;
    assert!(matches!(failed, Err(Error::TryLater { .. })), "{failed:?}");
    wire.reset();

    // More companies than are looked up at once, of which the first ones wait for the table until the time is over.
    let body: String = (0..200).map(|number| format!("company-{number} sync\n")).chain([CHECKS.to_owned()]).collect();
    wire.inject(Rule::on("Query", Fault::UntilReleased).times(64));
    let (app, sent) = (Arc::clone(&books.stage.app), body.clone());
    let receiving = tokio::spawn(async move { send(&app, &sent, SIGNATURE).await });
    eventually("all are under way", async || wire.counts().get("Query").is_some_and(|count| *count >= 64)).await;
    books.stage.clock.advance(Duration::from_secs(2));
    (0..64).for_each(|_| wire.release());
    let failed = receiving.await.expect("no panic");
    assert!(matches!(failed, Err(Error::TryLater { code: "notification_incomplete", .. })), "{failed:?}");
    wire.reset();
    assert_eq!(send(&books.stage.app, &body, SIGNATURE).await, Ok(()));
    assert_eq!(books.turn_now().await, [CHECKS_RUN]);
}

#[tokio::test]
async fn w11_a_run_that_a_fault_of_ours_keeps_from_beginning_begins_later() {
    let books = Books::of(1).await;
    books.notify(CHECKS).await;
    let mut parts = books.stage.installation.app(books.stage.clock.clone());
    parts.platforms = Arc::new(ScriptedPlatforms::without_credentials());
    let without_credentials = Arc::new(parts);
    sync_due(&without_credentials, &ALL_SHARDS, WORKERS_TIME).await.expect("a table");
    assert_eq!(books.turn_now().await, []);
    books.stage.clock.advance(NOTIFIED_EVERY);
    assert_eq!(books.turn_now().await, [CHECKS_RUN]);
}

#[tokio::test]
async fn w11_invoices_are_imported_though_no_request_has_imported_them_before() {
    let books = Books::of(0).await;
    books.put(invoice("7", 700));
    books.notify(INVOICES).await;
    assert_eq!(books.turn_now().await, [INVOICES_RUN]);
    assert_eq!(books.told().await[0].counts.invoices.imported, 1);
}
