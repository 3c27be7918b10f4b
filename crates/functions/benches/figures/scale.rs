//! The refresher with many connections: its requests to the table, and the speed of one run with a platform that takes 200 ms.

use std::time::Duration;

use counterfoil_core::settings::Settings;
use counterfoil_testkit::lambda::Lambda;
use serde_json::json;

use crate::binaries;
use crate::crowded_table::CrowdedTable;
use crate::deployment::{Deployment, Variables};
use crate::machine::CpuTime;
use crate::slow_platform::SlowPlatform;

const DUE: usize = 1_000;
const FEW: usize = 20_000;
const MANY: usize = 200_000;
const PLATFORM_MS: u64 = 200;
/// The function's time in the template.
const FUNCTION_TIME: Duration = Duration::from_secs(58);

/// Prints counts, a rate, and the limiting resource.
pub(crate) async fn print(deployment: &Deployment) {
    let mut table = CrowdedTable::of(deployment).await;
    println!("\nThe refresher, {DUE} connections due");
    for connections in [FEW, MANY] {
        table.grow_to(connections).await;
        table.make_due(DUE).await;
        print_reads(deployment, connections).await;
    }
    table.make_due(DUE).await;
    print_rate(deployment).await;
}

async fn print_reads(deployment: &Deployment, connections: usize) {
    let platform = SlowPlatform::start(Duration::ZERO).await;
    let refresher = deployment.function_in("refresher", environment(deployment, &platform)).await;
    invoke(&refresher.lambda).await;
    let counts = refresher.wire.counts();
    let count = |name: &str| counts.get(name).copied().unwrap_or_default();
    let (queries, others) = (count("Query"), count("GetItem") + count("BatchGetItem"));
    let done = platform.load().requests;
    println!("  among {connections:<9}                  {done} refreshed by {queries} Query and {others} other reads");
}

async fn print_rate(deployment: &Deployment) {
    let platform = SlowPlatform::start(Duration::from_millis(PLATFORM_MS)).await;
    // Without the proxy, whose time is not the refresher's.
    let refresher = Lambda::start(&binaries().join("refresher"), environment(deployment, &platform)).await;
    let (own, other) = (CpuTime::of(refresher.pid()), CpuTime::of(std::process::id()));
    invoke(&refresher).await;
    let load = platform.load();
    let cores = |used: Duration| used.as_secs_f64() / load.lasted.as_secs_f64();
    let (own, other) = (cores(CpuTime::of(refresher.pid()).since(own)), cores(CpuTime::of(std::process::id()).since(other)));
    let Settings { refreshes_at_once, stagger, .. } = Settings::default();
    let possible = (f64::from(refreshes_at_once) * 1_000.0 / f64_of(PLATFORM_MS)).min(1.0 / stagger.as_secs_f64());
    let rate = f64_of(load.requests as u64) / load.lasted.as_secs_f64();
    let peak = f64_of(refresher.peak_memory_bytes().expect("it runs")) / 1e6;
    println!(
        "\nOne refresher over all shards, {refreshes_at_once} refreshes at once, the platform taking {PLATFORM_MS} ms: {possible:.0} a second may begin"
    );
    println!("  refreshed                        {} in {:.2} s", load.requests, load.lasted.as_secs_f64());
    println!("  rate                             {rate:.0} a second, {:.0} %", rate / possible * 100.0);
    println!("  at the platform at once          {} at most", load.at_once);
    println!("  peak memory                      {peak:.1} MB");
    println!("  cores used                       {own:.2} by it, {other:.2} by table and platform beside it");
}

fn environment(deployment: &Deployment, platform: &SlowPlatform) -> Variables {
    let mut variables = deployment.environment("refresher");
    variables.insert("QUICKBOOKS_TOKEN_URL".to_owned(), platform.token_url());
    variables
}

async fn invoke(refresher: &Lambda) {
    let ran = refresher.invoke_within(&json!({ "shards": [] }), FUNCTION_TIME).await;
    assert!(ran.is_ok(), "{ran:?}\n{}", refresher.logs());
}

#[expect(clippy::cast_precision_loss, reason = "two digits are printed")]
fn f64_of(number: u64) -> f64 {
    number as f64
}
