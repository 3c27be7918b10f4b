//! Runs respect a platform's limits before it refuses requests.

use counterfoil_core::model::sync::SyncStatus;

use super::harness::{Books, sync};

#[tokio::test]
async fn a_run_respects_the_platforms_limit() {
    let books = Books::of(50).await;
    books.platform().set_page_size(5);
    books.platform().set_minute_limit(4);
    let began = books.now();
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.requests, run.failures), (SyncStatus::Completed, 10, 0));
    let minutes = books.now().duration_since(began).as_secs() / 60;
    assert!(minutes >= 2, "ten requests at four a minute took {minutes} minutes");
}
