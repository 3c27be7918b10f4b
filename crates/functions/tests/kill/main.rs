//! The kill matrix: the built `token` function is killed at the worst moments of a refresh, at platforms of every behaviour.
//! The table in `docs/refresh.md` has the expected result of each case.

// The tests of the built functions use the whole harness; these tests use only a part of it.
#[path = "../lambda/browser.rs"]
mod browser;
#[expect(dead_code, reason = "the tests of every function use the rest")]
#[path = "../lambda/deployment.rs"]
mod deployment;
#[expect(dead_code, reason = "the tests of every function use the rest")]
#[path = "../lambda/event.rs"]
mod event;
#[path = "../lambda/function.rs"]
mod function;
#[expect(dead_code, reason = "the tests of every function use the rest")]
#[path = "../lambda/template.rs"]
mod template;

mod case;
mod matrix;
mod reader;

use futures_util::stream::{self, StreamExt as _};

use case::Case;
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
