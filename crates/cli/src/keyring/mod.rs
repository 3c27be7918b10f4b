//! `counterfoil keyring`: adds a key that seals from then on, seals old values again, and says when an old key is no longer needed. Every
//! command can be interrupted and repeated.

mod kept;
mod reseal;
mod rotate;
mod status;

use clap::Subcommand;

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::variables::Variables;

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the keys, the number of values each has sealed, and the keys that are no longer needed
    Status(DataDir),
    /// Add a key that seals from now on; older keys still open
    Rotate(rotate::Options),
    /// Seal again, with the primary key, the values that older keys sealed
    Reseal(DataDir),
}

/// Runs the command.
pub(crate) async fn run(command: Command, variables: &Variables) -> Result<(), Failure> {
    match command {
        Command::Status(dir) => status::run(&dir, variables).await,
        Command::Rotate(options) => rotate::run(&options, variables).await,
        Command::Reseal(dir) => reseal::run(&dir, variables).await,
    }
}
