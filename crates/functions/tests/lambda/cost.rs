//! Counts the units and bytes in the bill of docs/cost.md.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use counterfoil_core::App;
use counterfoil_core::model::api_key::PresentedKey;
use counterfoil_core::model::desktop::connection::HELD_FOR;
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::delivery::DeliveryId;
use counterfoil_core::model::webhook::endpoint::EndpointName;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::service::health::figures::store_figures;
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_core::service::webhook::endpoints::{NewEndpoint, create_endpoint};
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_functions::worker::purger::purge;
use counterfoil_functions::worker::refresher::{ScheduleEvent, refresh};
use counterfoil_functions::worker::revoker::revoke;
use counterfoil_functions::worker::sync_worker;
use counterfoil_functions::worker::{courier, dispatcher};
use counterfoil_store::aws::local_config;
use counterfoil_testkit::webhooks::ScriptedWebhooks;
use counterfoil_testkit::wire::Wire;
use serde_json::json;
use tower::ServiceExt as _;

use crate::browser::LARKSPUR;
use crate::deployment::{COMPANY_KEY, Deployment};
use crate::event::Sample;
use crate::hooks::copy_in_a_transaction;
use crate::importing::{Importing, work};
use crate::office::{Held, Office, held, idle_poll};
use crate::{binaries, deployment};

/// Lambda's own log lines of an invocation, in bytes: START, END and REPORT.
const LAMBDAS_OWN: f64 = 350.0;
/// The gateway's log line of a request, in bytes.
const GATEWAYS_OWN: f64 = 350.0;

/// The numbers of a row of the first table in docs/cost.md.
fn documented(what: &str) -> Vec<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cost.md");
    let text = fs::read_to_string(path).expect("docs/cost.md is there");
    let row = text.lines().find(|line| line.starts_with(&format!("| {what} |"))).unwrap_or_else(|| panic!("no row {what}"));
    row.split('|').skip(2).filter_map(|cell| cell.trim().parse().ok()).collect()
}

/// How many checks are imported: two pages at `QuickBooks`.
const CHECKS: u32 = 1_000;

/// The read and write units since the last call, and those of queries.
fn units(wire: &Wire) -> (f64, f64, f64) {
    let sum = |operations: &[&str]| {
        let requests = wire.requests().into_iter().filter(|request| operations.contains(&request.operation.as_str()));
        requests.fold(0.0, |units, request| units + request.capacity)
    };
    let all = (
        sum(&["GetItem", "BatchGetItem", "TransactGetItems"]),
        sum(&["PutItem", "UpdateItem", "TransactWriteItems"]),
        sum(&["Query"]),
    );
    wire.reset();
    all
}

