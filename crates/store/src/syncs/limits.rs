//! Counts the requests to a platform over all processes, per company and second, minute and day, and per app and minute. Holds
//! them back for as long as the platform asked one of the processes to wait.
//!
//! Simultaneous requests are not counted: a process that died would leave its count behind. A company has as many slots as the platform
//! allows simultaneous requests. A run takes a slot for longer than a request lasts, and takes its own slot again for the next request,
//! since it sends one at a time. A run that finds no free slot waits.
//!
//! Each count is a separate update. In one transaction the counts of all companies of an app would conflict on the app's count. So a
//! request may be counted and then refused by a later count. The shorter windows are counted first and the day last. An excess count of a
//! minute ends with the minute; if the app's minute refuses, nothing could have been sent in it anyway. A count is never lower than
//! the number of requests sent, even if an update is sent twice because its answer was lost.

use std::time::Duration;

use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::model::time::{later, until};
use counterfoil_core::port::accounting::Limits;
use counterfoil_core::port::store::syncs::Held;
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;
use serde::Deserialize;

use crate::key::{Key, connection_pk};
use crate::row::{from_item, millis, name_of, number, time};
use crate::table::{TTL, Table};
use crate::update::Changes;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
/// How long a count is kept after its window, in seconds: longer than any clock can be behind.
const KEPT_FOR: i64 = 3_600;

/// How long a slot is taken: half a minute, which no request outlasts, and the difference between two clocks with which refreshes are
/// still made.
const SLOT_TAKEN_FOR: Duration = Duration::from_secs(45);
/// How long a run waits that found no slot.
const SLOT_PAUSE: Duration = Duration::from_secs(10);

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
    /// counted only if no other limit is reached, and nothing while requests are held back or no slot is free.
    pub(super) async fn count_request(
        &self,
        by: &ConnectionId,
        company: &Company,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError> {
        if let Some(held_until) = self.held_until(company, limits).await?.filter(|held_until| *held_until > now) {
            return Ok(Some(until(now, held_until)));
        }
        if let Some(slots) = limits.company_at_once
            && !self.takes_slot(by, company, slots, now).await?
        {
            return Ok(Some(SLOT_PAUSE));
        }
        let [second, minute, day] =
            ["SECOND#%FT%H:%M:%S", "MINUTE#%FT%H:%M", "DAY#%F"].map(|format| now.strftime(format).to_string());
        let of_second = limits.company_per_second.map(|limit| Counting {
            key: Key::company_requests(company, &second),
            limit,
            ends_at: end(now, SECOND),
        });
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
        for counting in [of_second, Some(of_company), of_app, of_day].into_iter().flatten() {
            if self.count(&counting).await? == Written::Overtaken {
                return Ok(Some(until(now, counting.ends_at)));
            }
        }
        Ok(None)
    }

    /// Takes the slot that this connection has, or a free one; `false` if other connections have all of them.
    async fn takes_slot(&self, by: &ConnectionId, company: &Company, slots: u8, now: Timestamp) -> Result<bool, StoreError> {
        let (taken_by, until) = (connection_pk(by), later(now, SLOT_TAKEN_FOR));
        // Each connection begins with another slot, so that most take theirs with one request.
        let first = Fingerprint::of(&taken_by).shard(slots.max(1));
        for slot in (first..slots).chain(0..first) {
            let changes = Changes::default()
                .put("taken_by", Some(&taken_by))?
                .put("until", Some(millis(until)))?
                .put(TTL, Some(until.as_second() + KEPT_FOR))?
                .given(":now", number(millis(now)));
            let condition = "attribute_not_exists(#until) OR #until <= :now OR #taken_by = :taken_by";
            let update = changes.under(self, &Key::company_requests(company, &format!("SLOT#{slot}")), condition);
            if self.update(update, |_| false).await? == Written::Stored {
                return Ok(true);
            }
        }
        Ok(false)
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
