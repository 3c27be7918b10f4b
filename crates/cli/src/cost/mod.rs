//! `counterfoil cost`: estimates an installation's monthly bill from counted work and AWS's prices. Without a number of connections it
//! prints the tables of docs/cost.md.

mod bill;
mod prices;
mod work;

use clap::Args;
use counterfoil_core::model::connection::Freshness;

use crate::terminal;
use bill::Bill;
use work::{
    IDLE_IMPORTS_RUN, IDLE_IMPORTS_RUN_SECONDS, IDLE_REVOKER_RUN, IDLE_REVOKER_RUN_SECONDS, IDLE_RUN, IDLE_RUN_SECONDS,
    IMPORTS_RUN_LOGS, Load, READ, READ_LOGS, READ_SECONDS, READ_SENT, REFRESH, REFRESH_LOGS, REFRESH_SECONDS, REFRESH_SENT,
    REVOKER_RUN_LOGS, RUN_LOGS, Size, Units,
};

/// The options.
#[derive(Args)]
pub(crate) struct Options {
    /// The number of connections; by default 1,000 and 1,000,000, with each freshness
    #[arg(long)]
    connections: Option<u32>,
    /// Which tokens are refreshed before they expire: always (all) or adaptive (those in use)
    #[arg(long, default_value = "always")]
    freshness: Freshness,
    /// The percentage of connections in use
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    in_use_percent: u8,
    /// Token reads a day for each connection in use
    #[arg(long, default_value_t = 100)]
    reads_a_day: u32,
}

/// Prints the estimate.
pub(crate) fn run(options: &Options) {
    let load = |connections: u32, freshness| Load {
        connections: f64::from(connections),
        freshness,
        in_use: f64::from(options.in_use_percent) / 100.0,
        reads_a_day: f64::from(options.reads_a_day),
    };
    if let Some(connections) = options.connections {
        terminal::say(section(connections, load(connections, options.freshness)));
        return;
    }
    terminal::say(counts());
    for connections in [1_000, 1_000_000] {
        for freshness in [Freshness::Always, Freshness::Adaptive] {
            terminal::say(section(connections, load(connections, freshness)));
        }
    }
}

fn counts() -> String {
    let rows = [
        ("a token read", READ, READ_LOGS, READ_SENT, READ_SECONDS),
        ("a refresh", REFRESH, REFRESH_LOGS, REFRESH_SENT, REFRESH_SECONDS),
        ("a run of the refresher", IDLE_RUN, RUN_LOGS, 0.0, IDLE_RUN_SECONDS),
        ("a run of the revoker", IDLE_REVOKER_RUN, REVOKER_RUN_LOGS, 0.0, IDLE_REVOKER_RUN_SECONDS),
        ("a run of the worker of imports", IDLE_IMPORTS_RUN, IMPORTS_RUN_LOGS, 0.0, IDLE_IMPORTS_RUN_SECONDS),
    ];
    let row = |(what, Units { reads, writes }, logged, sent, seconds)| {
        format!("| {what} | {reads} | {writes} | {logged} | {sent} | {seconds} |\n")
    };
    let rows = rows.map(row).concat();
    format!("| | Read units | Write units | Bytes logged | Bytes sent out | Seconds |\n|---|---:|---:|---:|---:|---:|\n{rows}")
}

fn section(connections: u32, load: Load) -> String {
    let month = load.month();
    let size = load.size().map_or_else(String::new, |Size { memory, schedules }| {
        format!(" The refresher is given `REFRESHER_MEMORY={memory} REFRESHER_SCHEDULES={schedules} REFRESHES_AT_ONCE=256`.")
    });
    let Units { reads, writes } = month.capacity();
    let (on_demand, provisioned) = bill::of_units(&month);
    format!(
        "## {} connections, `{}`\n\n{:.3} million token reads and {:.3} million refreshes a month.{size}\n\n{}\nThe table's {} read and {} write units \
         provisioned cost ${provisioned:.0} in place of ${on_demand:.0}.\n",
        grouped(&connections.to_string()),
        load.freshness.as_str(),
        month.reads / 1e6,
        month.refreshes / 1e6,
        Bill::of(load),
        grouped(&reads.to_string()),
        grouped(&writes.to_string()),
    )
}

/// Groups digits by thousands: `1000000` becomes `1,000,000`.
fn grouped(digits: &str) -> String {
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
