//! `counterfoil cost`: estimates an installation's monthly bill from counted work and AWS's prices. Without a number of connections it
//! prints the tables of docs/cost.md.

mod bill;
mod prices;
mod web_connectors;
mod work;

use clap::Args;
use counterfoil_core::model::connection::Freshness;

use crate::terminal;
use bill::Bill;
use web_connectors::{
    HELD_HOUR, HELD_HOUR_LOGS, HELD_HOUR_SECONDS, HELD_HOUR_SENT, IDLE_POLL, IDLE_POLL_LOGS, IDLE_POLL_SECONDS, IDLE_POLL_SENT,
};
use work::{
    CHECK_SENT, DELIVERY, DELIVERY_LOGS, DELIVERY_SECONDS, DELIVERY_SENT, EVENT, EVENT_LOGS, EVENT_SECONDS, IDLE_IMPORTS_RUN,
    IDLE_IMPORTS_RUN_SECONDS, IDLE_PURGES_RUN, IDLE_PURGES_RUN_SECONDS, IDLE_REVOKER_RUN, IDLE_REVOKER_RUN_SECONDS, IDLE_RUN,
    IDLE_RUN_SECONDS, IDLE_SWEEP, IDLE_SWEEP_SECONDS, IMPORT, IMPORT_LOGS, IMPORT_SECONDS, IMPORT_SENT, IMPORTS_RUN_LOGS,
    Imports, Load, NEW_CHECK, NEW_CHECK_SECONDS, PURGES_RUN_LOGS, READ, READ_LOGS, READ_SECONDS, READ_SENT, REFRESH,
    REFRESH_LOGS, REFRESH_SECONDS, REFRESH_SENT, REVOKER_RUN_LOGS, RUN_LOGS, SWEEP_LOGS, Size, UNCHANGED_CHECK,
    UNCHANGED_CHECK_SECONDS, Units,
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
    /// New checks a month that are imported for each connection
    #[arg(long, default_value_t = 0)]
    checks_a_month: u32,
    /// Events a month of the whole installation that webhooks report
    #[arg(long, default_value_t = 0)]
    events_a_month: u32,
    /// Webhook endpoints that get each event
    #[arg(long, default_value_t = 1)]
    endpoints: u32,
    /// Connections to QuickBooks Desktop, each with a Web Connector that polls each minute
    #[arg(long, default_value_t = 0)]
    web_connectors: u32,
    /// Hours a month in which the session of each Web Connector is held open, which it is for ten minutes after a request
    #[arg(long, default_value_t = 0)]
    held_hours: u32,
}

/// Prints the estimate.
pub(crate) fn run(options: &Options) {
    let load = |connections: u32, freshness, checks_a_month: u32, events_a_month: u32| Load {
        connections: f64::from(connections),
        freshness,
        in_use: f64::from(options.in_use_percent) / 100.0,
        reads_a_day: f64::from(options.reads_a_day),
        checks_a_month: f64::from(checks_a_month),
        events_a_month: f64::from(events_a_month),
        endpoints: f64::from(options.endpoints),
        web_connectors: f64::from(options.web_connectors),
        held_hours: f64::from(options.held_hours),
    };
    if let Some(connections) = options.connections {
        terminal::say(section(load(connections, options.freshness, options.checks_a_month, options.events_a_month)));
        return;
    }
    terminal::say(counts());
    for connections in [1_000, 1_000_000] {
        for freshness in [Freshness::Always, Freshness::Adaptive] {
            terminal::say(section(load(connections, freshness, 0, 0)));
        }
    }
    terminal::say(section(load(1_000, Freshness::Always, 10_000, 0)));
    terminal::say(section(load(1_000, Freshness::Always, 0, 1_000_000)));
    terminal::say(section(Load { web_connectors: 1_000.0, ..load(1_000, Freshness::Always, 0, 0) }));
}

