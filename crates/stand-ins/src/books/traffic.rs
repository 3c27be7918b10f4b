//! Counts the requests for records by kind, and checks them against the platform's limits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::Serialize;

const MINUTE_SECONDS: i64 = 60;
const DAY_SECONDS: i64 = 86_400;

/// The limits on requests for records; `None` means no limit.
#[derive(Clone, Copy)]
pub(crate) struct Allowed {
    /// Requests of one company in a second.
    pub(crate) per_second: Option<u32>,
    /// Requests of one company in a minute of the clock.
    pub(crate) per_minute: Option<u32>,
    /// Requests of one company in a day.
    pub(crate) per_day: Option<u32>,
    /// Requests of all companies in a minute of the clock.
    pub(crate) app_per_minute: Option<u32>,
    /// Concurrent requests of one company.
    pub(crate) at_once: Option<u32>,
}

/// The counts of a stand-in, shared by all its requests.
#[derive(Default)]
pub(crate) struct Traffic(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    /// By company and by kind of request.
    requests: BTreeMap<String, BTreeMap<&'static str, u64>>,
    in_flight: BTreeMap<String, u32>,
    usage: BTreeMap<String, Usage>,
    app_minute: Window,
}

#[derive(Default)]
struct Usage {
    second: Window,
    minute: Window,
    day: Window,
}

/// A period of the clock, and the number of requests in it.
#[derive(Default)]
struct Window {
    number: i64,
    requests: u32,
}

/// A kind of limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    /// A company's requests in a second.
    Second,
    Minute,
    Day,
    /// A company's concurrent requests.
    Concurrent,
    /// The app's requests in a minute, over all companies.
    App,
}

/// A request beyond a limit.
pub(crate) struct Breach {
    pub(crate) limit: Limit,
    /// The number of seconds until the limit allows another request.
    pub(crate) retry_after: i64,
}

/// The remaining requests of each limit; `None` if there is no such limit.
#[derive(Default)]
pub(crate) struct Left {
    pub(crate) minute: Option<u32>,
    pub(crate) day: Option<u32>,
    pub(crate) app: Option<u32>,
    pub(crate) per_day: Option<u32>,
    /// The number of seconds until the day's limit resets.
    pub(crate) day_resets_in: i64,
}

/// A request under way.
pub(crate) struct Slot {
    counts: Arc<Mutex<Counts>>,
    company: String,
    /// The number of this company's requests under way, including this one.
    pub(crate) at_once: u32,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().expect("no holder panics");
        if let Some(in_flight) = counts.in_flight.get_mut(&self.company) {
            *in_flight = in_flight.saturating_sub(1);
        }
    }
}

/// The counts in the answer of the control route.
#[derive(Serialize)]
pub(crate) struct Requests(BTreeMap<String, BTreeMap<&'static str, u64>>);

impl Traffic {
    /// Counts a request when it arrives, whatever its result. The company must exist.
    pub(crate) fn enter(&self, company: &str, asked: &'static str) -> Slot {
        let mut counts = self.0.lock().expect("no holder panics");
        *counts.requests.entry(company.to_owned()).or_default().entry(asked).or_default() += 1;
        let in_flight = counts.in_flight.entry(company.to_owned()).or_default();
        *in_flight += 1;
        Slot { counts: Arc::clone(&self.0), company: company.to_owned(), at_once: *in_flight }
    }

    /// Counts a request against the limits, if they allow it.
    pub(crate) fn spend(&self, slot: &Slot, allowed: Allowed, now: Timestamp) -> Result<Left, Breach> {
        let now = now.as_second();
        let counts = &mut *self.0.lock().expect("no holder panics");
        let usage = counts.usage.entry(slot.company.clone()).or_default();
        let windows = [
            (Limit::Second, &mut usage.second, allowed.per_second, 1),
            (Limit::Minute, &mut usage.minute, allowed.per_minute, MINUTE_SECONDS),
            (Limit::Day, &mut usage.day, allowed.per_day, DAY_SECONDS),
            (Limit::App, &mut counts.app_minute, allowed.app_per_minute, MINUTE_SECONDS),
        ];
        if allowed.at_once.is_some_and(|most| slot.at_once > most) {
            return Err(Breach { limit: Limit::Concurrent, retry_after: 1 });
        }
        for (limit, window, most, seconds) in &windows {
            if most.is_some_and(|most| window.in_present(now, *seconds) >= most) {
                return Err(Breach { limit: *limit, retry_after: seconds - now.rem_euclid(*seconds) });
            }
        }
        let [_, minute, day, app] = windows.map(|(_, window, most, seconds)| {
            window.count(now, seconds);
            most.map(|most| most - window.requests)
        });
        let day_resets_in = DAY_SECONDS - now.rem_euclid(DAY_SECONDS);
        Ok(Left { minute, day, app, per_day: allowed.per_day, day_resets_in })
    }

    pub(crate) fn requests(&self) -> Requests {
        Requests(self.0.lock().expect("no holder panics").requests.clone())
    }

    /// Resets the counts by kind. The limits keep theirs.
    pub(crate) fn forget_requests(&self) {
        self.0.lock().expect("no holder panics").requests.clear();
    }

    /// Resets everything except requests under way.
    pub(crate) fn reset(&self) {
        let mut counts = self.0.lock().expect("no holder panics");
        let in_flight = std::mem::take(&mut counts.in_flight);
        *counts = Counts { in_flight, ..Counts::default() };
    }
}

impl Window {
    /// The number of requests in the present period.
    fn in_present(&self, now: i64, seconds: i64) -> u32 {
        if self.number == now.div_euclid(seconds) { self.requests } else { 0 }
    }

    fn count(&mut self, now: i64, seconds: i64) {
        self.requests = self.in_present(now, seconds) + 1;
        self.number = now.div_euclid(seconds);
    }
}
