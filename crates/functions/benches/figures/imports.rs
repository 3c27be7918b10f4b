//! Imports of checks by the built function `sync-worker`: time, memory, requests and units, each beside its goal.

use std::time::{Duration, Instant};

use counterfoil_core::model::sync::reconciliation::Reconciliation;
use counterfoil_core::model::sync::{SyncRun, SyncStatus};
use counterfoil_core::port::store::syncs::BATCH_MOST;
use counterfoil_testkit::lambda::Lambda;
use counterfoil_testkit::wire::Wire;

use crate::deployment::{Deployment, Variables};
use crate::importing::{Importing, work};
use crate::instant_books::InstantBooks;
use crate::machine::CpuTime;
use crate::{bare_puts, binaries, company_file, killed_import, ratio};

const FEW: u64 = 10_000;
const MANY: u64 = 100_000;
const METERED: u64 = 2_000;
const KILLED: u64 = 3_000;
const KILLS: usize = 20;
/// What only reads; everything else writes.
const READS: [&str; 4] = ["GetItem", "BatchGetItem", "TransactGetItems", "Query"];

/// A first import of a company, and what lies in its table then.
struct Imported {
    importing: Importing,
    books: InstantBooks,
    took: Duration,
    peak_bytes: u64,
    cores: (f64, f64),
}

/// Prints them all.
pub(crate) async fn print() {
    println!("\nImports of checks from a platform that answers at once");
    let few = imported(FEW).await;
    let many = imported(MANY).await;
    print_time(&many);
    print_memory(&few, &many);
    print_again(&few, &many).await;
    let platform = many.took;
    drop((few, many));
    company_file::print([FEW, MANY], platform).await;
    print_units().await;
    print_killed().await;
}

/// A run begins, and a new process of the worker works on it.
async fn imported(checks: u64) -> Imported {
    let importing = Importing::of(Deployment::start(binaries()).await, checks).await;
    let books = InstantBooks::before(&importing.deployment.intuit.endpoints.api).await;
    // A dry run, so that every page is known.
    let dry = importing.begin(false, true).await;
    work(&worker(&importing, &books, importing.deployment.table_endpoint()).await).await;
    assert_eq!(importing.run(&dry).await.counts.seen, checks);

    let id = importing.begin(false, false).await;
    let worker = worker(&importing, &books, importing.deployment.table_endpoint()).await;
    let (own, other) = (CpuTime::of(worker.pid()), CpuTime::of(std::process::id()));
    let began = Instant::now();
    work(&worker).await;
    let took = began.elapsed();
    let cores = |used: Duration| ratio(used, took);
    let cores = (cores(CpuTime::of(worker.pid()).since(own)), cores(CpuTime::of(std::process::id()).since(other)));
    let run = importing.run(&id).await;
    ended_well(&run);
    assert_eq!(run.counts.checks.imported, checks);
    let peak_bytes = worker.peak_memory_bytes().expect("it runs");
    Imported { importing, books, took, peak_bytes, cores }
}

async fn worker(importing: &Importing, books: &InstantBooks, table: &str) -> Lambda {
    let mut variables: Variables = importing.deployment.environment("sync-worker");
    variables.insert("QUICKBOOKS_API_URL".to_owned(), books.url());
    variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), table.to_owned());
    Lambda::start(&binaries().join("sync-worker"), variables).await
}

pub(crate) fn ended_well(run: &SyncRun) {
    assert_eq!(run.status, SyncStatus::Completed, "{run:?}");
    assert!(run.reconciliation.as_ref().is_some_and(Reconciliation::matches), "{:?}", run.reconciliation);
}

fn print_time(many: &Imported) {
    let (records, took) = bare_puts::measure(many.importing.deployment.table_endpoint());
    assert_eq!(records, MANY);
    let times = ratio(many.took, took);
    let (own, other) = many.cores;
    println!("  {MANY} checks, to bare puts      {times:.2} times, {BATCH_MOST} puts at once (goal: at most 1.5)");
    println!("                                   {:.1} s to {:.1} s here", many.took.as_secs_f64(), took.as_secs_f64());
    println!("  cores used                       {own:.2} by it, {other:.2} by table and platform beside it");
}

fn print_memory(few: &Imported, many: &Imported) {
    let (few, many) = (megabytes(few.peak_bytes), megabytes(many.peak_bytes));
    println!("  peak memory                      {few:.1} MB for {FEW}, {many:.1} MB for {MANY} (goal: below 64 MB)");
    println!("  peak memory, many to few         {:.2} times (goal: at most 1.10)", many / few);
}

