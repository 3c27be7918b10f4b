//! What an installation does in a month: how often, by freshness, and what each of it takes.

use counterfoil_core::model::connection::Freshness;

/// Of the table, as `make bench` counts it; a test counts again and holds docs/cost.md to it.
pub(super) const READ: Units = Units { reads: 1.0, writes: 0.0 };
/// A refresh by the refresher.
pub(super) const REFRESH: Units = Units { reads: 3.0, writes: 5.0 };
/// One run of the refresher over four shards that finds nothing.
pub(super) const IDLE_RUN: Units = Units { reads: 4.0, writes: 0.0 };
/// One run of the revoker that finds nothing, over all shards.
pub(super) const IDLE_REVOKER_RUN: Units = Units { reads: 16.0, writes: 0.0 };
/// One run of the worker of imports that finds nothing, over all shards.
pub(super) const IDLE_IMPORTS_RUN: Units = Units { reads: 8.0, writes: 0.0 };
/// Bytes that a connection takes with its lease, its entry under its company, a year's audit and event rows, and its index entries.
pub(super) const BYTES_PER_CONNECTION: f64 = 5_000.0;

/// How long a token of an hour serves before it is renewed, in seconds: a quarter of an hour ahead, spread, and the minute's turn.
const RENEWED_EVERY: f64 = 3_600.0 - 900.0 * 1.1 + 30.0;
/// How long an idle grant of a hundred days rests before it is kept alive, in days: half of it, spread.
const KEPT_ALIVE_EVERY: f64 = 50.0 * 0.9;
/// A month, as AWS reckons: 730 hours.
pub(super) const MONTH_HOURS: f64 = 730.0;
const MONTH_SECONDS: f64 = MONTH_HOURS * 3_600.0;
const MONTH_DAYS: f64 = MONTH_HOURS / 24.0;
const MONTH_MINUTES: f64 = MONTH_SECONDS / 60.0;
/// How many refreshes in a minute the refresher keeps up with as the template has it: four runs, each on a seventh of a
/// processor, that Lambda gives for 256 MB, in the time in which they begin any. Assumed: fifteen in a second, in each.
const KEPT_UP_WITH: f64 = 4.0 * BEGINS_FOR * 15.0;
/// Between the starts of two refreshes, over all schedules, in seconds, unless there are so many that they would not fit into the
/// time in which a run begins any.
const STAGGER: f64 = 0.005;
const BEGINS_FOR: f64 = 32.0;

/// Seconds that things take, assumed: a request to the table is some 5 ms, a platform answers a token request in 300 ms.
pub(super) const READ_SECONDS: f64 = 0.012;
pub(super) const REFRESH_SECONDS: f64 = 0.330;
pub(super) const IDLE_RUN_SECONDS: f64 = 0.040;
pub(super) const IDLE_REVOKER_RUN_SECONDS: f64 = 0.160;
pub(super) const IDLE_IMPORTS_RUN_SECONDS: f64 = 0.080;
/// What the template gives the functions, in megabytes, and the worker of imports.
const MEMORY_MB: f64 = 256.0;
const IMPORTS_MEMORY_MB: f64 = 512.0;

/// Bytes that are logged, those of Lambda and of the gateway among them.
pub(super) const READ_LOGS: f64 = 750.0;
pub(super) const REFRESH_LOGS: f64 = 800.0;
pub(super) const RUN_LOGS: f64 = 1_100.0;
pub(super) const REVOKER_RUN_LOGS: f64 = 400.0;
pub(super) const IMPORTS_RUN_LOGS: f64 = 600.0;
/// Bytes that are sent to the internet: an answer with a token; a token request with its handshake.
pub(super) const READ_SENT: f64 = 2_500.0;
pub(super) const REFRESH_SENT: f64 = 2_000.0;

/// How much of provisioned capacity is used, where auto scaling aims at its usual 70 percent.
const AIMED_AT: f64 = 0.7;

