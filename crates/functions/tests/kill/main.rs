//! The kill matrix: the built `token` function is killed at the worst moments of a refresh, at platforms of every
//! behaviour. `docs/refresh.md` says what each case must come to; its table is the expectation.

// The harness of the tests of the built functions; that those tests need more of it than these is no dead code.
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

/// So many cases run at once: most of a case is waiting for a token to have rested.
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
