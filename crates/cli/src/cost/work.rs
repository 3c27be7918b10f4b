//! The work of an installation in a month: how often each operation runs, by freshness, and what it uses.

use counterfoil_core::model::connection::Freshness;

use super::web_connectors::{
    HELD_HOUR, HELD_HOUR_CALLS, HELD_HOUR_LOGS, HELD_HOUR_SECONDS, HELD_HOUR_SENT, IDLE_POLL, IDLE_POLL_LOGS, IDLE_POLL_SECONDS,
    IDLE_POLL_SENT, POLL_CALLS,
};

/// The table's units for a token read, as `make bench` counts them. A test counts them again and compares docs/cost.md.
pub(super) const READ: Units = Units { reads: 1.0, writes: 0.0 };
/// The table's units for a refresh by the refresher.
pub(super) const REFRESH: Units = Units { reads: 3.0, writes: 5.0 };
/// A run of the refresher over four shards without due connections.
pub(super) const IDLE_RUN: Units = Units { reads: 4.0, writes: 0.0 };
/// A run of the revoker over all shards without due items.
pub(super) const IDLE_REVOKER_RUN: Units = Units { reads: 16.0, writes: 0.0 };
/// A run of the worker of imports over all shards without due imports.
pub(super) const IDLE_IMPORTS_RUN: Units = Units { reads: 8.0, writes: 0.0 };
/// A run of the purger over its one shard without due purges.
pub(super) const IDLE_PURGES_RUN: Units = Units { reads: 0.5, writes: 0.0 };
/// A run of the dispatcher without due endpoints, in an installation without endpoints, while no connection is counted again.
pub(super) const IDLE_SWEEP: Units = Units { reads: 13.0, writes: 0.0 };
/// An event: its row in the transaction of its change, and its dispatch, if it leaves its connection's standing as it is.
pub(super) const EVENT: Units = Units { reads: 5.0, writes: 2.0 };
/// The delivery of an event to one endpoint in one attempt, while no other event is due.
pub(super) const DELIVERY: Units = Units { reads: 3.5, writes: 10.0 };
/// Bytes of an event and of a delivery, which are kept for three months.
const BYTES_PER_EVENT: f64 = 500.0;
const BYTES_PER_DELIVERY: f64 = 500.0;
const EVENTS_KEPT_MONTHS: f64 = 3.0;
/// Requests to the courier's queue for a delivery: a message is sent, received and deleted.
const QUEUE_REQUESTS_PER_DELIVERY: f64 = 3.0;
/// One import that finds nothing changed, beside the run of the worker.
pub(super) const IMPORT: Units = Units { reads: 8.0, writes: 24.0 };
/// A new check, with its share of an import.
pub(super) const NEW_CHECK: Units = Units { reads: 2.1, writes: 3.3 };
/// A check that a full import finds unchanged, with its share of the import.
pub(super) const UNCHANGED_CHECK: Units = Units { reads: 2.1, writes: 0.12 };
/// Bytes that a check takes with its entry in the list by date and in its block of changes.
const BYTES_PER_CHECK: f64 = 1_300.0;
/// How many months' checks a connection with imports has in the table, assumed.
const MONTHS_OF_CHECKS: f64 = 12.0;
/// How many imports a connection with imports has in a month, assumed: one a day, of which one a week is full.
const IMPORTS: f64 = MONTH_DAYS;
const FULL_IMPORTS: f64 = MONTH_DAYS / 7.0;
/// Bytes of a connection with its lease, its company entry, a year's audit and event rows, and its index entries.
pub(super) const BYTES_PER_CONNECTION: f64 = 5_000.0;

