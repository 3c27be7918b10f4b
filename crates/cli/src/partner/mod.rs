//! `counterfoil partner`: manages partners and their redirect URIs.

mod create;
mod list;
mod redirect_uris;
mod show;

use clap::Subcommand;
use counterfoil_core::Error;
use counterfoil_core::model::name::{DisplayName, PartnerId};

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::operator::operator;
use crate::variables::Variables;
use crate::which_table;

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create a partner
    Create(create::Options),
    /// List the partners
    List(list::Options),
    /// Show a partner
    Show(show::Options),
    /// Add an address to the redirect URIs
    AddRedirectUri(redirect_uris::Options),
    /// Remove an address from the redirect URIs
    RemoveRedirectUri(redirect_uris::Options),
}

impl Command {
    fn dir(&self) -> &DataDir {
        match self {
            Self::Create(options) => &options.dir,
            Self::List(options) => &options.dir,
            Self::Show(options) => &options.dir,
            Self::AddRedirectUri(options) | Self::RemoveRedirectUri(options) => &options.dir,
        }
    }
}

/// Runs the command.
pub(crate) async fn run(command: Command, variables: &Variables) -> Result<(), Failure> {
    let open = which_table::open(variables, command.dir()).await?;
    let operator = operator(variables, &open.table)?;
    match command {
        Command::Create(options) => create::run(options, &operator).await,
        Command::List(options) => list::run(&options, &operator).await,
        Command::Show(options) => show::run(&options, &operator).await,
        Command::AddRedirectUri(options) => redirect_uris::add(&options, &operator).await,
        Command::RemoveRedirectUri(options) => redirect_uris::remove(&options, &operator).await,
    }
}

/// Parses a name in an argument.
pub(crate) fn read_name(text: &str) -> Result<DisplayName, String> {
    DisplayName::parse(text).map_err(|error| error.to_string())
}

/// Parses a partner's id in an argument.
pub(crate) fn read_id(text: &str) -> Result<PartnerId, String> {
    PartnerId::parse(text).map_err(|error| error.to_string())
}

/// The failure of an action for a partner. If the partner does not exist, it names the command that creates one.
pub(crate) fn failure(error: Error, id: &PartnerId) -> Failure {
    match error {
        Error::NotFound(_) => Failure::new(format!("There is no partner {id}. Create it with: counterfoil partner create {id}")),
        other => other.into(),
    }
}
