//! Imports of checks from a QuickBooks company file by the built function `sync-worker`, beside an import of as many from a platform. The
//! Web Connector of the stand-ins carries the pages. It talks over HTTP to the routes of Desktop, which run in this process.

use std::time::{Duration, Instant};

use counterfoil_core::model::sync::{SyncKind, SyncRun, Trigger};
use counterfoil_core::service::sync::begin::{SyncRequest, begin};
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_stand_ins::company_file::{CompanyFile, Contents};
use counterfoil_stand_ins::web_connector::{Options, Qwc, WebConnector};
use counterfoil_store::aws::local_config;
use counterfoil_testkit::lambda::Lambda;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::desktop::Used;
use crate::importing::work;
use crate::imports::{ended_well, f64_of, megabytes};
use crate::office::Office;
use crate::{binaries, ratio};

/// The pause between two updates of the Web Connector, instead of its minute.
const PAUSE: Duration = Duration::from_secs(1);

/// An import that has ended.
struct Imported {
    run: SyncRun,
    took: Duration,
    peak_bytes: u64,
    /// What the run and the Web Connector took of the table, if it was metered.
    used: Used,
}

/// Prints them. A platform's import of `many` checks took `platform`.
pub(crate) async fn print([few, many]: [u64; 2], platform: Duration) {
    println!("\nImports of checks from a company file of QuickBooks Desktop that answers at once");
    let small = imported(few, true).await;
    let large = imported(many, false).await;
    println!("  {many} checks, to a platform's    {:.2} times (goal: at most 1.5)", ratio(large.took, platform));
    println!("                                   {:.1} s to {:.1} s here", large.took.as_secs_f64(), platform.as_secs_f64());
    println!("  pages                            {} of {few}, {} of {many}", small.run.pages, large.run.pages);
    let of_each = |units: f64| units / f64_of(few);
    let Used { reads, writes, .. } = &small.used;
    println!(
        "  units of the table for a check   {:.2} read units, {:.3} write units (docs/cost.md)",
        of_each(*reads),
        of_each(*writes)
    );
    let (small, large) = (megabytes(small.peak_bytes), megabytes(large.peak_bytes));
    println!("  peak memory                      {small:.1} MB for {few}, {large:.1} MB for {many} (goal: below 64 MB)");
    println!("  peak memory, many to few         {:.2} times (goal: at most 1.10)", large / small);
}

async fn imported(checks: u64, is_metered: bool) -> Imported {
    let office = Office::open().await;
    let table = if is_metered { office.wire.endpoint() } else { office.deployment.table_endpoint() };
    let connector = Running::of(&office, table, checks).await;
    let operator = &office.deployment.operator;
    let connection = operator.connections.read(&office.name.connection_id()).await.expect("the table answers");
    let request = SyncRequest { kind: SyncKind::Sync, full: false, is_dry: false, trigger: Trigger::Api, parent: None };
    let id = begin(operator, &connection.expect("a connection"), &request).await.expect("a run").id;
    let mut variables = office.deployment.environment("sync-worker");
    variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), table.to_owned());
    let worker = Lambda::start(&binaries().join("sync-worker"), variables).await;
    office.wire.reset();
    let began = Instant::now();
    work(&worker).await;
    let took = began.elapsed();
    drop(connector);
    let run = operator.syncs.sync(&office.name.partner, &id).await.expect("the table answers").expect("a run");
    ended_well(&run);
    assert_eq!(run.counts.checks.imported, checks);
    Imported { run, took, peak_bytes: worker.peak_memory_bytes().expect("it runs"), used: Used::of(&office.wire) }
}

/// A Web Connector with Auto-Run, and the routes that it reaches. They stop when this is dropped.
struct Running([AbortHandle; 2]);

impl Running {
    async fn of(office: &Office, table: &str, checks: u64) -> Self {
        let routes = router::all(&assemble(&office.deployment.config(), &local_config(table), World::real()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        let mut qwc = Qwc::read(&office.qwc).expect("our own file");
        for address in [&mut qwc.app_url, &mut qwc.app_support] {
            *address = format!("{url}{}", address.path()).parse().expect("an address");
        }
        let contents = Contents { bill_payments: 0, bills: 0, ..Contents::of_checks(checks) };
        let options = Options::new(&office.password);
        let connector = WebConnector::add(qwc, options, CompanyFile::new(contents)).await.expect("it takes our file");
        let updates = tokio::spawn(async move { connector.auto_run(Some(PAUSE), |_| true).await });
        Self([server.abort_handle(), updates.abort_handle()])
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.iter().for_each(AbortHandle::abort);
    }
}