/// Seconds between two refreshes of a token that is valid for an hour: it is refreshed 15 minutes ahead, with jitter, at the next minute.
const RENEWED_EVERY: f64 = 3_600.0 - 900.0 * 1.1 + 30.0;
/// Days between two refreshes of an idle grant that ends after a hundred days: half of that time, with jitter.
const KEPT_ALIVE_EVERY: f64 = 50.0 * 0.9;
/// The hours of a month in AWS's prices.
pub(super) const MONTH_HOURS: f64 = 730.0;
const MONTH_SECONDS: f64 = MONTH_HOURS * 3_600.0;
const MONTH_DAYS: f64 = MONTH_HOURS / 24.0;
const MONTH_MINUTES: f64 = MONTH_SECONDS / 60.0;
/// The refreshes a minute that the refresher can do with the template's defaults: four runs, each on a seventh of a processor, which
/// Lambda gives for 256 MB, within the time in which a run starts refreshes. Fifteen a second for each run are assumed.
const KEPT_UP_WITH: f64 = 4.0 * BEGINS_FOR * 15.0;
/// The seconds between the starts of two refreshes, over all schedules; less if they would not fit into the time for starts.
const STAGGER: f64 = 0.005;
const BEGINS_FOR: f64 = 32.0;

/// Assumed durations in seconds: a request to the table takes some 5 ms, a platform's token request 300 ms.
pub(super) const READ_SECONDS: f64 = 0.012;
pub(super) const REFRESH_SECONDS: f64 = 0.330;
pub(super) const IDLE_RUN_SECONDS: f64 = 0.040;
pub(super) const IDLE_REVOKER_RUN_SECONDS: f64 = 0.160;
pub(super) const IDLE_IMPORTS_RUN_SECONDS: f64 = 0.080;
pub(super) const IDLE_PURGES_RUN_SECONDS: f64 = 0.008;
pub(super) const IDLE_SWEEP_SECONDS: f64 = 0.115;
pub(super) const EVENT_SECONDS: f64 = 0.035;
/// A receiver takes 200 ms for an answer, assumed.
pub(super) const DELIVERY_SECONDS: f64 = 0.240;
/// A platform takes a second for a page of a thousand records, assumed.
pub(super) const IMPORT_SECONDS: f64 = 0.500;
pub(super) const NEW_CHECK_SECONDS: f64 = 0.0015;
pub(super) const UNCHANGED_CHECK_SECONDS: f64 = 0.0012;
/// The memory of the functions in the template, in megabytes.
const MEMORY_MB: f64 = 256.0;
const IMPORTS_MEMORY_MB: f64 = 512.0;

/// Logged bytes, including those of Lambda and of the gateway.
pub(super) const READ_LOGS: f64 = 750.0;
pub(super) const REFRESH_LOGS: f64 = 800.0;
pub(super) const RUN_LOGS: f64 = 1_100.0;
pub(super) const REVOKER_RUN_LOGS: f64 = 400.0;
pub(super) const IMPORTS_RUN_LOGS: f64 = 600.0;
pub(super) const PURGES_RUN_LOGS: f64 = 600.0;
pub(super) const SWEEP_LOGS: f64 = 1_200.0;
pub(super) const EVENT_LOGS: f64 = 400.0;
pub(super) const DELIVERY_LOGS: f64 = 1_000.0;
pub(super) const IMPORT_LOGS: f64 = 2_700.0;
/// Bytes sent to the internet: an answer with a token, or a token request with its handshake.
pub(super) const READ_SENT: f64 = 2_500.0;
pub(super) const REFRESH_SENT: f64 = 2_000.0;
/// A request for a page, of a thousand records where there are so many.
pub(super) const IMPORT_SENT: f64 = 2_000.0;
pub(super) const CHECK_SENT: f64 = 2.0;
/// A webhook with its handshake.
pub(super) const DELIVERY_SENT: f64 = 2_500.0;

/// The used share of provisioned capacity that auto scaling aims at.
const AIMED_AT: f64 = 0.7;

/// The number of processes that read the two secrets again every five minutes.
const PROCESSES: f64 = 10.0;
/// Lambda polls each of three idle queues with five long polls of twenty seconds.
const QUEUE_POLLS: f64 = 3.0 * 5.0 * MONTH_SECONDS / 20.0;

/// Read and write request units.
#[derive(Clone, Copy)]
pub(super) struct Units {
    pub(super) reads: f64,
    pub(super) writes: f64,
}

