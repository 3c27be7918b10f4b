//! What Web Connectors use, which ask for work without a request of a partner too.

use super::work::Units;

/// A poll of a Web Connector without work: four calls, of which one reaches the table.
pub(super) const IDLE_POLL: Units = Units { reads: 1.0, writes: 2.0 };
/// An hour of sessions that are held open, for ten minutes each: their calls for work look at the table four times a second.
pub(super) const HELD_HOUR: Units = Units { reads: 11_700.0, writes: 300.0 };
/// The calls of a poll, and of a held hour.
pub(super) const POLL_CALLS: f64 = 4.0;
pub(super) const HELD_HOUR_CALLS: f64 = 306.0;
/// Assumed durations in seconds: four invocations of 5 ms.
pub(super) const IDLE_POLL_SECONDS: f64 = 0.020;
/// A call for work waits for 20 s, and the next one comes 5 s later.
pub(super) const HELD_HOUR_SECONDS: f64 = 2_844.0;
/// Logged bytes, including those of Lambda and of the gateway: 700 a call.
pub(super) const IDLE_POLL_LOGS: f64 = 2_800.0;
pub(super) const HELD_HOUR_LOGS: f64 = 214_000.0;
/// Bytes sent to the internet: the answers to the calls, of some 500 bytes each with their headers.
pub(super) const IDLE_POLL_SENT: f64 = 2_000.0;
pub(super) const HELD_HOUR_SENT: f64 = 153_000.0;
