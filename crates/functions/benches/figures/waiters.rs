//! Compares the wait of a reader during another process's refresh with the time of that refresh.

use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::service::vault::read::read_token;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use futures_util::future::join_all;

use crate::deployment::{Deployment, TABLE};
use crate::median;
use crate::slow_platform::SlowPlatform;

const PROCESSES: usize = 8;
const READERS: usize = 16;
const ROUNDS: usize = 20;
const PLATFORM_MS: [u64; 3] = [200, 300, 1_000];

/// Prints the 99th percentile of a hundred waiters, for platforms of several speeds.
pub(crate) async fn print(deployment: &Deployment) {
    println!("\nReaders that waited for another's refresh ({ROUNDS} rounds of {READERS} readers over {PROCESSES} processes)");
    for milliseconds in PLATFORM_MS {
        let takes = Duration::from_millis(milliseconds);
        let platform = SlowPlatform::start(takes).await;
        let mut config = deployment.config();
        let quickbooks = config.platforms.by_name.get_mut(&PlatformName::Quickbooks).expect("it is configured");
        quickbooks.token = platform.token_url().parse().expect("an address");
        let aws = local_config(deployment.table_endpoint());
        let processes: Vec<Arc<App>> = (0..PROCESSES).map(|_| assemble(&config, &aws, World::real())).collect();
        let round_trip = round_trip(deployment).await;
        let mut waited = Vec::new();
        for _ in 0..ROUNDS {
            deployment.expire().await;
            waited.extend(readers(&processes, &deployment.connection().await.id).await);
        }
        waited.sort_unstable();
        let p99 = waited[waited.len() * 99 / 100];
        let bound = takes.mul_f64(1.5) + 2 * round_trip;
        println!(
            "  the platform taking {milliseconds:>4} ms      p99 {:.2} times that; {:.2} of 1.5 times and two round trips ({} requests at the platform)",
            p99.as_secs_f64() / takes.as_secs_f64(),
            p99.as_secs_f64() / bound.as_secs_f64(),
            platform.load().requests
        );
    }
}

/// The wait of each reader.
async fn readers(processes: &[Arc<App>], id: &ConnectionId) -> Vec<Duration> {
    let began = Instant::now();
    let reads = (0..READERS).map(|number| async move {
        let app = &processes[number % PROCESSES];
        let found = app.connections.read(id).await.expect("the table answers").expect("a connection");
        read_token(app, found, None, app.clock.elapsed() + app.settings.refresh_time())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        began.elapsed()
    });
    join_all(reads).await
}

/// A strongly consistent read of the connection.
async fn round_trip(deployment: &Deployment) -> Duration {
    let table = Table::new(&local_config(deployment.table_endpoint()), TABLE);
    let id = deployment.connection().await.id;
    let mut times = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        table.read(&id).await.expect("the table answers");
        times.push(began.elapsed());
    }
    median(&mut times)
}
