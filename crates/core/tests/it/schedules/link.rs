//! A process's connection to the table. Every call takes time, during which anything else may happen, and meets the faults of the
//! seed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::connection::{Company, Connection, ConnectionId, LastFailure};
use counterfoil_core::model::event::Event;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::model::lease::{Lease, LeaseId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::port::parking::{Parked, Parking};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::connections::CompanyEntries;
use counterfoil_core::port::store::connections::ConnectionPage;
use counterfoil_core::port::store::connections::ConnectionStore;
use counterfoil_core::port::store::connections::DueEntry;
use counterfoil_core::port::store::connections::ListQuery;
use counterfoil_core::port::store::connections::Settable;
use counterfoil_core::port::store::connections::Tally;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::vault::Consent;
use counterfoil_core::port::store::vault::ConsentWritten;
use counterfoil_core::port::store::vault::Disconnect;
use counterfoil_core::port::store::vault::GrantEnd;
use counterfoil_core::port::store::vault::GrantStore;
use counterfoil_core::port::store::vault::RestoredAccess;
use counterfoil_core::port::store::vault::Taken;
use counterfoil_store::Table;
use counterfoil_testkit::fixture::{Fixture, connection_id};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::Timestamp;

use super::chance::Chance;
use super::timeline::ProcessClock;
use super::{COMPANY, Mood};

/// The state that all processes share.
pub(super) struct Storage {
    pub(super) installation: Fixture,
    chance: Arc<Chance>,
    mood: Mood,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seen: Option<Connection>,
    overwritten: Option<String>,
    /// The beginning and the end of the time in which the table refuses updates.
    outage: Option<(Duration, Duration)>,
    is_over: bool,
    lost: usize,
}

impl Storage {
    pub(super) fn new(installation: Fixture, chance: Arc<Chance>, mood: Mood, now: Duration) -> Self {
        let outage = chance.happens(0.4).then(|| {
            let from = now + chance.between(Duration::ZERO, Duration::from_secs(20));
            (from, from + chance.between(Duration::from_secs(4), Duration::from_secs(12)))
        });
        Self { installation, chance, mood, state: Mutex::new(State { outage, ..State::default() }) }
    }

    /// Stops all faults.
    pub(super) fn heal(&self) {
        self.state.lock().expect("no panic inside").is_over = true;
    }

    /// A forbidden overwrite, if there was one.
    pub(super) fn overwritten(&self) -> Option<String> {
        self.state.lock().expect("no panic inside").overwritten.clone()
    }

    /// The number of grants that neither table nor queue stored.
    pub(super) fn lost(&self) -> usize {
        self.state.lock().expect("no panic inside").lost
    }

    fn is_over(&self) -> bool {
        self.state.lock().expect("no panic inside").is_over
    }

    /// The fault of the next request of this operation, and how often it applies.
    fn fault(&self, operation: &str, now: Duration) -> Option<(Fault, usize)> {
        let is_out = self.state.lock().expect("no panic inside").outage.is_some_and(|(from, to)| (from..to).contains(&now));
        if self.is_over() {
            return None;
        }
        let writes = matches!(operation, "UpdateItem" | "TransactWriteItems" | "PutItem");
        // The client tries a request three times. It does not retry a conflict.
        if is_out && operation == "UpdateItem" {
            return Some((if self.mood == Mood::Mild { Fault::Throttled } else { Fault::TransactionConflict }, 3));
        }
        if self.mood == Mood::Mild {
            return self.chance.happens(0.02).then_some((Fault::Throttled, *self.chance.one_of(&[1, 3])));
        }
        let conflict = writes && self.chance.happens(0.12);
        if conflict {
            return Some((Fault::TransactionConflict, 1));
        }
        let others = [Fault::Throttled, Fault::TimeoutAfterApply, Fault::TimeoutBeforeApply, Fault::InternalServerError];
        self.chance.happens(0.04).then(|| (*self.chance.one_of(&others), *self.chance.one_of(&[1, 3, 3])))
    }

    /// the epoch never falls, and the grant of an epoch does not change until the epoch rises.
    pub(super) async fn watch(&self) {
        let found = self.installation.table().read(&connection_id(COMPANY)).await.expect("a healthy table");
        let mut state = self.state.lock().expect("no panic inside");
        if let (Some(before), Some(after)) = (&state.seen, &found) {
            let stands = after.epoch > before.epoch
                || (after.epoch == before.epoch && after.commit_id == before.commit_id && after.grant() == before.grant());
            if !stands {
                let what = format!("epoch {} of {} by {} of {}", before.epoch, before.commit_id, after.epoch, after.commit_id);
                state.overwritten.get_or_insert(what);
            }
        }
        state.seen = found;
    }
}

/// One process's connection to the table.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) storage: Arc<Storage>,
    pub(super) clock: ProcessClock,
}

