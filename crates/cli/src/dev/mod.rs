//! `counterfoil dev`: runs an installation on this machine: an embedded `DynamoDB`, the platforms' stand-ins, every deployed route, and
//! the workers that a schedule would run.
//!
//! It assembles the code of the deployed functions and decides nothing about connections or tokens itself.

mod banner;
mod first_run;
pub(crate) mod keyring;
mod loopback;
mod requests;
mod stand_ins;
pub(crate) mod stop;
mod ticks;
pub(crate) mod variables;
mod waking;
mod webhooks;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::wake::CourierCall;
use counterfoil_functions::config::Config;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_stand_ins::StandIns;
use counterfoil_store::parking::Folder;
use dynoxide::Database;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use url::Url;

use crate::data_dir::DataDir;
use crate::database::new_events::{self, NewEvent};
use crate::database::{self, Served};
use crate::dev_file::DevFile;
use crate::failure::Failure;
use crate::guard::AccessKey;
use crate::operator::operator;
use crate::terminal;
use crate::variables::Variables;
use loopback::Loopback;
use requests::Requests;
use stop::Signals;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The port to serve on; 0 for any that is free
    #[arg(long, default_value_t = 3000)]
    port: u16,
    #[command(flatten)]
    dir: DataDir,
    /// Keep the table and the stand-ins' consents in memory only
    #[arg(long)]
    ephemeral: bool,
    /// A redirect URI allowed after a consent (compared exactly); repeat the option for several
    #[arg(long = "redirect-uri", value_name = "URL")]
    redirect_uris: Vec<String>,
    /// Allow webhook endpoints on this machine, with http or https
    #[arg(long)]
    allow_loopback_webhooks: bool,
}

/// The time that requests and refreshes under way may take to finish: longer than a lease.
const FINISH_WITHIN: Duration = Duration::from_secs(20);

/// Runs until it is stopped.
pub(crate) async fn run(options: Options, given: Variables) -> Result<(), Failure> {
    let dir = &options.dir;
    let Some(_lock) = dir.lock()? else { return Err(runs_already(dir)) };
    let mut signals = Signals::listen()?;
    let earlier = DevFile::read(dir)?.unwrap_or_default();
    let front = Loopback::bind_exactly(options.port).await?;
    let stand_ins = Loopback::bind_rather(port(&earlier.stand_ins_url)).await?;
    let keyring = keyring::find_or_make(dir, &given, options.ephemeral)?;
    let database = if options.ephemeral { database::in_memory()? } else { database::open(dir)? };
    let (new_events, events) = new_events::stream();
    let served = Served::start(database.clone(), port(&earlier.dynamodb_url), Some(new_events)).await?;

    let parked = dir.parked();
    let allows = options.allow_loopback_webhooks.then(|| ("ALLOW_LOOPBACK_WEBHOOKS", "true".to_owned()));
    let given_here = given.clone().over([("PARKING_FOLDER", parked.display().to_string())].into_iter().chain(allows));
    let variables = variables::complete(given_here, &front.url(), &stand_ins.url(), &keyring);
    let config = Config::from_variables(variables.as_map()).map_err(Failure::new)?;
    let (waker, woken) = waking::waker();
    let world = World::real();
    let (courier, calls) = webhooks::waker(Arc::clone(&world.clock));
    let world = World { waker: Some(Arc::new(waker)), courier: Some(Arc::new(courier)), ..world };
    let app = assemble(&config, &served.aws(), world);
    app.sealer.check().await?;
    let played = open_stand_ins(&app, &options)?;
    let table = database::table(&served.aws());
    table.create().await?;
    let keys = first_run::prepare(&operator(&given, &table)?, &earlier, &options.redirect_uris).await?;
    let file = DevFile {
        base_url: config.public_base_url.clone().unwrap_or_else(|| front.url()),
        partner_id: keys.partner.to_string(),
        api_key: keys.api_key.expose().to_owned(),
        publishable_key: keys.publishable_key.expose().to_owned(),
        stand_ins_url: stand_ins.url(),
        dynamodb_url: served.url().to_owned(),
        dynamodb_access_key: served.key().expose().to_owned(),
    };
    let banner = banner::text(&file, &front.url(), &options, &given, config.open_start);

    let until_the_end = serve_stand_ins(&played, stand_ins, served.key());
    let (work, stop) = serve_and_tick(&app, front, database, parked, Wakings { woken, events, calls });
    file.write(dir)?;
    terminal::say(banner);
    signals.next().await;
    finish(&app, work, stop, &mut signals).await;
    drop(until_the_end);
    Ok(())
}

