//! `counterfoil import`: transfers the connections of another system. Each is a line of JSON.

mod counts;
mod input;
mod line;

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use counterfoil_core::App;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::service::transfer::{AT_ONCE, Transfers};
use counterfoil_core::service::vault::unstored::store_unstored;
use counterfoil_functions::config::{Config, ParkingPlace};
use counterfoil_functions::wiring::{World, assemble};
use futures_util::{Stream, StreamExt as _};

use crate::data_dir::DataDir;
use crate::dev::stop::Signals;
use crate::doctor::of_this_machine;
use crate::failure::Failure;
use crate::operator::operator;
use crate::progress::Progress;
use crate::variables::Variables;
use crate::{partner, terminal, which_table};
use counts::{Counts, Outcome};
use input::Line;

/// The options of the command.
#[derive(Args)]
pub(crate) struct Options {
    /// The file with a line of JSON for each connection; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The partner that gets the connections
    #[arg(long, value_name = "ID", default_value = "default", value_parser = partner::read_id)]
    partner: PartnerId,
    #[command(flatten)]
    dir: DataDir,
}

/// How long the command tries at its end to store grants that are stored nowhere.
const STORES_FOR: Duration = Duration::from_secs(300);
/// The pause between two of these tries, and the time of each.
const STORES_EVERY: Duration = Duration::from_secs(1);
const STORES_WITHIN: Duration = Duration::from_secs(10);

/// Runs the command.
pub(crate) async fn run(options: Options, given: Variables) -> Result<(), Failure> {
    let open = which_table::open(&given, &options.dir).await?;
    let operator = operator(&given, &open.table)?;
    operator.partner(&options.partner).await.map_err(|error| partner::failure(error, &options.partner))?;
    let config = config(&options.dir, given)?;
    let app = assemble(&config, &open.aws, World::real());
    app.sealer.check().await?;
    let input = input::open(&options.file)?;
    let transfers = Transfers { app: Arc::clone(&app), store: Arc::new(open.table.clone()), actor: operator.actor };
    let (progress, mut counts) = (Progress::new(), Counts::default());
    let (mut first, mut second) = (Signals::listen()?, Signals::listen()?);
    let interrupted = Cell::new(false);
    let interruption = async {
        first.next().await;
        interrupted.set(true);
        progress.note("Finishing the lines under way. Press Ctrl-C again to stop immediately.");
    };
    let lines = input::lines(input).take_until(interruption);
    let stopped = async {
        second.next().await;
        second.next().await;
    };
    let read = tokio::select! {
        read = transfer_all(&transfers, &options.partner, lines, (&mut counts, &progress)) => read,
        () = stopped => return Err(Failure::new("Stopped immediately. Import the same file again to continue.")),
    };
    let unstored = store_the_rest(&app).await;
    progress.end();
    terminal::say(&counts);
    read?;
    match (unstored, counts.failed, interrupted.get()) {
        (0, 0, false) => Ok(()),
        (0, 0, true) => Err(Failure::new("Interrupted. Import the same file again to continue.")),
        (0, 1, _) => Err(Failure::new("One line failed. Remove the cause, and import the same file again.")),
        (0, failed, _) => Err(Failure::new(format!("{failed} lines failed. Remove the causes, and import the same file again."))),
        (unstored, ..) => {
            Err(Failure::new(format!("{unstored} new refresh tokens could not be stored and are lost when this process ends.")))
        }
    }
}

/// The configuration, as for a function that refreshes.
fn config(dir: &DataDir, given: Variables) -> Result<Config, Failure> {
    let variables = if given.get("TABLE_NAME").is_some() {
        given
    } else {
        of_this_machine(dir, given.over([("PARKING_FOLDER", dir.parked().display().to_string())]))?
    };
    let config = Config::from_variables(variables.as_map()).map_err(Failure::new)?;
    if config.parking == ParkingPlace::Nowhere {
        return Err(Failure::new(
            "PARKING_QUEUE_URL is not set. Set it to the stack's output ParkingQueueUrl. The command parks a new refresh token there if the table cannot store it.",
        ));
    }
    if config.public_base_url.is_none() {
        return Err(Failure::new("PUBLIC_BASE_URL is not set. FreshBooks requires the redirect URI in each refresh."));
    }
    Ok(config)
}

/// Transfers the connections of all lines, a few at once. An error means that the input could not be read.
async fn transfer_all(
    transfers: &Transfers,
    partner: &PartnerId,
    lines: impl Stream<Item = Result<Line, Failure>>,
    (counts, progress): (&mut Counts, &Progress),
) -> Result<(), Failure> {
    let outcomes =
        lines.map(async |line| Ok::<_, Failure>(transfer_connection(transfers, partner, line?).await)).buffer_unordered(AT_ONCE);
    let mut outcomes = std::pin::pin!(outcomes);
    while let Some(outcome) = outcomes.next().await {
        if let Some(failure) = counts.add(outcome?) {
            progress.note(&failure);
        }
        progress.show(counts.to_string(), transfers.app.clock.elapsed());
    }
    Ok(())
}

async fn transfer_connection(transfers: &Transfers, partner: &PartnerId, line: Line) -> Outcome {
    let Line { number, text } = line;
    let transfer = match text.and_then(|text| line::read(&text, partner)) {
        Ok(transfer) => transfer,
        Err(reason) => return Outcome { number, company_key: None, result: Err(reason) },
    };
    let result = transfers.run(&transfer).await.map_err(|failure| failure.to_string());
    Outcome { number, company_key: Some(transfer.connection.company_key), result }
}

/// Stores the grants that neither the table nor the parking queue has stored. Returns how many are left.
async fn store_the_rest(app: &App) -> usize {
    let until = app.clock.elapsed() + STORES_FOR;
    while app.unstored.count() > 0 && app.clock.elapsed() < until {
        store_unstored(app, app.clock.elapsed() + STORES_WITHIN).await;
        app.clock.sleep(STORES_EVERY).await;
    }
    app.unstored.count()
}