fn counts() -> String {
    let rows = [
        ("a token read", READ, READ_LOGS, READ_SENT, READ_SECONDS),
        ("a refresh", REFRESH, REFRESH_LOGS, REFRESH_SENT, REFRESH_SECONDS),
        ("a run of the refresher", IDLE_RUN, RUN_LOGS, 0.0, IDLE_RUN_SECONDS),
        ("a run of the revoker", IDLE_REVOKER_RUN, REVOKER_RUN_LOGS, 0.0, IDLE_REVOKER_RUN_SECONDS),
        ("a run of the worker of imports", IDLE_IMPORTS_RUN, IMPORTS_RUN_LOGS, 0.0, IDLE_IMPORTS_RUN_SECONDS),
        ("a run of the purger", IDLE_PURGES_RUN, PURGES_RUN_LOGS, 0.0, IDLE_PURGES_RUN_SECONDS),
        ("a run of the dispatcher", IDLE_SWEEP, SWEEP_LOGS, 0.0, IDLE_SWEEP_SECONDS),
        ("an event and its dispatch", EVENT, EVENT_LOGS, 0.0, EVENT_SECONDS),
        ("a delivery to one endpoint", DELIVERY, DELIVERY_LOGS, DELIVERY_SENT, DELIVERY_SECONDS),
        ("a poll of an idle Web Connector", IDLE_POLL, IDLE_POLL_LOGS, IDLE_POLL_SENT, IDLE_POLL_SECONDS),
        ("an hour of a held session of a Web Connector", HELD_HOUR, HELD_HOUR_LOGS, HELD_HOUR_SENT, HELD_HOUR_SECONDS),
        ("an import with nothing changed", IMPORT, IMPORT_LOGS, IMPORT_SENT, IMPORT_SECONDS),
        ("a new check", NEW_CHECK, 0.0, CHECK_SENT, NEW_CHECK_SECONDS),
        ("an unchanged check of a full import", UNCHANGED_CHECK, 0.0, CHECK_SENT, UNCHANGED_CHECK_SECONDS),
    ];
    let row = |(what, Units { reads, writes }, logged, sent, seconds)| {
        format!("| {what} | {reads} | {writes} | {logged} | {sent} | {seconds} |\n")
    };
    let rows = rows.map(row).concat();
    format!("| | Read units | Write units | Bytes logged | Bytes sent out | Seconds |\n|---|---:|---:|---:|---:|---:|\n{rows}")
}

fn section(load: Load) -> String {
    let month = load.month();
    let size = load.size().map_or_else(String::new, |Size { memory, schedules }| {
        format!(" The refresher is given `REFRESHER_MEMORY={memory} REFRESHER_SCHEDULES={schedules} REFRESHES_AT_ONCE=256`.")
    });
    let Units { reads, writes } = month.capacity();
    let (on_demand, provisioned) = bill::of_units(&month);
    let (title, imports) = if load.checks_a_month > 0.0 { with_imports(load, &month.imports) } else { Default::default() };
    let (desktop_title, desktop) = if load.web_connectors > 0.0 { with_web_connectors(load) } else { Default::default() };
    let (hooks_title, webhooks) = if load.events_a_month > 0.0 { with_webhooks(load) } else { Default::default() };
    format!(
        "## {} connections, `{}`{title}{hooks_title}{desktop_title}\n\n{:.3} million token reads and {:.3} million refreshes a month.{imports}{webhooks}{desktop}{size}\n\n{}\nThe table's {} read and {} write units \
         provisioned cost ${provisioned:.0} in place of ${on_demand:.0}.\n",
        grouped(&load.connections.to_string()),
        load.freshness.as_str(),
        month.reads / 1e6,
        month.refreshes / 1e6,
        Bill::of(load),
        grouped(&reads.to_string()),
        grouped(&writes.to_string()),
    )
}

/// What the title of a bill says of imports, and a sentence of what they cost.
fn with_imports(load: Load, imports: &Imports) -> (String, String) {
    let cost = Bill::of(load).total() - Bill::of(Load { checks_a_month: 0.0, ..load }).total();
    let title = format!(", {} new checks a month for each", grouped(&load.checks_a_month.to_string()));
    let text = format!(
        " {:.3} million imports bring {:.3} million new checks and find {:.3} million unchanged. Imports cost ${cost:.2} of the total.",
        imports.count / 1e6,
        imports.new_checks / 1e6,
        imports.unchanged_checks / 1e6,
    );
    (title, text)
}

/// The same of webhooks.
fn with_webhooks(load: Load) -> (String, String) {
    let cost = Bill::of(load).total() - Bill::of(Load { events_a_month: 0.0, ..load }).total();
    let endpoints = if load.endpoints > 1.0 { format!("{} endpoints", load.endpoints) } else { "one endpoint".to_owned() };
    let title = format!(", {} events a month to {endpoints}", grouped(&load.events_a_month.to_string()));
    (title, format!(" Webhooks cost ${cost:.2} of the total."))
}

/// The same of QuickBooks Desktop.
fn with_web_connectors(load: Load) -> (String, String) {
    let of = |load: Load| Bill::of(load).total();
    let cost = of(load) - of(Load { web_connectors: 0.0, ..load });
    let hours = Load { held_hours: load.held_hours + 1.0, ..load };
    let (each, hour) = (cost / load.web_connectors, (of(hours) - of(load)) / load.web_connectors);
    let title = format!(", {} Web Connectors", grouped(&load.web_connectors.to_string()));
    let text = format!(
        " Web Connectors cost ${cost:.2} of the total, ${each:.2} each, with {} hours of a held session. Each further hour costs ${hour:.4}.",
        load.held_hours
    );
    (title, text)
}

/// Groups digits by thousands: `1000000` becomes `1,000,000`.
fn grouped(digits: &str) -> String {
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
