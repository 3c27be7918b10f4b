//! Scripted books with state: the records and the times of their changes. A run reads them page by page.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use counterfoil_core::model::record::{
    Body, Check, CheckStatus, EntityType, Invoice, InvoiceStatus, Named, Record, RecordKey, Unreadable,
};
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Accounting, Entry, Limits, Page, PageRequest, ReadFailure};
use jiff::Timestamp;
use jiff::civil::date;
use rust_decimal::Decimal;

use super::Gate;

/// The books of every company of a scripted platform. Incremental runs see deleted records. Under a rule with a prefix, the checks are
/// those whose number begins with it.
#[derive(Debug, Default)]
pub struct ScriptedBooks {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<RecordKey, Line>,
    page_size: usize,
    failures: VecDeque<ReadFailure>,
    requests: Vec<ReceivedRequest>,
    gate: Option<Gate>,
    minute_limit: Option<u32>,
    shown_again: Option<Record>,
    has_a_nameless: bool,
    left_out: Option<EntityType>,
    more_requests: u32,
}

#[derive(Debug, Clone)]
struct Line {
    /// `None` after it is deleted.
    entry: Option<Result<Record, Unreadable>>,
    changed_at: Timestamp,
}

/// A request for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The access token.
    pub access_token: String,
    /// Whether only changes were requested.
    pub is_incremental: bool,
    /// The cursor.
    pub cursor: String,
}

impl ScriptedBooks {
    /// Adds or changes a record at this time.
    pub fn put(&self, record: Record, at: Timestamp) {
        let record = Record { changed_at: Some(at), ..record };
        self.state().lines.insert(record.key.clone(), Line { entry: Some(Ok(record)), changed_at: at });
    }

    /// Makes a record unreadable.
    pub fn spoil(&self, key: &RecordKey, reason: Unreadable, at: Timestamp) {
        self.state().lines.insert(key.clone(), Line { entry: Some(Err(reason)), changed_at: at });
    }

    /// Deletes a record.
    pub fn delete(&self, key: &RecordKey, at: Timestamp) {
        self.state().lines.insert(key.clone(), Line { entry: None, changed_at: at });
    }

    /// Removes a record without a trace: a list of changes does not have it.
    pub fn forget(&self, key: &RecordKey) {
        self.state().lines.remove(key);
    }

    /// Repeats a record, as given, on the last page.
    pub fn show_again(&self, record: Record) {
        self.state().shown_again = Some(record);
    }

    /// Sets whether there is a check without an id, which cannot be read.
    pub fn spoil_one_without_an_id(&self, is_there: bool) {
        self.state().has_a_nameless = is_there;
    }

    /// Sets the type of records that the company's plan does not include.
    pub fn leave_out(&self, entity_type: Option<EntityType>) {
        self.state().left_out = entity_type;
    }

    /// Sets how many requests a page takes besides its first.
    pub fn set_more_requests(&self, requests: u32) {
        self.state().more_requests = requests;
    }

    /// Sets the page size.
    pub fn set_page_size(&self, size: usize) {
        self.state().page_size = size;
    }

    /// Sets the failures of the next requests. Later ones are answered.
    pub fn fail(&self, failures: impl IntoIterator<Item = ReadFailure>) {
        self.state().failures.extend(failures);
    }

    /// Sets the number of requests that a company may make in a minute.
    pub fn set_minute_limit(&self, requests: u32) {
        self.state().minute_limit = Some(requests);
    }

    /// Holds all answers from now on until the gate is opened.
    #[must_use]
    pub fn hold(&self) -> Gate {
        let gate = Gate::default();
        self.state().gate = Some(gate.clone());
        gate
    }

    /// Stops holding answers.
    pub fn let_go(&self) {
        self.state().gate = None;
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Accounting for ScriptedBooks {
    fn limits(&self) -> Option<Limits> {
        Some(Limits {
            company_per_minute: self.state().minute_limit.unwrap_or(100_000),
            company_per_day: None,
            app_per_minute: None,
            company_per_second: None,
            company_at_once: None,
        })
    }

    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        match kind {
            SyncKind::Sync => &[EntityType::Purchase, EntityType::BillPayment],
            SyncKind::ImportInvoices => &[EntityType::Bill, EntityType::Invoice],
        }
    }

    fn first(&self, _: &ReadOptions) -> Cursor {
        Cursor("\"\"".to_owned())
    }

    async fn page(&self, page_request: PageRequest<'_>) -> Result<Page, ReadFailure> {
        let more = self.state().more_requests;
        for _ in 0..=more {
            page_request.admit.admit().await?;
        }
        let (answer, gate) = {
            let mut state = self.state();
            state.requests.push(ReceivedRequest {
                access_token: page_request.access_token.expose().to_owned(),
                is_incremental: page_request.options.since.is_some(),
                cursor: page_request.cursor.0.clone(),
            });
            let failure = state.failures.pop_front();
            let types: BTreeSet<_> = self.entity_types(page_request.options.kind).iter().copied().collect();
            (failure.map_or_else(|| Ok(state.page(&page_request, &types)), Err), state.gate.clone())
        };
        if let Some(gate) = gate {
            gate.pass().await;
        }
        answer
    }
}

impl State {
    fn page(&self, page_request: &PageRequest<'_>, types: &BTreeSet<EntityType>) -> Page {
        let size = if self.page_size == 0 { 100 } else { self.page_size };
        let place = |key: &RecordKey| {
            let entity_type: &str = key.entity_type.into();
            format!("\"{entity_type} {}\"", key.external_id)
        };
        let since = page_request.options.since;
        let mut wanted: Vec<_> = self
            .lines
            .iter()
            .filter(|(key, _)| Some(key.entity_type) != self.left_out)
            .filter(|(key, line)| types.contains(&key.entity_type) && since.is_none_or(|since| line.changed_at >= since))
            .filter(|(_, line)| since.is_some() || line.entry.is_some())
            .filter(|(_, line)| is_taken(line, &page_request.options.check_rule))
            .filter(|(key, _)| place(key) > page_request.cursor.0)
            .collect();
        wanted.sort_by_key(|(key, _)| place(key));
        let next = wanted.get(size - 1).filter(|_| wanted.len() > size).map(|(key, _)| Cursor(place(key)));
        let mut entries: Vec<_> =
            wanted.into_iter().take(size).map(|(key, line)| entry(key, line, page_request.options)).collect();
        if next.is_none() {
            entries.extend(self.shown_again.clone().map(|record| Entry::Record(Box::new(record))));
            entries.extend(self.has_a_nameless.then_some(Entry::Unreadable {
                entity_type: EntityType::Purchase,
                external_id: None,
                reason: Unreadable::IdUnreadable,
            }));
        }
        let left_out = self.left_out.filter(|of| next.is_none() && types.contains(of));
        Page { entries, next, left_out, ..Page::default() }
    }
}

fn is_taken(line: &Line, rule: &CheckRule) -> bool {
    match (&line.entry, rule) {
        (Some(Ok(Record { body: Body::Check(Check { number, .. }), .. })), CheckRule::Prefix(prefix)) => {
            number.as_ref().is_some_and(|number| number.starts_with(prefix))
        }
        _ => true,
    }
}

fn entry(key: &RecordKey, line: &Line, options: &ReadOptions) -> Entry {
    match &line.entry {
        Some(Ok(record)) => {
            let source = record.source.clone().filter(|_| options.keeps_source);
            Entry::Record(Box::new(Record { source, ..record.clone() }))
        }
        Some(Err(reason)) => {
            Entry::Unreadable { entity_type: key.entity_type, external_id: Some(key.external_id.clone()), reason: *reason }
        }
        None => Entry::Absent(key.clone()),
    }
}

/// The key of a purchase.
pub fn purchase(external_id: &str) -> RecordKey {
    RecordKey { entity_type: EntityType::Purchase, external_id: external_id.to_owned() }
}

/// An issued check with this amount in cents.
pub fn check(external_id: &str, cents: i64) -> Record {
    let named = |text: &str| Named { id: Some(text.to_owned()), name: Some(format!("The {text}")) };
    let body = Check {
        number: Some(external_id.to_owned()),
        date: date(2026, 1, 15),
        amount: Decimal::new(cents, 2),
        currency: Some("USD".to_owned()),
        payee: named("payee"),
        memo: None,
        bank_account: named("account"),
        status: CheckStatus::Issued,
        pays: Vec::new(),
        due_date: None,
    };
    Record { key: purchase(external_id), body: Body::Check(body), created_at: None, changed_at: None, source: None }
}

/// An open invoice with this amount in cents.
pub fn invoice(external_id: &str, cents: i64) -> Record {
    let key = RecordKey { entity_type: EntityType::Invoice, external_id: external_id.to_owned() };
    let body = Invoice {
        number: Some(external_id.to_owned()),
        date: date(2026, 2, 1),
        due_date: Some(date(2026, 3, 1)),
        total: Decimal::new(cents, 2),
        balance: Decimal::new(cents, 2),
        currency: Some("USD".to_owned()),
        customer: Named::default(),
        memo: None,
        status: InvoiceStatus::Open,
    };
    Record { key, body: Body::Invoice(body), created_at: None, changed_at: None, source: None }
}