/// Runs with nothing changed.
async fn print_again(few: &Imported, many: &Imported) {
    println!("\nA run with nothing changed, of {FEW} checks and of {MANY}");
    let [small, large] = [few.again(false).await, many.again(false).await];
    println!(
        "  requests to the platform         {} and {} (goal: 1 and 1, the least of QuickBooks)",
        small.requests, large.requests
    );
    println!("  records written                  {} and {} (goal: 0 and 0)", small.written, large.written);
    println!("  requests to the table            {} (goal: the same for both)", small.table);
    println!("                                   {}", large.table);
    let [small, large] = [few.again(true).await, many.again(true).await];
    let [least, most] = [FEW, MANY].map(least_of_full);
    println!("A full one, which must read every record: nothing else shows that both sides are the same");
    println!(
        "  requests to the platform         {} and {} (goal: {least} and {most}, the least of QuickBooks)",
        small.requests, large.requests
    );
    println!("  records written                  {} and {} (goal: 0 and 0)", small.written, large.written);
    println!("  requests to the table            {}", small.table);
    println!("                                   {}", large.table);
}

/// How many requests `QuickBooks` needs for a list of checks and one without any: each page begins with the last record of the page
/// before, and the last page shows no other.
fn least_of_full(checks: u64) -> u64 {
    checks.div_ceil(999) + 1 + 2
}

/// What a run with nothing changed took.
struct Again {
    requests: u64,
    written: u64,
    table: String,
}

impl Imported {
    async fn again(&self, full: bool) -> Again {
        let wire = Wire::before(self.importing.deployment.table_endpoint()).await;
        let before = self.books.requests();
        let id = self.importing.begin(full, false).await;
        work(&worker(&self.importing, &self.books, wire.endpoint()).await).await;
        let run = self.importing.run(&id).await;
        ended_well(&run);
        let parts: Vec<_> = wire.counts().into_iter().map(|(name, count)| format!("{count} {name}")).collect();
        Again {
            requests: self.books.requests() - before,
            written: run.counts.checks.imported + run.counts.checks.updated,
            table: parts.join(", "),
        }
    }
}

/// What records take of the table, the whole run counted, as the table reckons it.
async fn print_units() {
    let importing = Importing::of(Deployment::start(binaries()).await, METERED).await;
    println!("\nUnits of the table for each of {METERED} checks, their share of the whole run (docs/cost.md)");
    for (full, what) in [(false, "a new check"), (true, "an unchanged check, in a full run")] {
        let wire = Wire::metered_before(importing.deployment.table_endpoint()).await;
        let mut variables = importing.deployment.environment("sync-worker");
        variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), wire.endpoint().to_owned());
        let id = importing.begin(full, false).await;
        work(&Lambda::start(&binaries().join("sync-worker"), variables).await).await;
        ended_well(&importing.run(&id).await);
        let units = |of_reads: bool| {
            let requests = wire.requests().into_iter().filter(|request| READS.contains(&request.operation.as_str()) == of_reads);
            requests.fold(0.0, |units, request| units + request.capacity) / f64_of(METERED)
        };
        println!("  {what:<32} {:.2} read units, {:.3} write units", units(true), units(false));
    }
}

/// An import that is killed again and again, to an unbroken one.
async fn print_killed() {
    let (importing, id) = killed_import::changed(Deployment::start(binaries()).await, KILLED).await;
    let (expected, requests) = killed_import::unbroken(&importing, &id).await;
    let (importing, id) = killed_import::changed(Deployment::start(binaries()).await, KILLED).await;
    let (ended, kills) = killed_import::killed(&importing, &id, KILLS, requests).await;
    let same = ended.checks.iter().zip(&expected.checks).filter(|(ended, expected)| ended == expected).count();
    println!(
        "\nA full run of {KILLED} checks, of which half have changed, killed by SIGKILL at random requests ({requests} in an unbroken one)"
    );
    println!("  killed                           {kills} times (goal: {KILLS})");
    println!("  records as in an unbroken run    {same} of {} (goal: all)", expected.checks.len());
    println!("  its counts and both its sides    {} (goal: the same)", if ended == expected { "the same" } else { "others" });
}

#[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
pub(crate) fn f64_of(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "one digit is printed")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