#[tokio::test]
async fn the_units_of_the_bill_equal_the_consumed_units() {
    let deployment = deployment().await;
    deployment.connect(LARKSPUR).await;
    let wire = Wire::metered_before(deployment.table_endpoint()).await;
    let app: Arc<App> = assemble(&deployment.config(), &local_config(wire.endpoint()), World::real());
    let key = deployment.key(Duration::ZERO).await;
    let read = async || {
        let request = Request::get(format!("/api/token/{COMPANY_KEY}")).header("x-api-key", &key).body(Body::empty());
        let answer = router::all(&app).oneshot(request.expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    };
    read().await;
    wire.reset();
    read().await;
    let (reads, writes, _) = units(&wire);
    assert_eq!(documented("a token read")[..2], [reads, writes]);

    let event = ScheduleEvent { shards: vec![0, 1, 2, 3] };
    refresh(&app, &event, Duration::from_secs(58)).await.expect("the table answers");
    assert_eq!(documented("a run of the refresher")[..2], [units(&wire).2, 0.0]);
    revoke(&app, Duration::from_secs(58)).await.expect("the table answers");
    assert_eq!(documented("a run of the revoker")[..2], [units(&wire).2, 0.0]);
    sync_worker::work(&app, Duration::from_secs(900)).await.expect("the table answers");
    assert_eq!(documented("a run of the worker of imports")[..2], [units(&wire).2, 0.0]);
    purge(&app, Duration::from_secs(900)).await.expect("the table answers");
    assert_eq!(documented("a run of the purger")[..2], [units(&wire).2, 0.0]);

    deployment.expire().await;
    let report = refresh_due(&app, &ALL_SHARDS, Duration::from_secs(58)).await.expect("the table answers");
    assert_eq!((report.due, report.done), (1, 1));
    let (reads, writes, _) = units(&wire);
    assert_eq!(documented("a refresh")[..2], [reads, writes]);
}

#[tokio::test]
async fn the_units_of_webhooks_are_what_is_consumed() {
    let deployment = deployment().await;
    deployment.connect(LARKSPUR).await;
    let wire = Wire::metered_before(deployment.table_endpoint()).await;
    let mut app = assemble(&deployment.config(), &local_config(wire.endpoint()), World::real());
    Arc::get_mut(&mut app).expect("nobody else has it").webhooks = Arc::new(ScriptedWebhooks::default());
    let sweep = async || dispatcher::sweep_all(&app, Duration::from_secs(58)).await.expect("the table answers");
    // The first one of a day counts the connections again.
    sweep().await;
    wire.reset();
    sweep().await;
    let (reads, writes, queries) = units(&wire);
    assert_eq!(documented("a run of the dispatcher")[..2], [reads + queries, writes]);

    let partner = PartnerId::default_partner();
    // The first event of the connection stores its standing.
    let first = app.outbox.events_between(&partner, "evt_", "evt_~", 1).await.expect("the table answers").events;
    dispatch(&app, &partner, &[first[0].id().to_owned()]).await.expect("the table answers");
    let presented = PresentedKey::parse(&Secret::new(deployment.key(Duration::ZERO).await)).expect("a key");
    let key = app.partners.key(&partner, &presented.id).await.expect("the table answers").expect("a key");
    let new = NewEndpoint { url: "https://receiver.example.com".to_owned(), description: None, events: Vec::new() };
    let (view, _) = create_endpoint(&app, &key, new).await.unwrap_or_else(|error| panic!("{error}"));
    let endpoint = EndpointName { partner: partner.clone(), id: view.endpoint.id };
    let connection = deployment.connection().await;
    let event = Event::about(&connection, Payload::Reauthorized, app.new_id(Event::ID_PREFIX), app.now());
    app.grants.warn(&event, connection.epoch, app.now(), None).await.expect("the table answers");
    wire.reset();
    copy_in_a_transaction(&deployment, wire.endpoint(), &event.id).await;
    let (_, row, _) = units(&wire);
    dispatch(&app, &partner, std::slice::from_ref(&event.id)).await.expect("the table answers");
    let (dispatched, stored, _) = units(&wire);
    assert_eq!(documented("an event and its dispatch")[..2], [dispatched, row]);
    let delivery = DeliveryId { event: event.id, replayed_at: None, endpoint: endpoint.id.clone() };
    let call = CourierCall { endpoint, deliveries: vec![delivery] };
    assert!(courier::deliver(&app, call, app.clock.elapsed() + Duration::from_secs(90)).await);
    let (reads, writes, queries) = units(&wire);
    assert_eq!(documented("a delivery to one endpoint")[..2], [reads + queries, stored + writes]);
}

#[tokio::test]
async fn the_units_of_web_connectors_are_what_is_consumed() {
    let office = Office::open().await;
    let ticket = office.session().await;
    office.wire.reset();
    let tens = Duration::from_secs(3_600).as_secs_f64() / HELD_FOR.as_secs_f64();
    let Held { calls, waited } = held(&office, &ticket).await;
    let (_, writes, queries) = units(&office.wire);
    let consumed = [queries, writes, f64::from(calls), waited.as_secs_f64()].map(|count| count * tens);
    let row = documented("an hour of a held session of a Web Connector");
    for (documented, consumed) in [(row[0], consumed[0]), (row[1], consumed[1]), (row[4], consumed[3])] {
        assert!((documented / consumed - 1.0).abs() < 0.05, "{row:?} {consumed:?}");
    }
    let calls = idle_poll(&office.process(), &office.name.user_name(), &office.password).await;
    let (_, writes, queries) = units(&office.wire);
    assert_eq!(documented("a poll of an idle Web Connector")[..3], [queries, writes, 700.0 * f64::from(calls)]);
}

#[tokio::test]
async fn the_units_of_imports_are_what_is_consumed() {
    let importing = Importing::of(deployment().await, CHECKS.into()).await;
    let deployment = &importing.deployment;
    let wire = Wire::metered_before(deployment.table_endpoint()).await;
    let app: Arc<App> = assemble(&deployment.config(), &local_config(wire.endpoint()), World::real());
    let run = async |full| {
        let id = importing.begin(full, false).await;
        // The figures of the run before, which the bill leaves out.
        store_figures(&app).await;
        wire.reset();
        sync_worker::work(&app, Duration::from_secs(900)).await.expect("the table answers");
        let (reads, writes, queries) = units(&wire);
        let idle = documented("a run of the worker of imports")[0];
        (importing.run(&id).await.counts.checks, [reads + queries - idle, writes])
    };
    let each = |[reads, writes]: [f64; 2]| [reads, writes].map(|units| units / f64::from(CHECKS));
    let (counts, new) = run(false).await;
    assert_eq!(counts.imported, u64::from(CHECKS));
    is_documented("a new check", each(new));
    let (counts, none) = run(false).await;
    assert_eq!((counts.imported, counts.unchanged), (0, 0));
    is_documented("an import with nothing changed", none);
    let (counts, unchanged) = run(true).await;
    assert_eq!(counts.unchanged, u64::from(CHECKS));
    is_documented("an unchanged check of a full import", each(unchanged));
}

/// What is consumed is documented, and not much more.
fn is_documented(what: &str, consumed: [f64; 2]) {
    let documented = documented(what);
    let fits = |(consumed, documented): (f64, f64)| consumed <= documented && consumed >= documented * 0.9;
    assert!(consumed.into_iter().zip(documented.iter().copied()).all(fits), "{what}: {consumed:?}, documented {documented:?}");
}

#[tokio::test]
async fn the_bytes_of_the_bill_are_not_exceeded() {
    let importing = Importing::of(Deployment::start(binaries()).await, 10).await;
    let deployment = &importing.deployment;
    let event = Sample::of("token").header("x-api-key", &deployment.key(Duration::ZERO).await).to_json();
    let token = deployment.function("token").await;
    token.answer(&event).await.json(200);
    let before = token.lambda.logs().len();
    token.answer(&event).await.json(200);
    let logged = |bytes: usize| f64::from(u32::try_from(bytes).expect("few")) + LAMBDAS_OWN;
    let read = logged(token.lambda.logs().len() - before) + GATEWAYS_OWN;
    let refresher = deployment.function("refresher").await;
    refresher.lambda.invoke(&json!({ "shards": [] })).await.expect("a run");
    let run = logged(refresher.lambda.logs().len());
    deployment.expire().await;
    let before = refresher.lambda.logs().len();
    refresher.lambda.invoke(&json!({ "shards": [] })).await.expect("a run");
    let refresh = logged(refresher.lambda.logs().len() - before) - run;
    let revoker = deployment.function("revoker").await;
    revoker.lambda.invoke(&json!({})).await.expect("a run");
    let revoking = logged(revoker.lambda.logs().len());
    let worker = deployment.function("sync-worker").await;
    worker.lambda.invoke(&json!({})).await.expect("a run");
    let idle = logged(worker.lambda.logs().len());
    let before = worker.lambda.logs().len();
    importing.begin(false, false).await;
    work(&worker.lambda).await;
    let import = logged(worker.lambda.logs().len() - before) - idle;
    let purger = deployment.function("purger").await;
    purger.lambda.invoke(&json!({})).await.expect("a run");
    let purging = logged(purger.lambda.logs().len());
    let dispatcher = deployment.function("dispatcher").await;
    dispatcher.lambda.invoke(&json!({})).await.expect("a run");
    let sweeping = logged(dispatcher.lambda.logs().len());
    let runs = [
        ("a run of the dispatcher", sweeping),
        ("a run of the refresher", run),
        ("a run of the revoker", revoking),
        ("a run of the worker of imports", idle),
        ("a run of the purger", purging),
        ("an import with nothing changed", import),
    ];
    for (what, seen) in [("a token read", read), ("a refresh", refresh)].into_iter().chain(runs) {
        let documented = documented(what)[2];
        assert!(seen <= documented && seen * 2.0 > documented, "{what}: {seen} bytes, {documented} documented");
    }
}
