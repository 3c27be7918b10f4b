//! Counts the requests to a platform over all processes, per company and minute, per app and minute, and per company and day. Holds
//! them back for as long as the platform asked one of the processes to wait.
//!
//! Each count is a separate update. In one transaction the counts of all companies of an app would conflict on the app's count. So a
//! request may be counted and then refused by a later count. The minutes are counted first and the day last. An excess count of a
//! minute ends with the minute; if the app's minute refuses, nothing could have been sent in it anyway. A count is never lower than
//! the number of requests sent, even if an update is sent twice because its answer was lost.

use std::time::Duration;

use counterfoil_core::model::connection::Company;
use counterfoil_core::model::time::{later, until};
use counterfoil_core::port::accounting::Limits;
use counterfoil_core::port::store::syncs::Held;
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;
use serde::Deserialize;

use crate::key::Key;
use crate::row::{from_item, millis, name_of, number, time};
use crate::table::{TTL, Table};
use crate::update::Changes;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
/// How long a count is kept after its window, in seconds: longer than any clock can be behind.
const KEPT_FOR: i64 = 3_600;

/// The name of the item that holds requests back, beside the counts.
const HELD: &str = "HELD";

#[derive(Deserialize)]
struct HeldRow {
    until: i64,
}

/// Requests to be counted in a window of time.
struct Counting {
    key: Key,
    limit: u32,
    ends_at: Timestamp,
}

impl Table {
    /// Counts a request against each limit. If one is reached, returns how long it is until its window ends. The company's day is
    /// counted only if no limit of the minutes is reached, and nothing while requests are held back.
    pub(super) async fn count_request(
        &self,
        company: &Company,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError> {
        if let Some(held_until) = self.held_until(company, limits).await?.filter(|held_until| *held_until > now) {
            return Ok(Some(until(now, held_until)));
        }
        let (minute, day) = (now.strftime("MINUTE#%FT%H:%M").to_string(), now.strftime("DAY#%F").to_string());
        let of_company = Counting {
            key: Key::company_requests(company, &minute),
            limit: limits.company_per_minute,
            ends_at: end(now, MINUTE),
        };
        let of_app = limits.app_per_minute.map(|limit| Counting {
            key: Key::app_requests(company, &minute),
            limit,
            ends_at: end(now, MINUTE),
        });
        let of_day = limits.company_per_day.map(|limit| Counting {
            key: Key::company_requests(company, &day),
            limit,
            ends_at: end(now, DAY),
        });
        for counting in [Some(of_company), of_app, of_day].into_iter().flatten() {
            if self.count(&counting).await? == Written::Overtaken {
                return Ok(Some(until(now, counting.ends_at)));
            }
        }
        Ok(None)
    }

    async fn count(&self, counting: &Counting) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put(TTL, Some(counting.ends_at.as_second() + KEPT_FOR))?
            .given(":limit", number(counting.limit))
            .add("count", 1);
        let update = changes.under(self, &counting.key, "attribute_not_exists(#count) OR #count < :limit");
        self.update(update, |_| false).await
    }

    /// Until when the company's requests are held back, by its own limits or by those of the app.
    async fn held_until(&self, company: &Company, limits: Limits) -> Result<Option<Timestamp>, StoreError> {
        let of_app = limits.app_per_minute.map(|_| Key::app_requests(company, HELD));
        let keys: Vec<_> = of_app.into_iter().chain([Key::company_requests(company, HELD)]).collect();
        let times = self.get_all(&keys).await?.into_iter().flatten().map(|item| {
            let name = name_of(&item);
            time(&name, from_item::<HeldRow>(item)?.until)
        });
        Ok(times.collect::<Result<Vec<_>, StoreError>>()?.into_iter().max())
    }

    /// Holds requests back.
    pub(super) async fn hold_requests(&self, company: &Company, held: Held, until: Timestamp) -> Result<(), StoreError> {
        let key = match held {
            Held::Company => Key::company_requests(company, HELD),
            Held::App => Key::app_requests(company, HELD),
        };
        let ttl = until.as_second() + KEPT_FOR;
        let changes = Changes::default().put("until", Some(millis(until)))?.put(TTL, Some(ttl))?;
        let update = changes.under(self, &key, "attribute_not_exists(#until) OR #until < :until");
        self.update(update, |_| false).await.map(drop)
    }
}

/// When the window ends that contains `now`.
fn end(now: Timestamp, window: Duration) -> Timestamp {
    let seconds = i64::try_from(window.as_secs()).unwrap_or(i64::MAX);
    let begun = now.as_second().div_euclid(seconds) * seconds;
    Timestamp::from_second(begun).map_or(now, |begun| later(begun, window))
}