impl Link {
    async fn call<T>(&self, operation: &str, call: impl AsyncFnOnce(Table) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let storage = &self.storage;
        let pause = || storage.chance.between(Duration::from_millis(1), Duration::from_millis(40));
        let (there, back) = (pause(), pause());
        self.clock.sleep(there).await;
        let wire = &storage.installation.wire;
        let fault = storage.fault(operation, self.clock.elapsed());
        if let Some((fault, times)) = fault {
            wire.inject(Rule::on(operation, fault).times(times));
        }
        let answer = call(storage.installation.table()).await;
        wire.reset();
        if matches!(operation, "UpdateItem" | "TransactWriteItems") {
            storage.watch().await;
        }
        // The client's own retries take this long in production.
        let tries =
            Duration::from_millis(if fault.is_some_and(|(fault, _)| fault != Fault::TransactionConflict) { 900 } else { 0 });
        self.clock.sleep(back + tries).await;
        answer
    }
}

#[async_trait]
impl ConnectionStore for Link {
    async fn read(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError> {
        self.call("GetItem", async |table: Table| table.read(id).await).await
    }

    async fn read_with_lease(&self, id: &ConnectionId) -> Result<Option<(Connection, Option<Lease>)>, StoreError> {
        self.call("BatchGetItem", async |table: Table| table.read_with_lease(id).await).await
    }

    async fn list(&self, partner: &PartnerId, query: &ListQuery) -> Result<ConnectionPage, StoreError> {
        self.call("Query", async |table: Table| table.list(partner, query).await).await
    }

    async fn due(&self, shard: u8, now: Timestamp, after: Option<&DueEntry>, most: u32) -> Result<Vec<DueEntry>, StoreError> {
        self.call("Query", async |table: Table| table.due(shard, now, after, most).await).await
    }

    async fn change(&self, id: &ConnectionId, settable: &Settable) -> Result<Written, StoreError> {
        self.call("UpdateItem", async |table: Table| table.change(id, settable).await).await
    }

    async fn company_entries(&self, company: &Company, after: Option<&str>, most: u32) -> Result<CompanyEntries, StoreError> {
        self.call("Query", async |table: Table| table.company_entries(company, after, most).await).await
    }

    async fn tally(&self, company: &Company, partner: &PartnerId, most: u32) -> Result<Tally, StoreError> {
        self.call("Query", async |table: Table| table.tally(company, partner, most).await).await
    }
}

#[async_trait]
impl GrantStore for Link {
    async fn take_lease(&self, id: &ConnectionId, lease: &Lease, seen: Option<&LeaseId>) -> Result<Taken, StoreError> {
        self.call("PutItem", async |table: Table| table.take_lease(id, lease, seen).await).await
    }

    async fn commit(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError> {
        self.call("UpdateItem", async |table: Table| table.commit(id, commit).await).await
    }

    async fn renew_withdrawn(&self, id: &ConnectionId, commit: &Commit) -> Result<Written, StoreError> {
        self.call("UpdateItem", async |table: Table| table.renew_withdrawn(id, commit).await).await
    }

    async fn restore_access(&self, restored: &RestoredAccess) -> Result<Written, StoreError> {
        self.call("TransactWriteItems", async |table: Table| table.restore_access(restored).await).await
    }

    async fn revive(&self, commit: &Commit, audit: &Audit, event: &Event) -> Result<Written, StoreError> {
        self.call("TransactWriteItems", async |table: Table| table.revive(commit, audit, event).await).await
    }

    async fn warn(
        &self,
        event: &Event,
        epoch: u64,
        hard_end: Timestamp,
        due_at: Option<Timestamp>,
    ) -> Result<Written, StoreError> {
        self.call("TransactWriteItems", async |table: Table| table.warn(event, epoch, hard_end, due_at).await).await
    }

    async fn record_failure(
        &self,
        id: &ConnectionId,
        epoch: u64,
        last_failure: &LastFailure,
        due_at: Timestamp,
    ) -> Result<Written, StoreError> {
        self.call("UpdateItem", async |table: Table| table.record_failure(id, epoch, last_failure, due_at).await).await
    }

    async fn end_grant(&self, end: &GrantEnd) -> Result<Written, StoreError> {
        self.call("TransactWriteItems", async |table: Table| table.end_grant(end).await).await
    }

    async fn keep_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError> {
        self.call("PutItem", async |table: Table| table.keep_answer(kept).await).await
    }

    async fn write_consent(&self, consent: &Consent) -> Result<ConsentWritten, StoreError> {
        self.call("TransactWriteItems", async |table: Table| table.write_consent(consent).await).await
    }

    async fn disconnect(&self, disconnect: &Disconnect) -> Result<Written, StoreError> {
        self.call("TransactWriteItems", async |table: Table| table.disconnect(disconnect).await).await
    }
}

#[async_trait]
impl Parking for Link {
    async fn park(&self, parked: &Parked) -> Result<(), StoreError> {
        self.clock.sleep(Duration::from_millis(10)).await;
        let fails = self.storage.mood != Mood::Mild && !self.storage.is_over() && self.storage.chance.happens(0.2);
        if fails {
            self.storage.state.lock().expect("no panic inside").lost += 1;
            return Err(StoreError::Unavailable("no second place".to_owned()));
        }
        self.storage.installation.parking.park(parked).await
    }

    async fn park_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError> {
        self.storage.installation.parking.park_answer(kept).await
    }
}
