//! `counterfoil sync`: imports a connection's checks or invoices now, and prints the result.

mod outcome;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use counterfoil_core::App;
use counterfoil_core::model::connection::{Connection, ConnectionId, Status};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::sync::reconciliation::Reconciliation;
use counterfoil_core::model::sync::{SyncKind, SyncRun, SyncStatus, Trigger};
use counterfoil_core::service::sync::begin::{SyncRequest, begin};
use counterfoil_core::service::sync::{wake, work};
use counterfoil_functions::config::Config;
use counterfoil_functions::wiring::{World, assemble};

use crate::data_dir::DataDir;
use crate::doctor::of_this_machine;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::variables::Variables;
use crate::{partner, terminal, which_table};

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The key of the connection
    #[arg(value_parser = company_key)]
    company_key: CompanyKey,
    /// Read everything, not only what changed
    #[arg(long)]
    full: bool,
    /// Count what would change, and write no record
    #[arg(long)]
    dry_run: bool,
    /// Import invoices and open payables instead of checks
    #[arg(long)]
    invoices: bool,
    /// The partner of the connection
    #[arg(long, value_name = "ID", default_value = "default", value_parser = partner::read_id)]
    partner: PartnerId,
    #[command(flatten)]
    dir: DataDir,
}

/// The time between two looks at a run that another process works on.
const EVERY: Duration = Duration::from_millis(500);
/// The time for which this process works on a run before it checks whether the run has ended.
const WORKS_FOR: Duration = Duration::from_secs(60);

/// Runs the command.
pub(crate) async fn run(options: Options, given: Variables) -> Result<(), Failure> {
    let open = which_table::open(&given, &options.dir).await?;
    let is_deployed = given.get("TABLE_NAME").is_some();
    let variables = if is_deployed { given } else { of_this_machine(&options.dir, given)? };
    let config = Config::from_variables(variables.as_map()).map_err(Failure::new)?;
    let app = assemble(&config, &open.aws, World::real());
    let id = ConnectionId { partner: options.partner, company_key: options.company_key };
    let connection = active(&app, &id).await?;
    let kind = if options.invoices { SyncKind::ImportInvoices } else { SyncKind::Sync };
    let request = SyncRequest { kind, full: options.full, is_dry: options.dry_run, trigger: Trigger::Command, parent: None };
    let begun = begun(&app, &connection, &request, !is_deployed).await?;
    let run = until_over(&app, begun, !is_deployed).await?;
    terminal::say(outcome::text(&run));
    match run.status {
        // A dry run shows the differences, so they are no failure.
        SyncStatus::Completed if run.is_dry || run.reconciliation.as_ref().is_none_or(Reconciliation::matches) => Ok(()),
        SyncStatus::Completed => Err(Failure::new("The reconciliation does not match. See docs/sync.md.")),
        _ => Err(Failure::new("The sync did not complete.")),
    }
}

/// Begins a run, or finds the one that is under way. If this process does not work on it, wakes the worker.
async fn begun(app: &App, connection: &Connection, request: &SyncRequest, works: bool) -> Result<SyncRun, Failure> {
    let run = begin(app, connection, request).await?;
    if !works {
        wake(app, &[&run.connection]).await;
    }
    Ok(run)
}

async fn active(app: &App, id: &ConnectionId) -> Result<Connection, Failure> {
    match app.connections.read(id).await? {
        Some(connection) if connection.status() == Status::Active => Ok(connection),
        Some(connection) if connection.status() == Status::NeedsReauthorization => {
            Err(Failure::new("The customer must consent again before anything can be imported."))
        }
        _ => Err(Failure::new(format!("There is no active connection {}.", id.company_key))),
    }
}

/// Shows the progress of a run until it ends. On a laptop this process works on the run; in a deployment the worker does.
async fn until_over(app: &Arc<App>, mut run: SyncRun, works: bool) -> Result<SyncRun, Failure> {
    let progress = Progress::new();
    while !run.status.is_over() {
        progress.show(outcome::so_far(&run), app.clock.elapsed());
        let looked = app.clock.sleep(EVERY);
        if works {
            let ends_at = app.clock.elapsed() + WORKS_FOR;
            let (worked, ()) = tokio::join!(work(app, &run.connection, ends_at), looked);
            worked?;
        } else {
            looked.await;
        }
        run = app.syncs.sync(&run.connection.partner, &run.id).await?.unwrap_or(run);
    }
    progress.end();
    Ok(run)
}

fn company_key(text: &str) -> Result<CompanyKey, String> {
    CompanyKey::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use counterfoil_testkit::clock::MovableClock;
    use counterfoil_testkit::fixture::{Fixture, START};
    use counterfoil_testkit::platform::RotationPolicy;

    use super::*;

    #[tokio::test]
    async fn a_run_that_this_process_does_not_work_on_wakes_the_worker() {
        for works in [false, true] {
            let fixture = Fixture::new(RotationPolicy::Stable).await;
            let app = Arc::new(fixture.app(Arc::new(MovableClock::new(START))));
            let id = fixture.connect(&app, "acme").await;
            let connection = app.connections.read(&id).await.expect("a table").expect("a connection");
            let request =
                SyncRequest { kind: SyncKind::Sync, full: false, is_dry: false, trigger: Trigger::Command, parent: None };
            assert!(begun(&app, &connection, &request, works).await.is_ok());
            assert_eq!(fixture.wakings.take(), if works { vec![] } else { vec![id] });
        }
    }
}
