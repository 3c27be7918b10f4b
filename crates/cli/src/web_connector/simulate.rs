//! `counterfoil web-connector simulate`: adds an application from its `.qwc` file, and updates it until it is stopped.

use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read as _, stdin};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{Args, ValueEnum};
use counterfoil_core::model::secret::Secret;
use counterfoil_stand_ins::company_file::{COMPANY_NAME, CompanyFile, Contents, Failure as SdkFailure, Fault};
use counterfoil_stand_ins::web_connector::{End, Options as Settings, Problem, Qwc, Update, WebConnector};

use crate::dev::stop::Signals;
use crate::failure::Failure;
use crate::terminal;
use crate::variables::Variables;

/// The variable of the password.
const PASSWORD: &str = "WEB_CONNECTOR_PASSWORD";
/// The longest `.qwc` file and password line, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The .qwc file of a connection
    #[arg(long, value_name = "FILE")]
    qwc: PathBuf,
    /// The password that the connection's page showed; by default `WEB_CONNECTOR_PASSWORD`, or else a line of standard input
    #[arg(long, value_name = "TEXT")]
    password: Option<String>,
    /// How many checks the company has
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u64).range(0..=10_000_000))]
    checks: u64,
    /// Whether some vendors and customers have another currency
    #[arg(long)]
    multicurrency: bool,
    /// Update once, and end
    #[arg(long)]
    once: bool,
    /// The seconds from one update to the next; by default as the file says
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    every: Option<Duration>,
    /// The seconds between two requests for work while the service holds a session open
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pause: Duration,
    /// What goes wrong, once; repeat the option for several in this order
    #[arg(long = "fault", value_name = "KIND")]
    faults: Vec<Kind>,
}

/// What can go wrong.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// QuickBooks has no access to its company file
    NoAccess,
    /// A dialog is open in QuickBooks
    ModalDialog,
    /// Another company file is open
    OtherCompany,
    /// A request fails
    Request,
    /// The Web Connector ends before it reports an answer
    LostAnswer,
    /// The answer ends in the middle
    BrokenAnswer,
}

impl From<Kind> for Fault {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::NoAccess => Self::Open(SdkFailure::new("0x80040420", "The QuickBooks user has denied access.")),
            Kind::ModalDialog => Self::ModalDialog,
            Kind::OtherCompany => Self::OtherCompany,
            Kind::Request => Self::Request(SdkFailure::new("0x80040402", "Unexpected error. Check the qbsdklog.txt file.")),
            Kind::LostAnswer => Self::LostAnswer,
            Kind::BrokenAnswer => Self::BrokenAnswer,
        }
    }
}

/// Runs the command.
pub(super) async fn run(options: Options, variables: &Variables) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let qwc = Qwc::read(&file(&options.qwc)?).map_err(failed)?;
    let password = password(options.password.as_deref(), variables)?;
    let contents = Contents { multicurrency: options.multicurrency, ..Contents::of_checks(options.checks) };
    let company = CompanyFile::new(contents);
    options.faults.iter().for_each(|kind| company.fail_next(Fault::from(*kind)));
    let settings = Settings { pause: options.pause, log: log(), ..Settings::new(password.expose()) };
    terminal::say(format!("QuickBooks Desktop has {COMPANY_NAME} open, with {} checks. All of it is made up.", options.checks));
    let connector = WebConnector::add(qwc, settings, Arc::clone(&company)).await.map_err(failed)?;
    tokio::select! {
        update = connector.update(), if options.once => outcome(&update),
        () = connector.auto_run(options.every, |_| true), if !options.once => Ok(()),
        () = signals.next() => Ok(()),
    }
}

/// A failure unless the update did all work that there was.
fn outcome(update: &Update) -> Result<(), Failure> {
    match &update.end {
        End::Finished | End::NoWork | End::Postponed => Ok(()),
        end => Err(Failure::new(end.to_string())),
    }
}

/// Prints each line, unless it is the same as the one before it.
fn log() -> Box<dyn Fn(&str) + Send + Sync> {
    let last = Mutex::new(String::new());
    Box::new(move |line| {
        let mut last = last.lock().expect("no holder panics");
        if *last != line {
            terminal::say(line);
            line.clone_into(&mut last);
        }
    })
}

fn file(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    read.map(|_| text).map_err(|error| Failure::new(format!("{} cannot be read: {error}.", path.display())))
}

fn password(given: Option<&str>, variables: &Variables) -> Result<Secret, Failure> {
    if let Some(text) = given.or_else(|| variables.get(PASSWORD)) {
        return Ok(Secret::new(text));
    }
    if stdin().is_terminal() {
        terminal::note("The password:");
    }
    let mut line = String::new();
    let read = BufReader::new(stdin().take(LONGEST)).read_line(&mut line);
    read.map_err(|error| Failure::new(format!("The password cannot be read: {error}.")))?;
    match line.trim() {
        "" => Err(Failure::new(format!("Give the password by {PASSWORD}, on standard input, or with --password."))),
        text => Ok(Secret::new(text)),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "give a number of seconds, at most a day".to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(problem: Problem) -> Failure {
    Failure::new(problem.to_string())
}
