//! A month's bill: each line has a quantity, a price and an amount.

use std::fmt::{self, Display, Formatter};

use super::prices;
use super::work::{Load, MONTH_HOURS, Month, Units};

/// The numbers of alarm metrics, dashboards and secrets in `template.yaml`; a test counts them there. An alarm is charged by the metrics
/// in its expression.
const ALARM_METRICS: u32 = 81;
const DASHBOARDS: u32 = 1;
const SECRETS: u32 = 2;
/// The metrics that an installation emits: two measurements of each refresh, by outcome and by platform and outcome, with three outcomes
/// and one platform in use; eight of the runs; consents by three outcomes; faults of two kinds; imports by two outcomes, by outcome and by
/// platform and outcome, with their errors in two ways; attempts to deliver by three outcomes, with their delay; and, of the platform, the
/// connections by three statuses and the imports that waited for a limit.
const METRICS: u32 = 2 * (3 + 3) + 8 + 3 + 2 + (2 * 2 + 2) + (3 + 1) + (3 + 1);

struct Line {
    what: &'static str,
    quantity: f64,
    unit: &'static str,
    price: f64,
}

/// The bill.
pub(super) struct Bill(Vec<Line>);

impl Bill {
    pub(super) fn of(load: Load) -> Self {
        let Month { reads, refreshes: _, calls, runs, gb_seconds, read_units, write_units, table_gb, logs_gb, sent_gb, .. } =
            load.month();
        let Month { secret_reads, queue_requests, .. } = load.month();
        let millions = |what, count: f64, price| Line { what, quantity: count / 1e6, unit: "million", price };
        let each = |what, count: f64, unit, price| Line { what, quantity: count, unit, price };
        Self(vec![
            millions("Gateway: requests", reads + calls, prices::GATEWAY_PER_MILLION),
            millions("Functions: invocations", reads + calls + runs, prices::INVOCATIONS_PER_MILLION),
            each("Functions: time", gb_seconds, "GB-seconds", prices::GB_SECOND),
            millions("Table: read request units", read_units, prices::READ_UNITS_PER_MILLION),
            millions("Table: write request units", write_units, prices::WRITE_UNITS_PER_MILLION),
            each("Table: storage", table_gb, "GB", prices::TABLE_GB),
            each("Backups: point-in-time recovery", table_gb, "GB", prices::BACKUP_GB),
            each("Logs: taken in", logs_gb, "GB", prices::LOGS_GB),
            each("Logs: kept for 30 days", logs_gb, "GB", prices::LOGS_KEPT_GB),
            each("Metrics", f64::from(METRICS), "metrics", prices::METRIC),
            each("Alarms", f64::from(ALARM_METRICS), "metrics", prices::ALARM_METRIC),
            each("Dashboards", f64::from(DASHBOARDS), "dashboards", prices::DASHBOARD),
            each("Secrets", f64::from(SECRETS), "secrets", prices::SECRET),
            millions("Secrets: reads", secret_reads, prices::SECRET_READS_PER_MILLION),
            millions("Queues: requests", queue_requests, prices::QUEUE_PER_MILLION),
            each("Sent to the internet", sent_gb, "GB", prices::SENT_GB),
        ])
    }

    /// The sum in US dollars.
    pub(super) fn total(&self) -> f64 {
        self.0.iter().map(Line::dollars).sum()
    }
}

/// The price of the table's units in US dollars, on demand and provisioned.
pub(super) fn of_units(month: &Month) -> (f64, f64) {
    let on_demand =
        month.read_units / 1e6 * prices::READ_UNITS_PER_MILLION + month.write_units / 1e6 * prices::WRITE_UNITS_PER_MILLION;
    let Units { reads, writes } = month.capacity();
    let provisioned = (reads * prices::READ_CAPACITY_HOUR + writes * prices::WRITE_CAPACITY_HOUR) * MONTH_HOURS;
    (on_demand, provisioned)
}

impl Line {
    fn dollars(&self) -> f64 {
        self.quantity * self.price
    }
}

impl Display for Bill {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "| | Quantity | | Price | $ |\n|---|---:|---|---:|---:|")?;
        for line in &self.0 {
            let Line { what, quantity, unit, price } = line;
            let price = format!("{price:.10}");
            let price = price.trim_end_matches('0').trim_end_matches('.');
            writeln!(out, "| {what} | {quantity:.3} | {unit} | {price} | {:.2} |", line.dollars())?;
        }
        writeln!(out, "| **Total** | | | | **{:.2}** |", self.total())
    }
}
