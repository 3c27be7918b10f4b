//! The figures of `make bench`: the requests of a token read, a refresh and a consent, and the start of a function. It prints counts,
//! and times only as ratios within this run. It has no thresholds.
//!
//! Arguments select some of them: `counts`, `handler`, `starts`, `crowd`, `waiters`, `scale`, `losses`, `odd_answers`, `imports`,
//! `webhooks`, `desktop`.
//!
//! It measures the binaries beside its own folder (`target/release`), driven as Lambda drives them.

#![expect(clippy::print_stdout, reason = "figures are to be read")]
#![expect(clippy::disallowed_methods, reason = "real time is what is measured")]

mod bare_puts;
#[path = "../../tests/lambda/browser.rs"]
mod browser;
mod company_file;
mod counts;
mod crowd;
mod crowded_table;
#[path = "../../tests/lambda/deployment.rs"]
mod deployment;
mod desktop;
#[path = "../../tests/lambda/event.rs"]
#[expect(dead_code, reason = "the tests send events of more kinds")]
mod event;
#[path = "../../tests/lambda/function.rs"]
mod function;
mod handler;
#[path = "../../tests/lambda/hooks.rs"]
mod hooks;
#[path = "../../tests/lambda/importing.rs"]
mod importing;
mod imports;
mod instant_books;
#[path = "../../tests/kill/killed_courier.rs"]
mod killed_courier;
#[path = "../../tests/kill/killed_import.rs"]
mod killed_import;
mod losses;
mod machine;
mod odd_answers;
#[path = "../../tests/lambda/office.rs"]
mod office;
mod scale;
mod slow_platform;
mod starts;
#[path = "../../tests/lambda/template.rs"]
mod template;
mod waiters;
mod webhooks;

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use deployment::Deployment;

fn main() {
    let asked: Vec<String> = env::args().skip(1).collect();
    if let [name, endpoint] = &asked[..]
        && name == bare_puts::NAME
    {
        return bare_puts::run(endpoint);
    }
    tokio::runtime::Runtime::new().expect("a runtime").block_on(print(&asked));
}

async fn print(asked: &[String]) {
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    if wanted("counts") {
        counts::print(&connected().await).await;
    }
    if wanted("handler") {
        handler::print(&connected().await).await;
    }
    if wanted("starts") {
        starts::print(&connected().await).await;
    }
    if wanted("crowd") {
        crowd::print(&connected().await).await;
    }
    if wanted("waiters") {
        waiters::print(&connected().await).await;
    }
    if wanted("scale") {
        scale::print(&connected().await).await;
    }
    if wanted("losses") {
        losses::print().await;
    }
    if wanted("odd_answers") {
        odd_answers::print().await;
    }
    if wanted("imports") {
        imports::print().await;
    }
    if wanted("webhooks") {
        webhooks::print().await;
    }
    if wanted("desktop") {
        desktop::print().await;
    }
}

/// An installation with one company connected.
async fn connected() -> Deployment {
    let deployment = Deployment::start(binaries()).await;
    deployment.connect(browser::LARKSPUR).await;
    deployment
}

/// `target/{profile}`. This program is in its folder `examples`.
fn binaries() -> PathBuf {
    let program = env::current_exe().expect("this program has a path");
    program.ancestors().nth(2).expect("two folders up").to_owned()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn ratio(time: Duration, to: Duration) -> f64 {
    time.as_secs_f64() / to.as_secs_f64()
}
