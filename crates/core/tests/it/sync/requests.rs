//! What a run asks of the table.

use std::sync::Arc;

use counterfoil_core::service::sync::work;
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{Books, WORKERS_TIME, sync};

#[tokio::test]
async fn the_new_records_of_a_page_fill_whole_batches() {
    let books = Books::of(200).await;
    books.platform().set_page_size(200);
    let wire = &books.stage.installation.wire;
    wire.reset();
    assert_eq!(books.run(sync()).await.counts.checks.imported, 200);
    let writes = wire.requests().into_iter().filter(|request| request.operation == "TransactWriteItems");
    assert_eq!(writes.filter(|request| request.body.contains("\"CHANGES#")).count(), 3, "98, 98 and 4 records");
}

#[tokio::test]
async fn the_records_of_a_page_are_read_by_several_requests_at_once() {
    let books = Books::of(250).await;
    books.platform().set_page_size(250);
    books.begin(&sync()).await;
    let wire = &books.stage.installation.wire;
    wire.reset();
    wire.inject(Rule::on("BatchGetItem", Fault::Hold).when("RECORD#").times(3));
    let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
    let ends_at = app.clock.elapsed() + WORKERS_TIME;
    let worker = tokio::spawn(async move { work(&app, &id, ends_at).await });
    for _ in 0..3 {
        wire.held().await;
    }
    worker.abort();
}
