//! A connection whose company has checks at the stand-in, and imports of it by the built function `sync-worker`.

use std::time::Duration;

use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::StoredRecord;
use counterfoil_core::model::sync::{SyncId, SyncKind, SyncRun, Trigger};
use counterfoil_core::service::sync::begin::{SyncRequest, begin};
use counterfoil_testkit::lambda::{InvokeError, Lambda};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::browser::LARKSPUR;
use crate::deployment::{Deployment, connection_id};

/// When the last record of the books was made: long before any run begins.
const UNTIL: i64 = 1_750_000_000;
/// The time of the function, as `template.yaml` has it.
const FUNCTION_TIME: Duration = Duration::from_secs(900);
const BLOCKS_AT_ONCE: u32 = 50;
const RECORDS_AT_ONCE: usize = 100;

/// The installation.
pub(crate) struct Importing {
    pub(crate) deployment: Deployment,
}

impl Importing {
    /// Connects a company with so many checks.
    pub(crate) async fn of(deployment: Deployment, checks: u64) -> Self {
        let books = json!({ "sizes": { "purchases": checks }, "checks_only": true, "until": UNTIL });
        deployment.intuit.control(&format!("books/{LARKSPUR}"), books).await;
        deployment.connect(LARKSPUR).await;
        Self { deployment }
    }

    /// Changes a number of checks from the `first` on.
    pub(crate) async fn edit(&self, first: u64, count: u64, set: Value) {
        let edit = json!({ "entity": "purchases", "first": first, "count": count, "set": set, "quiet": true });
        self.deployment.intuit.control(&format!("books/{LARKSPUR}/edit"), edit).await;
    }

    /// Begins a run, which a worker is to take up.
    pub(crate) async fn begin(&self, full: bool, is_dry: bool) -> SyncId {
        let request = SyncRequest { kind: SyncKind::Sync, full, is_dry, trigger: Trigger::Api, parent: None };
        begin(&self.deployment.operator, &self.deployment.connection().await, &request).await.expect("a run").id
    }

    /// The run as it is stored.
    pub(crate) async fn run(&self, id: &SyncId) -> SyncRun {
        let run = self.deployment.operator.syncs.sync(&connection_id().partner, id).await;
        run.expect("the table answers").expect("a run")
    }

    /// Every check that is stored, in the order of the ids, as a consumer of the changes finds them.
    pub(crate) async fn checks(&self) -> Vec<StoredRecord> {
        let (records, id) = (&self.deployment.operator.records, connection_id());
        let (mut ids, mut from) = (Vec::new(), Timestamp::UNIX_EPOCH);
        loop {
            let blocks = records.changes(&id, RecordKind::Check, from, BLOCKS_AT_ONCE).await.expect("the table answers");
            let Some(last) = blocks.last() else { break };
            from = last.at + Duration::from_millis(1);
            ids.extend(blocks.into_iter().flat_map(|block| block.ids));
        }
        ids.sort_unstable();
        ids.dedup();
        let mut checks = Vec::new();
        for part in ids.chunks(RECORDS_AT_ONCE) {
            checks.extend(records.records(&id.partner, part).await.expect("the table answers").into_iter().flatten());
        }
        checks
    }
}

/// One invocation of the worker.
pub(crate) async fn invoke(worker: &Lambda) -> Result<Value, InvokeError> {
    worker.invoke_within(&json!({}), FUNCTION_TIME).await
}

/// The same, which must end well.
pub(crate) async fn work(worker: &Lambda) {
    let ran = invoke(worker).await;
    assert!(ran.is_ok(), "{ran:?}\n{}", worker.logs());
}
