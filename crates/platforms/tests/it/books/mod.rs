//! Reading of a platform's books: to the end, during changes, and through faults. `contract` has what holds for every platform, with
//! the stand-ins; the other tests use their own server.

mod bad_fields;
mod bad_pages;
mod contract;
mod documented;
mod freshbooks;
mod kept;
mod quickbooks;
mod server;
mod wire;
mod xero;
mod zoho;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::connection::Company;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::record::{EntityType, Record, RecordKey};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Admit, Entry, Limit, Page, PageRequest, Progress, ReadFailure};
use counterfoil_core::port::platform::Platform;
use jiff::Timestamp;

use crate::raw::platform_at;
use server::Server;

/// More pages than any of these runs needs.
const PAGES_MOST: usize = 500;

/// A company whose books are at a server.
struct Books {
    platform: Arc<dyn Platform>,
    company: Company,
    admitted: Admitted,
}

/// The result of a run.
#[derive(Debug, Default)]
struct Run {
    entries: Vec<Entry>,
    pages: usize,
    requests: u32,
    left_out: Vec<EntityType>,
    /// For each page that says it, the number of records so far and in all.
    progress: Vec<(u64, u64)>,
}

impl Books {
    async fn at(server: &Server, platform: PlatformName, company_id: &str, path: &str) -> Self {
        let company = Company {
            platform,
            environment: Environment::Production,
            client_id: "client".to_owned(),
            company_id: company_id.to_owned(),
            api_base_url: format!("{}{path}", server.base),
        };
        Self { platform: platform_at(platform, &server.base).await, company, admitted: Admitted::default() }
    }

    async fn page(&self, options: &ReadOptions, cursor: &Cursor) -> Result<Page, ReadFailure> {
        let access_token = Secret::new("access");
        let time = Duration::from_secs(10);
        let page_request =
            PageRequest { access_token: &access_token, company: &self.company, options, cursor, time, admit: &self.admitted };
        self.platform.accounting().expect("it has books").page(page_request).await
    }

    /// Reads to the end. A page that fails is requested once more.
    async fn run(&self, options: &ReadOptions) -> Result<Run, ReadFailure> {
        let mut next = Some(self.platform.accounting().expect("it has books").first(options));
        let (mut run, before) = (Run::default(), self.admitted.0.load(Ordering::Relaxed));
        while let Some(cursor) = next {
            assert!(run.pages < PAGES_MOST && cursor.0.len() <= 4_096, "{cursor:?}");
            let page = match self.page(options, &cursor).await {
                Ok(page) => page,
                Err(_) => self.page(options, &cursor).await?,
            };
            run.pages += 1;
            run.left_out.extend(page.left_out);
            run.progress.extend(page.progress.map(|Progress { read, total }| (read, total)));
            run.entries.extend(page.entries);
            next = page.next;
        }
        run.requests = self.admitted.0.load(Ordering::Relaxed) - before;
        Ok(run)
    }
}

/// Admits every request, and counts them.
#[derive(Default)]
struct Admitted(AtomicU32);

#[async_trait]
impl Admit for Admitted {
    async fn admit(&self) -> Result<(), ReadFailure> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Run {
    fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Record(record) => Some(&**record),
            _ => None,
        })
    }

    fn ids(&self) -> BTreeSet<String> {
        self.records().map(|record| record.key.external_id.clone()).collect()
    }

    fn absent(&self) -> Vec<&RecordKey> {
        let absent = self.entries.iter().filter_map(|entry| match entry {
            Entry::Absent(key) => Some(key),
            _ => None,
        });
        absent.collect()
    }
}

fn full(kind: SyncKind) -> ReadOptions {
    ReadOptions { kind, since: None, check_rule: CheckRule::NumberLike, keeps_source: false }
}

fn since(kind: SyncKind, since: Timestamp) -> ReadOptions {
    ReadOptions { since: Some(since), ..full(kind) }
}

fn limited(seconds: u64, is_daily: bool) -> ReadFailure {
    limited_by(seconds, if is_daily { Limit::Day } else { Limit::Minute })
}

fn limited_by(seconds: u64, limit: Limit) -> ReadFailure {
    ReadFailure::Limited { retry_after: Duration::from_secs(seconds), limit }
}

const UNAVAILABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };
