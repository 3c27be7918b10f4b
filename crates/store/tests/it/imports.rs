//! Runs and records to store, and a run under way.

use std::time::Duration;

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::lease::LeaseId;
use counterfoil_core::model::record::{
    Body, Check, CheckStatus, EntityType, Invoice, InvoiceStatus, Named, Paid, Record, RecordKey, RecordKind,
};
use counterfoil_core::model::stored_record::{RecordId, StoredRecord};
use counterfoil_core::model::sync::counts::{Counts, RecordOutcome};
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{ReadOptions, SyncId, SyncKind, SyncRun, SyncStatus, Trigger};
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::syncs::{Batch, LeaseRequest, SyncLease, SyncState, SyncStore as _};
use counterfoil_testkit::fixture::{START, company, connection_id};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;

use crate::harness::Store;

pub(crate) fn acme() -> ConnectionId {
    connection_id("acme")
}

/// This number of milliseconds after the start.
pub(crate) fn after(millis: i64) -> Timestamp {
    START + millis.milliseconds()
}

pub(crate) fn sync_id(name: &str) -> SyncId {
    SyncId::new(format!("sync_{name}"))
}

/// A run of the connection `acme`.
pub(crate) fn run(name: &str, kind: SyncKind) -> SyncRun {
    SyncRun {
        id: sync_id(name),
        connection: acme(),
        epoch: 1,
        company: company("acme"),
        company_name: "The acme Company".to_owned(),
        options: ReadOptions { kind, since: None, check_rule: CheckRule::default(), keeps_source: false },
        trigger: Trigger::Api,
        is_dry: false,
        parent: None,
        status: SyncStatus::Queued,
        failure: None,
        cursor: None,
        counts: Counts::default(),
        error_samples: Vec::new(),
        left_out: Vec::new(),
        pages: 0,
        records_read: 0,
        records_total: None,
        requests: 0,
        failures: 0,
        created_at: START,
        read_from: None,
        finished_at: None,
        resumes_at: None,
        reconciliation: None,
    }
}

pub(crate) fn lease_request(attempt: &str, at: Timestamp) -> LeaseRequest {
    LeaseRequest { id: LeaseId::new(attempt), at, life: Duration::from_secs(60) }
}

impl Store {
    pub(crate) async fn state(&self) -> SyncState {
        self.table.state(&acme()).await.expect("a table")
    }

    pub(crate) async fn sync(&self, name: &str) -> SyncRun {
        self.table.sync(&acme().partner, &sync_id(name)).await.expect("a table").expect("a run")
    }

    /// Starts a run as the only one.
    pub(crate) async fn begin(&self, name: &str) -> SyncRun {
        let run = run(name, SyncKind::Sync);
        let state = SyncState { active: Some((SyncKind::Sync, run.id.clone())), ..self.state().await };
        assert_eq!(self.table.begin(&run, &state).await, Ok(Written::Stored));
        run
    }

    /// Queues a run of the other kind after it.
    pub(crate) async fn queue(&self, name: &str) -> SyncRun {
        let run = run(name, SyncKind::ImportInvoices);
        let state = SyncState { queued: Some((SyncKind::ImportInvoices, run.id.clone())), ..self.state().await };
        assert_eq!(self.table.begin(&run, &state).await, Ok(Written::Stored));
        run
    }

    pub(crate) async fn take(&self, attempt: &str, at: Timestamp) -> SyncLease {
        self.table.take(&acme(), &lease_request(attempt, at)).await.expect("a table").expect("the lease")
    }

    /// A run under way.
    pub(crate) async fn under_way(&self) -> (SyncRun, SyncLease) {
        let run = self.begin("run").await;
        (run, self.take("first", START).await)
    }

    /// Stores checks under a lease, and updates the lease's last change.
    pub(crate) async fn store_checks(&self, lease: &mut SyncLease, numbers: &[u32], at: Timestamp) {
        let records: Vec<_> = numbers.iter().map(|number| check(*number, at)).collect();
        assert_eq!(self.table.store(lease, &batch(&records)).await, Ok(Written::Stored));
        lease.last_change = Some(at);
    }

    /// The item of the state that the connection's imports share.
    pub(crate) async fn sync_item(&self) -> counterfoil_testkit::fixture::Item {
        self.item("SYNCS#default#acme", "STATE").await.expect("an item")
    }
}

pub(crate) fn batch(records: &[StoredRecord]) -> Batch<'_> {
    let first = records.first().expect("a record");
    Batch { kind: first.id.kind(), records, at: first.updated_at, now: first.updated_at }
}

pub(crate) fn id(kind: RecordKind, entity_type: EntityType, number: u32) -> RecordId {
    let key = RecordKey { entity_type, external_id: number.to_string() };
    RecordId::of(&acme(), company("acme").platform, "acme", kind, &key)
}

pub(crate) fn check_id(number: u32) -> RecordId {
    id(RecordKind::Check, EntityType::Purchase, number)
}

/// A check with this number, which is also its day in January, changed at this time.
pub(crate) fn check(number: u32, updated_at: Timestamp) -> StoredRecord {
    let day = i8::try_from(number % 28 + 1).expect("a day");
    let named = |name: &str| Named { id: Some(format!("{name} 7")), name: Some(format!("The {name}")) };
    let paid = RecordKey { entity_type: EntityType::Bill, external_id: "2390".to_owned() };
    let body = Body::Check(Check {
        number: Some(number.to_string()),
        date: date(2026, 1, day),
        amount: "1284.50".parse().expect("an amount"),
        currency: Some("USD".to_owned()),
        payee: named("payee"),
        memo: Some("Deposit, job 7731".to_owned()),
        bank_account: named("account"),
        status: CheckStatus::Issued,
        pays: vec![
            Paid { key: paid.clone(), amount: Some(Decimal::new(-9_000, 1)) },
            Paid { key: RecordKey { external_id: "2391".to_owned(), ..paid }, amount: None },
        ],
        due_date: Some(date(2026, 2, 1)),
    });
    stored(check_id(number), EntityType::Purchase, number, body, updated_at)
}

/// An invoice with as few fields as a platform may send.
pub(crate) fn invoice(number: u32, updated_at: Timestamp) -> StoredRecord {
    let body = Body::Invoice(Invoice {
        number: None,
        date: date(2026, 1, 31),
        due_date: None,
        total: "0.000001".parse().expect("an amount"),
        balance: "999999999999999.999999".parse().expect("an amount"),
        currency: None,
        customer: Named::default(),
        memo: None,
        status: InvoiceStatus::Open,
    });
    let id = id(RecordKind::Invoice, EntityType::Invoice, number);
    let mut stored = stored(id, EntityType::Invoice, number, body, updated_at);
    (stored.record.created_at, stored.record.changed_at, stored.record.source) = (None, None, None);
    stored
}

fn stored(id: RecordId, entity_type: EntityType, number: u32, body: Body, updated_at: Timestamp) -> StoredRecord {
    StoredRecord {
        id,
        connection: acme(),
        platform: company("acme").platform,
        company_id: "acme".to_owned(),
        record: Record {
            key: RecordKey { entity_type, external_id: number.to_string() },
            body,
            created_at: Some(START - 1.hour()),
            // A platform's times may be finer than milliseconds.
            changed_at: Some(START - 1.nanosecond()),
            source: Some(r#"{"Id": "2417"}"#.to_owned()),
        },
        imported_at: START,
        updated_at,
        sync: sync_id("run"),
        outcome: RecordOutcome::Imported,
        earlier: None,
        page: 1,
    }
}