/// The size of the refresher.
pub(super) struct Size {
    /// `RefresherMemory`, in megabytes.
    pub(super) memory: f64,
    /// `RefresherSchedules`.
    pub(super) schedules: f64,
}

/// The load of an installation.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: f64,
    pub(super) freshness: Freshness,
    /// The share of connections in use, from 0 to 1.
    pub(super) in_use: f64,
    /// Token reads a day of a connection in use.
    pub(super) reads_a_day: f64,
    /// New checks of each connection; none, where nothing is imported.
    pub(super) checks_a_month: f64,
    /// Events that webhooks report; none, where there is no endpoint.
    pub(super) events_a_month: f64,
    /// How many endpoints get each event.
    pub(super) endpoints: f64,
    /// Connections to QuickBooks Desktop, each with a Web Connector that polls each minute.
    pub(super) web_connectors: f64,
    /// Hours in which the session of each is held open.
    pub(super) held_hours: f64,
}

/// The imports of a month.
pub(super) struct Imports {
    pub(super) count: f64,
    pub(super) new_checks: f64,
    /// Checks that full imports found unchanged.
    pub(super) unchanged_checks: f64,
    /// Checks in the table.
    stored_checks: f64,
}

impl Imports {
    fn seconds(&self) -> f64 {
        self.count * IMPORT_SECONDS + self.new_checks * NEW_CHECK_SECONDS + self.unchanged_checks * UNCHANGED_CHECK_SECONDS
    }

    fn units(&self, of: fn(Units) -> f64) -> f64 {
        self.count * of(IMPORT) + self.new_checks * of(NEW_CHECK) + self.unchanged_checks * of(UNCHANGED_CHECK)
    }

    fn sent(&self) -> f64 {
        self.count * IMPORT_SENT + (self.new_checks + self.unchanged_checks) * CHECK_SENT
    }
}

/// The work of a month.
pub(super) struct Month {
    pub(super) reads: f64,
    pub(super) refreshes: f64,
    pub(super) imports: Imports,
    /// Calls of Web Connectors.
    pub(super) calls: f64,
    pub(super) runs: f64,
    pub(super) gb_seconds: f64,
    pub(super) read_units: f64,
    pub(super) write_units: f64,
    pub(super) table_gb: f64,
    pub(super) logs_gb: f64,
    pub(super) sent_gb: f64,
    pub(super) secret_reads: f64,
    pub(super) queue_requests: f64,
}

impl Month {
    /// The capacity units a second of a steady load, at the share of use that auto scaling aims at.
    pub(super) fn capacity(&self) -> Units {
        let in_a_second = |units: f64| (units / MONTH_SECONDS / AIMED_AT).ceil();
        Units { reads: in_a_second(self.read_units), writes: in_a_second(self.write_units) }
    }
}

impl Load {
    /// The larger size of the refresher if the template's defaults are not enough; `None` if they are.
    pub(super) fn size(self) -> Option<Size> {
        let many = self.refreshes() / MONTH_MINUTES > KEPT_UP_WITH;
        many.then_some(Size { memory: 1_024.0, schedules: 16.0 })
    }

