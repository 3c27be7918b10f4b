//! `counterfoil`: runs an installation on a laptop (`dev`), checks one (`doctor`), and manages partners, API keys and the keyring.
//!
//! Each command is a file or a folder. Shared modules are beside them: `variables` (configuration values), `data_dir` and `dev_file` (the
//! laptop's files), `database`, `guard` and `which_table` (access to a table), `terminal` (output). For Linux and macOS.

mod answer;
mod copy_newer;
mod cost;
mod data_dir;
mod database;
mod dev;
mod dev_file;
mod doctor;
mod failure;
mod guard;
mod import;
mod key;
mod keyring;
mod logging;
mod operator;
mod partner;
mod private_file;
mod progress;
mod sync;
mod terminal;
mod variables;
mod web_connector;
mod which_table;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;
use variables::Variables;

/// Connects customers' accounting books to an app, and keeps their tokens.
#[derive(Parser)]
#[command(name = "counterfoil", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine: table, stand-ins for the platforms, every route
    Dev(dev::Options),
    /// After a restore, copy the newer items of the old table to the restored one
    CopyNewer(copy_newer::Options),
    /// Estimate the monthly cost of an installation
    Cost(cost::Options),
    /// List what an installation lacks, and the redirect URIs to register
    Doctor(doctor::Options),
    /// List and open unreadable token answers of platforms
    #[command(subcommand)]
    Answer(answer::Command),
    /// Import the connections of another system, with their refresh tokens
    Import(import::Options),
    /// Create, list and revoke API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Rotate the keyring, and show when an old key is no longer needed
    #[command(subcommand)]
    Keyring(keyring::Command),
    /// Create, list and change partners
    #[command(subcommand)]
    Partner(partner::Command),
    /// Import a connection's checks or invoices
    Sync(sync::Options),
    /// Run an imitation of the QuickBooks Web Connector, without Windows
    #[command(subcommand)]
    WebConnector(web_connector::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::failure(&failure);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    let variables = Variables::read()?;
    // The doctor reports errors itself, with advice.
    let level = if matches!(command, Command::Doctor(_)) { "off" } else { "warn" };
    logging::to_stderr(&variables, level)?;
    match command {
        Command::CopyNewer(options) => copy_newer::run(&options).await,
        Command::Cost(options) => {
            cost::run(&options);
            Ok(())
        }
        Command::Answer(command) => answer::run(command, variables).await,
        Command::Dev(options) => dev::run(options, variables).await,
        Command::Doctor(options) => doctor::run(options, variables).await,
        Command::Import(options) => import::run(options, variables).await,
        Command::Key(command) => key::run(command, &variables).await,
        Command::Keyring(command) => keyring::run(command, &variables).await,
        Command::Partner(command) => partner::run(command, &variables).await,
        Command::Sync(options) => sync::run(options, variables).await,
        Command::WebConnector(command) => web_connector::run(command, &variables).await,
    }
}
