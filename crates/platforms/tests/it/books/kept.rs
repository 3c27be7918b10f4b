//! A company's books at a stand-in, the runs that read them, and their result, compared with the stand-in's own counts.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_core::model::connection::Company;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::record::{Body, CheckStatus, EntityType, InvoiceStatus, Record, RecordKey};
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Accounting, Entry, Page, PageRequest, ReadFailure};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::Admitted;
use crate::rows::row;
use crate::stand_in::StandIn;

/// More pages than any of these runs needs.
const PAGES_MOST: usize = 400;

pub(super) struct Kept {
    pub(super) stand_in: StandIn,
    grant: Grant,
    company: Company,
}

impl Kept {
    /// Books with several pages in each list; `more` is added to the request that creates them. `None` if the platform's books are
    /// not read.
    pub(super) async fn start(platform: PlatformName, more: Value) -> Option<Self> {
        let stand_in = StandIn::start(row(platform)).await;
        stand_in.platform.accounting()?;
        let grant = stand_in.grant().await;
        let found = stand_in.companies(&grant, stand_in.claim()).await.expect("named");
        let company = found.companies.into_iter().next().expect("one");
        let company = Company {
            platform,
            environment: Environment::Production,
            client_id: "client".to_owned(),
            company_id: company.company_id,
            api_base_url: company.api_base_url,
        };
        let kept = Self { stand_in, grant, company };
        let mut sizes = json!({ "payments": 1_030, "bills": 1_040, "invoices": 1_030 });
        if kept.has_purchases().await {
            sizes["purchases"] = json!(2_050);
        }
        let mut beginning = json!({ "sizes": sizes });
        beginning.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        kept.stand_in.control(&kept.route(""), beginning).await;
        Some(kept)
    }

    pub(super) async fn refresh(&mut self) {
        let token = self.grant.refresh_token.as_ref().expect("one");
        self.grant.access_token = self.stand_in.refresh(token).await.expect("a token").access_token;
    }

    pub(super) fn accounting(&self) -> &dyn Accounting {
        self.stand_in.platform.accounting().expect("it has books")
    }

    fn route(&self, rest: &str) -> String {
        format!("books/{}{rest}", self.company.company_id)
    }

    async fn has_purchases(&self) -> bool {
        self.stand_in.shown(&self.route("")).await["entities"]["purchases"].is_object()
    }

    /// The entities of a kind of run.
    pub(super) async fn entities(&self, kind: SyncKind) -> Vec<&'static str> {
        match kind {
            SyncKind::ImportInvoices => vec!["bills", "invoices"],
            SyncKind::Sync if self.has_purchases().await => vec!["purchases", "payments"],
            SyncKind::Sync => vec!["payments"],
        }
    }

    pub(super) async fn edit(&self, entity: &str, indexes: &[u64], set: Value) {
        let body = json!({ "entity": entity, "indexes": indexes, "set": set });
        self.stand_in.control(&self.route("/edit"), body).await;
    }

    pub(super) async fn add(&self, entity: &str, count: u64) {
        self.stand_in.control(&self.route("/add"), json!({ "entity": entity, "count": count })).await;
    }

    pub(super) async fn pass(&self, seconds: u64) {
        self.stand_in.control("clock", json!({ "advance_seconds": seconds })).await;
    }

    pub(super) async fn page(&self, options: &ReadOptions, cursor: &Cursor) -> Result<Page, ReadFailure> {
        let time = Duration::from_secs(10);
        let (access_token, company, admit) = (&self.grant.access_token, &self.company, &Admitted::default());
        let page_request = PageRequest { access_token, company, options, cursor, time, admit };
        self.accounting().page(page_request).await
    }

    /// Reads to the end. `before` gets the number of pages so far. A page that fails is requested once more.
    pub(super) async fn run(&self, options: &ReadOptions, before: impl AsyncFn(usize)) -> Vec<Entry> {
        let mut next = Some(self.accounting().first(options));
        let (mut entries, mut pages) = (Vec::new(), 0);
        while let Some(cursor) = next {
            assert!(pages < PAGES_MOST, "{cursor:?}");
            before(pages).await;
            let page = match self.page(options, &cursor).await {
                Ok(page) => page,
                Err(_) => self.page(options, &cursor).await.unwrap_or_else(|failure| panic!("{pages}: {failure:?}")),
            };
            pages += 1;
            entries.extend(page.entries);
            next = page.next;
        }
        entries
    }

    /// The records by the stand-in's own count.
    pub(super) async fn truth(&self, kind: SyncKind) -> BTreeMap<&'static str, Totals> {
        let shown = self.stand_in.shown(&self.route("")).await;
        let mut truth = BTreeMap::<_, Totals>::new();
        for entity in self.entities(kind).await {
            let counted = &shown["entities"][entity]["counted"];
            let totals = truth.entry(if kind == SyncKind::Sync { "checks" } else { entity }).or_default();
            totals.count += counted["count"].as_u64().expect("a count");
            for (currency, sum) in counted["sums"].as_object().expect("sums") {
                let sum: Decimal = sum.as_str().expect("text").parse().expect("a number");
                *totals.sums.entry(currency.clone()).or_default() += sum;
            }
        }
        truth
    }
}

/// A number of records, and their sums by currency.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    count: u64,
    sums: BTreeMap<String, Decimal>,
}

/// The records after some runs.
#[derive(Default)]
pub(super) struct Table(pub(super) BTreeMap<RecordKey, Record>);

impl Table {
    /// The records after a full run: only those that it has read.
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let mut table = Self::default();
        table.put(entries);
        table
    }

    pub(super) fn put(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            match entry {
                Entry::Record(record) => drop(self.0.insert(record.key.clone(), *record)),
                Entry::Absent(key) => drop(self.0.remove(&key)),
                Entry::Unreadable { .. } => (),
            }
        }
    }

    /// The valid records, as the stand-in counts them.
    pub(super) fn totals(&self, kind: SyncKind) -> BTreeMap<&'static str, Totals> {
        let names: &[_] = if kind == SyncKind::Sync { &["checks"] } else { &["bills", "invoices"] };
        let mut totals: BTreeMap<_, _> = names.iter().map(|name| (*name, Totals::default())).collect();
        for record in self.0.values() {
            let (name, amount, currency) = match &record.body {
                Body::Check(check) if check.status == CheckStatus::Issued => ("checks", check.amount, &check.currency),
                Body::Check(check) if check.status == CheckStatus::ToBeIssued => ("bills", check.amount, &check.currency),
                Body::Invoice(invoice) if invoice.status != InvoiceStatus::Void => ("invoices", invoice.total, &invoice.currency),
                _ => continue,
            };
            let totals = totals.get_mut(name).expect("of this kind of run");
            totals.count += 1;
            *totals.sums.entry(currency.clone().expect("a currency")).or_default() += amount;
        }
        totals
    }

    pub(super) fn types(&self) -> Vec<EntityType> {
        let mut types: Vec<_> = self.0.keys().map(|key| key.entity_type).collect();
        types.dedup();
        types
    }
}
