//! `counterfoil doctor`: lists what an installation lacks and how to fix it. It shows no secret.
//!
//! If `TABLE_NAME` is set it checks a deployment, with the operator's own AWS credentials. The other variables are then the stack's
//! outputs and parameters, as the functions have them. Otherwise it checks the installation on this machine.

mod checks;
mod finding;

use clap::Args;
use counterfoil_functions::config::Config;
use counterfoil_functions::wiring::{World, assemble};

use crate::data_dir::DataDir;
use crate::dev::{keyring, variables as laptop};
use crate::dev_file::DevFile;
use crate::failure::Failure;
use crate::terminal;
use crate::variables::Variables;
use crate::which_table;
use finding::{Finding, State};

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    dir: DataDir,
}

/// Prints the report, and fails if something essential is missing.
pub(crate) async fn run(options: Options, given: Variables) -> Result<(), Failure> {
    let dir = &options.dir;
    let deployed = given.get("TABLE_NAME").is_some();
    let report = if deployed {
        examine(dir, &given, &given).await?
    } else if which_table::is_used(dir) {
        let variables = of_this_machine(dir, given.clone())?;
        examine(dir, &given, &variables).await?
    } else {
        Report { findings: checks::variables(&given), redirect_uris: Vec::new() }
    };
    terminal::say(report.as_text());
    match report.findings.iter().filter(|finding| finding.must_be_mended()).count() {
        0 => Ok(()),
        1 => Err(Failure::new("One thing is missing.")),
        several => Err(Failure::new(format!("{several} things are missing."))),
    }
}

struct Report {
    findings: Vec<Finding>,
    /// The platform and its redirect URI.
    redirect_uris: Vec<Vec<String>>,
}

impl Report {
    fn as_text(&self) -> String {
        let findings = terminal::columns(&self.findings.iter().map(Finding::as_row).collect::<Vec<_>>());
        if self.redirect_uris.is_empty() {
            return findings;
        }
        let redirect_uris = terminal::columns(&self.redirect_uris);
        format!("{findings}\n\nRegister exactly these redirect URIs with the platforms:\n{redirect_uris}")
    }
}

async fn examine(dir: &DataDir, given: &Variables, variables: &Variables) -> Result<Report, Failure> {
    let config = match Config::from_variables(variables.as_map()) {
        Ok(config) => config,
        Err(problem) => {
            let finding = Finding::trouble(State::Wrong, "configuration", problem);
            return Ok(Report { findings: vec![finding], redirect_uris: Vec::new() });
        }
    };
    let open = which_table::open(given, dir).await?;
    let app = assemble(&config, &open.aws, World::real());
    let mut findings = vec![Finding::ok("configuration", "every variable can be read")];
    let table = checks::table(&open.table).await;
    let answers = !table.must_be_mended();
    findings.push(table);
    findings.extend(checks::readiness(&app, &config).await);
    findings.extend(checks::credentials(&app).await);
    findings.extend(checks::notifications(&app).await);
    if answers {
        findings.extend(checks::partner_and_keys(&app, &open.table).await?);
    }
    findings.push(checks::open_start(variables.get("OPEN_START").is_some(), config.open_start));
    Ok(Report { findings, redirect_uris: checks::redirect_uris(&app) })
}

/// The variables of the installation on this machine.
pub(crate) fn of_this_machine(dir: &DataDir, given: Variables) -> Result<Variables, Failure> {
    let file = DevFile::read(dir)?
        .ok_or_else(|| Failure::new(format!("There is no {}: run `counterfoil dev` again.", dir.dev_file().display())))?;
    let keyring = keyring::find(dir, &given)?.ok_or_else(|| keyring::lost(dir))?;
    Ok(laptop::complete(given, &file.base_url, &file.stand_ins_url, &keyring))
}