/// Processes that read the two secrets again every five minutes, beside each other.
const PROCESSES: f64 = 10.0;
/// Lambda asks an idle queue with five long polls of twenty seconds.
const QUEUE_POLLS: f64 = 5.0 * MONTH_SECONDS / 20.0;

/// Read and write request units.
#[derive(Clone, Copy)]
pub(super) struct Units {
    pub(super) reads: f64,
    pub(super) writes: f64,
}

/// What the refresher is given.
pub(super) struct Size {
    /// `RefresherMemory`, in megabytes.
    pub(super) memory: f64,
    /// `RefresherSchedules`.
    pub(super) schedules: f64,
}

/// What there is to do.
#[derive(Clone, Copy)]
pub(super) struct Load {
    pub(super) connections: f64,
    pub(super) freshness: Freshness,
    /// Of the connections, from 0 to 1.
    pub(super) in_use: f64,
    /// Token reads of a connection in use.
    pub(super) reads_a_day: f64,
}

/// What was done in a month.
pub(super) struct Month {
    pub(super) reads: f64,
    pub(super) refreshes: f64,
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
    /// Read and write capacity units of a steady load, in each second, at the share of use that auto scaling aims at.
    pub(super) fn capacity(&self) -> Units {
        let in_a_second = |units: f64| (units / MONTH_SECONDS / AIMED_AT).ceil();
        Units { reads: in_a_second(self.read_units), writes: in_a_second(self.write_units) }
    }
}

impl Load {
    /// Four times the memory for each of sixteen runs where the template's defaults do not keep up; `None` where they do.
    pub(super) fn size(self) -> Option<Size> {
        let many = self.refreshes() / MONTH_MINUTES > KEPT_UP_WITH;
        many.then_some(Size { memory: 1_024.0, schedules: 16.0 })
    }

    pub(super) fn month(self) -> Month {
        let reads = self.connections * self.in_use * self.reads_a_day * MONTH_DAYS;
        let refreshes = self.refreshes();
        let Size { memory, schedules } = self.size().unwrap_or(Size { memory: MEMORY_MB, schedules: 4.0 });
        let runs = schedules * MONTH_MINUTES;
        let in_a_run = refreshes / runs;
        // What is due in one run goes beside each other, one begun after the other.
        let starts = (in_a_run * STAGGER * schedules).min(BEGINS_FOR);
        let run_seconds = IDLE_RUN_SECONDS + starts + in_a_run.min(1.0) * REFRESH_SECONDS;
        Month {
            reads,
            refreshes,
            runs: runs + 2.0 * MONTH_MINUTES,
            gb_seconds: ((reads * READ_SECONDS + MONTH_MINUTES * IDLE_REVOKER_RUN_SECONDS) * MEMORY_MB
                + MONTH_MINUTES * IDLE_IMPORTS_RUN_SECONDS * IMPORTS_MEMORY_MB
                + runs * run_seconds * memory)
                / 1_024.0,
            // The shards are read once a minute, by however many runs.
            read_units: reads * READ.reads
                + refreshes * REFRESH.reads
                + MONTH_MINUTES * (4.0 * IDLE_RUN.reads + IDLE_REVOKER_RUN.reads + IDLE_IMPORTS_RUN.reads),
            write_units: refreshes * REFRESH.writes,
            table_gb: self.connections * BYTES_PER_CONNECTION / 1e9,
            logs_gb: (reads * READ_LOGS
                + refreshes * REFRESH_LOGS
                + runs * RUN_LOGS
                + MONTH_MINUTES * (REVOKER_RUN_LOGS + IMPORTS_RUN_LOGS))
                / 1e9,
            sent_gb: (reads * READ_SENT + refreshes * REFRESH_SENT) / 1e9,
            secret_reads: PROCESSES * 2.0 * MONTH_SECONDS / 300.0,
            queue_requests: QUEUE_POLLS,
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
