//! `counterfoil web-connector`: the stand-in for the QuickBooks Web Connector, which otherwise needs Windows.

mod simulate;

use clap::Subcommand;

use crate::failure::Failure;
use crate::variables::Variables;

/// The subcommands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the imitation of a QuickBooks Web Connector, with an imitation of QuickBooks Desktop that has made-up books
    Simulate(simulate::Options),
}

/// Runs the command.
pub(crate) async fn run(command: Command, variables: &Variables) -> Result<(), Failure> {
    match command {
        Command::Simulate(options) => simulate::run(options, variables).await,
    }
}
