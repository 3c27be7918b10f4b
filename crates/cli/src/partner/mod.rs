//! `counterfoil partner`: the apps that use this installation, and where a browser may be sent for them.

mod create;
mod list;
mod redirect_uris;
mod show;

use clap::Subcommand;
use counterfoil_core::model::name::{PartnerId, readable};
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_store::Table;

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::variables::Variables;
use crate::which_table;

/// What to do with partners.
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

/// Does it.
pub(crate) async fn run(command: Command, variables: &Variables) -> Result<(), Failure> {
    let open = which_table::open(variables, command.dir()).await?;
    let table = &open.table;
    match command {
        Command::Create(options) => create::run(options, table).await,
        Command::List(options) => list::run(&options, table).await,
        Command::Show(options) => show::run(&options, table).await,
        Command::AddRedirectUri(options) => redirect_uris::add(&options, table).await,
        Command::RemoveRedirectUri(options) => redirect_uris::remove(&options, table).await,
    }
}

/// The longest name of a partner or a key, in characters.
const NAME_LONGEST: usize = 100;

/// Reads a name for people out of an argument.
pub(crate) fn read_name(text: &str) -> Result<String, String> {
    let name = readable(text);
    let fits = !name.is_empty() && name.chars().count() <= NAME_LONGEST && !text.trim().chars().any(char::is_control);
    if fits { Ok(name) } else { Err(format!("a name has 1 to {NAME_LONGEST} characters on one line")) }
}

/// Reads a partner's id out of an argument.
pub(crate) fn read_id(text: &str) -> Result<PartnerId, String> {
    PartnerId::parse(text).map_err(|error| error.to_string())
}

/// The sentence for a partner that is not there.
pub(crate) fn no_such(id: &PartnerId) -> Failure {
    Failure::new(format!("There is no partner {id}. Create it with: counterfoil partner create {id}"))
}

async fn existing(table: &Table, id: &PartnerId) -> Result<Partner, Failure> {
    table.partner(id).await?.ok_or_else(|| no_such(id))
}