/// Opens the stand-ins, which have the grants of the table's connections. Both are stored on disk, or neither is.
fn open_stand_ins(app: &App, options: &Options) -> Result<StandIns, Failure> {
    let registrations = stand_ins::registrations(app)?;
    if options.ephemeral {
        return Ok(StandIns::new(registrations));
    }
    StandIns::kept_in(&options.dir.stand_in(), registrations).map_err(|error| Failure::new(error.to_string()))
}

/// Serves the stand-ins until the returned sender is dropped, because refreshes that are finishing need them.
fn serve_stand_ins(stand_ins: &StandIns, place: Loopback, key: &AccessKey) -> stop::Sender {
    let (sender, stop) = stop::channel();
    let router = place.names().before(key.before(stand_ins.router(), counterfoil_stand_ins::is_control));
    tokio::spawn(place.serve(router, stop));
    sender
}

/// What wakes the workers.
struct Wakings {
    /// Connections with an import to work on.
    woken: Receiver<ConnectionId>,
    /// Events that were stored.
    events: Receiver<NewEvent>,
    /// Endpoints to deliver to.
    calls: Receiver<CourierCall>,
}

/// Starts the tasks that are stopped first and waited for.
fn serve_and_tick(
    app: &Arc<App>,
    front: Loopback,
    database: Database,
    parked: PathBuf,
    wakings: Wakings,
) -> (JoinSet<()>, stop::Sender) {
    let (sender, stop) = stop::channel();
    let requests = Requests::default();
    let names = front.names().and_of(app.public_base_url.as_deref());
    let router = names.before(requests.track(router::all(app)));
    let mut work = JoinSet::new();
    let served = front.serve(router, stop.clone());
    work.spawn(async move {
        served.await;
        requests.finish().await;
    });
    work.spawn(ticks::work(Arc::clone(app), Folder::new(parked), stop.clone()));
    work.spawn(ticks::import(Arc::clone(app), wakings.woken, stop.clone()));
    work.spawn(webhooks::deliver(Arc::clone(app), wakings.events, wakings.calls, stop.clone()));
    work.spawn(ticks::purge(Arc::clone(app), stop.clone()));
    work.spawn(ticks::sweep(Arc::clone(&app.clock), database, stop));
    (work, sender)
}

async fn finish(app: &App, work: JoinSet<()>, stop: stop::Sender, signals: &mut Signals) {
    stop.send();
    terminal::say("\nStopping. Requests under way may finish; press Ctrl-C again to stop immediately.");
    tokio::select! {
        _ = work.join_all() => {}
        () = app.clock.sleep(FINISH_WITHIN) => tracing::warn!("requests were still under way after {FINISH_WITHIN:?}"),
        () = signals.next() => {}
    }
}

fn port(url: &str) -> Option<u16> {
    Url::parse(url).ok()?.port()
}

fn runs_already(dir: &DataDir) -> Failure {
    let path = dir.path().display();
    let place = DevFile::read(dir).ok().flatten().map(|file| format!(" at {}", file.base_url)).unwrap_or_default();
    Failure::new(format!(
        "Another counterfoil uses the folder {path}; its server may be{place}. Stop it, or choose another folder with --data-dir."
    ))
}
