//! A connection whose company has books, and its runs.

use std::time::Duration;

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::record::{Record, RecordKind, Unreadable};
use counterfoil_core::model::stored_record::StoredRecord;
use counterfoil_core::model::sync::{SyncKind, SyncRun, Trigger};
use counterfoil_core::service::sync::begin::{SyncRequest, begin};
use counterfoil_core::service::sync::{Worked, work};
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::platform::books::{ScriptedBooks, check, purchase};
use jiff::Timestamp;

use crate::harness::Stage;

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
/// The time of a worker.
pub(crate) const WORKERS_TIME: Duration = Duration::from_secs(840);

pub(crate) struct Books {
    pub(crate) stage: Stage,
    pub(crate) id: ConnectionId,
}

impl Books {
    /// A company with this number of checks, with the amounts 10.01, 10.02 and so on, and with their numbers as ids.
    pub(crate) async fn of(checks: i64) -> Self {
        let stage = Stage::self_advancing(RotationPolicy::Stable).await;
        let id = stage.installation.connect(&stage.app, "acme").await;
        let books = Self { stage, id };
        for number in 1..=checks {
            books.put(check(&number.to_string(), 1_000 + number));
        }
        // Later than the overlap of the next run.
        books.stage.clock.advance(Duration::from_secs(600));
        books
    }

    pub(crate) fn platform(&self) -> &ScriptedBooks {
        &self.stage.installation.platform.books
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.stage.app.now()
    }

    pub(crate) fn put(&self, record: Record) {
        self.platform().put(record, self.now());
    }

    pub(crate) fn delete(&self, external_id: &str) {
        self.platform().delete(&purchase(external_id), self.now());
    }

    pub(crate) fn spoil(&self, external_id: &str, reason: Unreadable) {
        self.platform().spoil(&purchase(external_id), reason, self.now());
    }

    /// Starts a run.
    pub(crate) async fn begin(&self, request: &SyncRequest) -> SyncRun {
        let connection = self.stage.row(&self.id).await;
        begin(&self.stage.app, &connection, request).await.expect("a run")
    }

    /// Works on the connection's runs until they have ended, and waits where they wait.
    pub(crate) async fn work(&self) {
        for _ in 0..200 {
            let ends_at = self.stage.app.clock.elapsed() + WORKERS_TIME;
            match work(&self.stage.app, &self.id, ends_at).await.expect("a table") {
                Worked::Nothing => {
                    if self.stage.app.syncs.state(&self.id).await.expect("a state").active.is_none() {
                        return;
                    }
                    self.stage.clock.advance(Duration::from_secs(30));
                }
                Worked::Paused => self.stage.clock.advance(Duration::from_secs(60)),
                Worked::Ended => {}
            }
        }
        panic!("a run that does not end");
    }

    /// Works on the connection's runs for the time of one invocation.
    pub(crate) async fn work_once(&self) {
        let ends_at = self.stage.app.clock.elapsed() + WORKERS_TIME;
        work(&self.stage.app, &self.id, ends_at).await.expect("a table");
    }

    /// Runs an import from its start to its end.
    pub(crate) async fn run(&self, request: SyncRequest) -> SyncRun {
        let run = self.begin(&request).await;
        self.work().await;
        self.read(&run).await
    }

    pub(crate) async fn read(&self, run: &SyncRun) -> SyncRun {
        self.stage.app.syncs.sync(&self.id.partner, &run.id).await.expect("a table").expect("a run")
    }

    /// Every stored record, by id.
    pub(crate) async fn stored(&self, kind: RecordKind) -> Vec<StoredRecord> {
        let records = &self.stage.app.records;
        let mut ids = Vec::new();
        let mut from = Timestamp::UNIX_EPOCH;
        loop {
            let blocks = records.changes(&self.id, kind, from, 50).await.expect("a table");
            let Some(last) = blocks.last() else { break };
            from = last.at + Duration::from_millis(1);
            ids.extend(blocks.into_iter().flat_map(|block| block.ids));
        }
        ids.sort_unstable();
        ids.dedup();
        let mut stored = Vec::new();
        for part in ids.chunks(100) {
            stored.extend(records.records(&self.id.partner, part).await.expect("a table").into_iter().flatten());
        }
        stored
    }
}

pub(crate) fn request_of(kind: SyncKind) -> SyncRequest {
    SyncRequest { kind, full: false, is_dry: false, trigger: Trigger::Api, parent: None }
}

pub(crate) fn sync() -> SyncRequest {
    request_of(SyncKind::Sync)
}

pub(crate) fn full() -> SyncRequest {
    SyncRequest { full: true, ..sync() }
}
