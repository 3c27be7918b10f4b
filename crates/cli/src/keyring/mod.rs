//! `counterfoil keyring`: another key seals from now on, what the older ones sealed is sealed anew, and an old key is named
//! that may go. Every step can be ended at any moment and begun again.

mod kept;
mod reseal;
mod rotate;
mod status;

use clap::Subcommand;

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::variables::Variables;

/// What to do with the keyring.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the keys, the number of values each has sealed, and the keys that are no longer needed
    Status(DataDir),
    /// Add a key that seals from now on; older keys still open
    Rotate(rotate::Options),
    /// Seal again, with the primary key, the values that older keys sealed
    Reseal(DataDir),
}

/// Does it.
pub(crate) async fn run(command: Command, variables: &Variables) -> Result<(), Failure> {
    match command {
        Command::Status(dir) => status::run(&dir, variables).await,
        Command::Rotate(options) => rotate::run(&options, variables).await,
        Command::Reseal(dir) => reseal::run(&dir, variables).await,
    }
}
