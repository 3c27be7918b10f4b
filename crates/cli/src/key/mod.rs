//! `counterfoil key`: manages API keys. The text of a key is shown once, when it is created; only its hash is stored.

mod alias;
mod create;
mod list;
mod revoke;
mod rotate;

use clap::{Args, Subcommand};
use counterfoil_core::Error;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::name::PartnerId;

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::operator::operator;
use crate::partner;
use crate::variables::Variables;
use crate::which_table;

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Create a key and print it; it is shown only once
    Create(create::Options),
    /// Let callers name a key by a secret key of Conductor, which is read from standard input, or no longer
    Alias(alias::Options),
    /// List a partner's keys, without the secret texts
    List(list::Options),
    /// Revoke a key; it stops working within a minute
    Revoke(revoke::Options),
    /// Create a key with the name and the scopes of another, which stays valid for an overlap
    Rotate(rotate::Options),
}

/// The options that name the partner and the table.
#[derive(Args)]
pub(crate) struct Owner {
    /// The partner that the keys belong to
    #[arg(long, value_name = "ID", default_value = "default", value_parser = partner::read_id)]
    partner: PartnerId,
    #[command(flatten)]
    dir: DataDir,
}

/// Runs the command.
pub(crate) async fn run(command: Command, variables: &Variables) -> Result<(), Failure> {
    let dir = match &command {
        Command::Alias(options) => &options.owner.dir,
        Command::Create(options) => &options.owner.dir,
        Command::List(options) => &options.owner.dir,
        Command::Revoke(options) => &options.owner.dir,
        Command::Rotate(options) => &options.owner.dir,
    };
    let open = which_table::open(variables, dir).await?;
    let operator = operator(variables, &open.table)?;
    match command {
        Command::Alias(options) => alias::run(&options, &operator).await,
        Command::Create(options) => create::run(options, &operator).await,
        Command::List(options) => list::run(&options, &operator).await,
        Command::Revoke(options) => revoke::run(&options, &operator).await,
        Command::Rotate(options) => rotate::run(&options, &operator).await,
    }
}

fn read_key_id(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text).ok_or_else(|| "a key's id is 16 hex digits, as `counterfoil key list` shows them".to_owned())
}

fn refused(error: Error, partner: &PartnerId, id: &KeyId) -> Failure {
    match error {
        Error::NotFound(_) => {
            Failure::new(format!("The partner {partner} has no key {id}. See: counterfoil key list --partner {partner}"))
        }
        other => other.into(),
    }
}
