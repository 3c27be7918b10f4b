//! The built functions are killed: `sync-worker` at random requests of an import, `courier` at those of deliveries, and `token` at the
//! worst moments of a refresh, at platforms of every behaviour (the kill matrix, R-14). The table in `docs/refresh.md` has the expected
//! result of each case.

// The tests of the built functions use the whole harness; these tests use only a part of it.
#[path = "../lambda/browser.rs"]
mod browser;
#[path = "../lambda/deployment.rs"]
mod deployment;
#[expect(dead_code, reason = "the tests of every function use the rest")]
#[path = "../lambda/event.rs"]
mod event;
#[path = "../lambda/function.rs"]
mod function;
#[expect(dead_code, reason = "the figures use the rest")]
#[path = "../lambda/hooks.rs"]
mod hooks;
#[path = "../lambda/importing.rs"]
mod importing;
#[expect(dead_code, reason = "the tests of every function use the rest")]
#[path = "../lambda/template.rs"]
mod template;

mod case;
mod killed_courier;
mod killed_import;
mod matrix;
mod reader;

use futures_util::stream::{self, StreamExt as _};

use case::Case;
use counterfoil_core::model::sync::counts::Tally;
use deployment::Deployment;
use matrix::Matrix;

/// The number of cases that run at once. Most of a case is waiting until a token has rested.
const CASES_AT_ONCE: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r14_a_process_killed_at_any_moment_ends_as_documented() {
    let documented = Matrix::documented();
    let ends = stream::iter(Case::all()).map(|case| async move { (case, case.end().await) });
    let seen: Matrix = ends.buffer_unordered(CASES_AT_ONCE).collect().await;
    #[expect(clippy::print_stdout, reason = "what was seen is this test's report")]
    {
        println!("{seen}");
    }
    assert!(seen == documented, "the above is what was seen, documented is\n{documented}");
}

/// How many checks the company has, and how many processes that import them are killed.
const CHECKS: u64 = 300;
const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_at_random_requests_ends_as_an_unbroken_one() {
    let whole = killed_import::changed(Deployment::start(reader::binaries()).await, CHECKS).await;
    let (expected, requests) = killed_import::unbroken(&whole.0, &whole.1).await;
    let tenth = CHECKS / 10;
    let checks = Tally { imported: tenth, updated: 3 * tenth, voided: tenth, deleted: tenth, unchanged: 5 * tenth };
    assert_eq!(expected.counts.checks, checks);
    let (importing, id) = killed_import::changed(Deployment::start(reader::binaries()).await, CHECKS).await;
    let (ended, kills) = killed_import::killed(&importing, &id, KILLS, requests).await;
    assert!(kills > 0, "no process was killed within {requests} requests");
    assert!(ended == expected, "after {kills} kills {ended:?}, and not {expected:?}");
}

const ENDPOINTS: usize = 4;
const EVENTS: u32 = 60;
const COURIER_KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_by_a_courier_that_is_killed_at_random_requests_all_arrive_each_under_one_id() {
    let end = killed_courier::killed(Deployment::start(reader::binaries()).await, ENDPOINTS, EVENTS, COURIER_KILLS).await;
    assert_eq!(end.kills, COURIER_KILLS, "{end:?}");
    assert_eq!((end.received, end.delivered, end.renamed), (end.expected, end.expected, 0), "{end:?}");
}