    pub(super) fn month(self) -> Month {
        let reads = self.connections * self.in_use * self.reads_a_day * MONTH_DAYS;
        let (refreshes, imports) = (self.refreshes(), self.imports());
        let (polls, held) = (self.web_connectors * MONTH_MINUTES, self.web_connectors * self.held_hours);
        let (events, deliveries) = (self.events_a_month, self.events_a_month * self.endpoints);
        let Size { memory, schedules } = self.size().unwrap_or(Size { memory: MEMORY_MB, schedules: 4.0 });
        let runs = schedules * MONTH_MINUTES;
        let run_seconds = run_seconds(refreshes / runs, schedules);
        Month {
            reads,
            refreshes,
            calls: polls * POLL_CALLS + held * HELD_HOUR_CALLS,
            runs: runs + 4.0 * MONTH_MINUTES + events + deliveries,
            gb_seconds: ((reads * READ_SECONDS
                + MONTH_MINUTES * (IDLE_REVOKER_RUN_SECONDS + IDLE_PURGES_RUN_SECONDS + IDLE_SWEEP_SECONDS)
                + events * EVENT_SECONDS
                + deliveries * DELIVERY_SECONDS
                + polls * IDLE_POLL_SECONDS
                + held * HELD_HOUR_SECONDS)
                * MEMORY_MB
                + (MONTH_MINUTES * IDLE_IMPORTS_RUN_SECONDS + imports.seconds()) * IMPORTS_MEMORY_MB
                + runs * run_seconds * memory)
                / 1_024.0,
            // The shards are read once a minute, whatever the number of runs.
            read_units: reads * READ.reads
                + refreshes * REFRESH.reads
                + MONTH_MINUTES
                    * (4.0 * IDLE_RUN.reads
                        + IDLE_REVOKER_RUN.reads
                        + IDLE_IMPORTS_RUN.reads
                        + IDLE_PURGES_RUN.reads
                        + IDLE_SWEEP.reads)
                + events * EVENT.reads
                + deliveries * DELIVERY.reads
                + polls * IDLE_POLL.reads
                + held * HELD_HOUR.reads
                + imports.units(|units| units.reads),
            write_units: refreshes * REFRESH.writes
                + events * EVENT.writes
                + deliveries * DELIVERY.writes
                + polls * IDLE_POLL.writes
                + held * HELD_HOUR.writes
                + imports.units(|units| units.writes),
            table_gb: (self.connections * BYTES_PER_CONNECTION
                + imports.stored_checks * BYTES_PER_CHECK
                + EVENTS_KEPT_MONTHS * (events * BYTES_PER_EVENT + deliveries * BYTES_PER_DELIVERY))
                / 1e9,
            logs_gb: (reads * READ_LOGS
                + refreshes * REFRESH_LOGS
                + runs * RUN_LOGS
                + MONTH_MINUTES * (REVOKER_RUN_LOGS + IMPORTS_RUN_LOGS + PURGES_RUN_LOGS + SWEEP_LOGS)
                + events * EVENT_LOGS
                + deliveries * DELIVERY_LOGS
                + polls * IDLE_POLL_LOGS
                + held * HELD_HOUR_LOGS
                + imports.count * IMPORT_LOGS)
                / 1e9,
            sent_gb: (reads * READ_SENT
                + refreshes * REFRESH_SENT
                + deliveries * DELIVERY_SENT
                + polls * IDLE_POLL_SENT
                + held * HELD_HOUR_SENT
                + imports.sent())
                / 1e9,
            secret_reads: PROCESSES * 2.0 * MONTH_SECONDS / 300.0,
            queue_requests: QUEUE_POLLS + deliveries * QUEUE_REQUESTS_PER_DELIVERY,
            imports,
        }
    }

    fn imports(self) -> Imports {
        let connections = if self.checks_a_month > 0.0 { self.connections } else { 0.0 };
        let stored_checks = connections * self.checks_a_month * MONTHS_OF_CHECKS;
        Imports {
            count: connections * IMPORTS,
            new_checks: connections * self.checks_a_month,
            unchanged_checks: stored_checks * FULL_IMPORTS,
            stored_checks,
        }
    }

    fn refreshes(self) -> f64 {
        let fresh = match self.freshness {
            Freshness::Always => self.connections,
            Freshness::Adaptive => self.connections * self.in_use,
        };
        fresh * MONTH_SECONDS / RENEWED_EVERY + (self.connections - fresh) * MONTH_DAYS / KEPT_ALIVE_EVERY
    }
}

/// The refreshes of one run overlap, and each starts after the one before.
fn run_seconds(refreshes: f64, schedules: f64) -> f64 {
    let starts = (refreshes * STAGGER * schedules).min(BEGINS_FOR);
    IDLE_RUN_SECONDS + starts + refreshes.min(1.0) * REFRESH_SECONDS
}
