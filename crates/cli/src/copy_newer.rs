//! `counterfoil copy-newer`: after a restore, copies the newer items of the old table to the restored one.

use clap::Args;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_store::copy_newer::{Copied, copy_newer};
use counterfoil_store::{Table, aws};

use crate::failure::Failure;
use crate::terminal;

/// The two tables.
#[derive(Args)]
pub(crate) struct Options {
    /// The old table
    #[arg(long, value_name = "TABLE")]
    from: String,
    /// The restored table; no function may use it yet
    #[arg(long, value_name = "TABLE")]
    to: String,
    /// Count the items to copy, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(options: &Options) -> Result<(), Failure> {
    if options.from == options.to {
        return Err(Failure::new("Name two tables: --from the old one, --to the restored one."));
    }
    let aws = aws::config().await;
    let [from, to] = [&options.from, &options.to].map(|name| Table::new(&aws, name));
    let report = copy_newer(&from, &to, SystemClock::start().now(), !options.dry_run).await?;
    let copied = if options.dry_run { "TO COPY" } else { "COPIED" };
    let head = ["KIND", copied, "SAME", "NEWER THERE", "CHANGED MEANWHILE"].map(str::to_owned).to_vec();
    let row = |(kind, count): (&&str, &Copied)| {
        let counts = [count.copied, count.same, count.kept, count.overtaken].map(|count| count.to_string());
        [vec![(*kind).to_owned()], counts.to_vec()].concat()
    };
    terminal::say(terminal::columns(&std::iter::once(head).chain(report.iter().map(row)).collect::<Vec<_>>()));
    if report.values().any(|count| count.overtaken > 0) {
        return Err(Failure::new("Items changed while they were copied: is a function using the restored table? Run it again."));
    }
    Ok(())
}
