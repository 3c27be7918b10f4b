//! The item of a run. Status, failure and end are separate attributes, because a run is also ended without being read.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::sync::counts::Counts;
use counterfoil_core::model::sync::reconciliation::Covers;
use counterfoil_core::model::sync::{Cursor, ErrorSample, ReadOptions, SyncId, SyncRun};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use super::settings_row::read_check_rule;
use super::totals_row;
use crate::key::{Key, syncs_of};
use crate::records::row::key;
use crate::row::{Item, damaged, from_item, key_item, maybe_time, millis, name_of, time, to_item, word};
use crate::table::{LIST_PK, LIST_SK};
use crate::tally_row::TallyRow;

/// How long a run and its group are kept after they were requested, in seconds: thirteen months, so that the monthly closes of a year
/// can be looked up.
pub(super) const KEPT_FOR: i64 = 400 * 86_400;

#[derive(Serialize, Deserialize)]
struct RunRow {
    sync_id: String,
    partner: String,
    company_key: String,
    #[serde(default)]
    epoch: u64,
    platform: String,
    environment: String,
    client_id: String,
    company_id: String,
    api_base_url: String,
    company_name: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    check_rule: String,
    keeps_source: bool,
    trigger: String,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    checks: TallyRow,
    invoices: TallyRow,
    errors: u64,
    seen: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    error_samples: Vec<SampleRow>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
    pages: u32,
    #[serde(default)]
    records_read: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    records_total: Option<u64>,
    requests: u32,
    failures: u32,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumes_at: Option<i64>,
    /// The records that the reconciliation covers, and the number of its items.
    #[serde(skip_serializing_if = "Option::is_none")]
    covers: Option<String>,
    #[serde(default)]
    totals_parts: u32,
    ttl: i64,
}

#[derive(Serialize, Deserialize)]
struct SampleRow {
    entity_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    reason: String,
}

/// The items of a run: its own, with its key in the partner's list, and those of its reconciliation.
pub(super) fn write(sync: &SyncRun) -> Result<Vec<Item>, StoreError> {
    let totals = sync.reconciliation.as_ref().map(|reconciliation| totals_row::write(sync, reconciliation)).transpose()?;
    let totals = totals.unwrap_or_default();
    let row = RunRow { totals_parts: u32::try_from(totals.len()).unwrap_or(u32::MAX), ..RunRow::from(sync) };
    let mut item = to_item(&Key::sync(&sync.connection.partner, &sync.id), row)?;
    let place = format!("{}#{}", sync.id.as_str(), sync.connection.company_key);
    item.extend(in_list(&sync.connection.partner, place));
    Ok([vec![item], totals].concat())
}

impl From<&SyncRun> for RunRow {
    fn from(sync: &SyncRun) -> Self {
        let SyncRun { connection, company, options, counts, .. } = sync;
        Self {
            sync_id: sync.id.as_str().to_owned(),
            partner: connection.partner.to_string(),
            company_key: connection.company_key.to_string(),
            epoch: sync.epoch,
            platform: company.platform.to_string(),
            environment: company.environment.as_str().to_owned(),
            client_id: company.client_id.clone(),
            company_id: company.company_id.clone(),
            api_base_url: company.api_base_url.clone(),
            company_name: sync.company_name.clone(),
            kind: word_of(options.kind),
            since: options.since.map(millis),
            check_rule: options.check_rule.to_string(),
            keeps_source: options.keeps_source,
            trigger: word_of(sync.trigger),
            dry_run: sync.is_dry,
            parent: sync.parent.as_ref().map(|id| id.as_str().to_owned()),
            status: word_of(sync.status),
            failure: sync.failure.map(word_of),
            cursor: sync.cursor.as_ref().map(|cursor| cursor.0.clone()),
            checks: counts.checks.into(),
            invoices: counts.invoices.into(),
            errors: counts.errors,
            seen: counts.seen,
            error_samples: sync.error_samples.iter().map(SampleRow::from).collect(),
            left_out: sync.left_out.iter().map(|of| word_of(*of)).collect(),
            pages: sync.pages,
            records_read: sync.records_read,
            records_total: sync.records_total,
            requests: sync.requests,
            failures: sync.failures,
            created_at: millis(sync.created_at),
            read_from: sync.read_from.map(millis),
            finished_at: sync.finished_at.map(millis),
            resumes_at: sync.resumes_at.map(millis),
            covers: sync.reconciliation.as_ref().map(|reconciliation| word_of(reconciliation.covers)),
            totals_parts: 0,
            ttl: sync.created_at.as_second() + KEPT_FOR,
        }
    }
}

/// A run without its reconciliation, and the keys of that one's items.
pub(super) struct Read {
    pub(super) sync: SyncRun,
    pub(super) covers: Option<Covers>,
    pub(super) totals: Vec<Key>,
}

impl Read {
    /// The run with its reconciliation, which is read from these items.
    pub(super) fn with(self, totals: Vec<Item>) -> Result<SyncRun, StoreError> {
        let reconciliation = self.covers.map(|covers| totals_row::read(covers, totals)).transpose()?;
        Ok(SyncRun { reconciliation, ..self.sync })
    }
}

pub(super) fn read(item: Item) -> Result<Read, StoreError> {
    let name = name_of(&item);
    let row: RunRow = from_item(item)?;
    let partner = PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?;
    let id = SyncId::new(row.sync_id.clone());
    Ok(Read {
        covers: row.covers.as_deref().map(|covers| word(&name, "covers", covers)).transpose()?,
        totals: (0..row.totals_parts).map(|part| Key::sync_totals(&partner, &id, part)).collect(),
        sync: row.read(&name, id, partner)?,
    })
}

impl RunRow {
    fn read(self, name: &str, id: SyncId, partner: PartnerId) -> Result<SyncRun, StoreError> {
        let company_key = CompanyKey::parse(&self.company_key).map_err(|_| damaged(name, "company_key"))?;
        Ok(SyncRun {
            id,
            connection: ConnectionId { partner, company_key },
            epoch: self.epoch,
            company: Company {
                platform: word(name, "platform", &self.platform)?,
                environment: word(name, "environment", &self.environment)?,
                client_id: self.client_id,
                company_id: self.company_id,
                api_base_url: self.api_base_url,
            },
            company_name: self.company_name,
            options: ReadOptions {
                kind: word(name, "kind", &self.kind)?,
                since: maybe_time(name, self.since)?,
                check_rule: read_check_rule(name, &self.check_rule)?,
                keeps_source: self.keeps_source,
            },
            trigger: word(name, "trigger", &self.trigger)?,
            is_dry: self.dry_run,
            parent: self.parent.map(SyncId::new),
            status: word(name, "status", &self.status)?,
            failure: self.failure.map(|failure| word(name, "failure", &failure)).transpose()?,
            cursor: self.cursor.map(Cursor),
            counts: Counts { checks: self.checks.into(), invoices: self.invoices.into(), errors: self.errors, seen: self.seen },
            error_samples: self.error_samples.into_iter().map(|sample| sample.read(name)).collect::<Result<_, _>>()?,
            left_out: self.left_out.iter().map(|of| word(name, "left_out", of)).collect::<Result<_, _>>()?,
            pages: self.pages,
            records_read: self.records_read,
            records_total: self.records_total,
            requests: self.requests,
            failures: self.failures,
            created_at: time(name, self.created_at)?,
            read_from: maybe_time(name, self.read_from)?,
            finished_at: maybe_time(name, self.finished_at)?,
            resumes_at: maybe_time(name, self.resumes_at)?,
            reconciliation: None,
        })
    }
}

impl From<&ErrorSample> for SampleRow {
    fn from(sample: &ErrorSample) -> Self {
        let (entity_type, external_id) = match &sample.key {
            Ok(key) => (key.entity_type, Some(key.external_id.clone())),
            Err(entity_type) => (*entity_type, None),
        };
        Self { entity_type: word_of(entity_type), external_id, reason: word_of(sample.reason) }
    }
}

impl SampleRow {
    fn read(self, name: &str) -> Result<ErrorSample, StoreError> {
        let key = match self.external_id {
            Some(external_id) => Ok(key(name, &self.entity_type, external_id)?),
            None => Err(word(name, "entity_type", &self.entity_type)?),
        };
        Ok(ErrorSample { key, reason: word(name, "reason", &self.reason)? })
    }
}

pub(super) fn word_of(word: impl Into<&'static str>) -> String {
    word.into().to_owned()
}

/// The place is the run's id, and after it the connection's key, by which a purge finds the runs of one connection. Rows of earlier
/// versions have the id alone.
fn in_list(partner: &PartnerId, place: String) -> [(String, AttributeValue); 2] {
    [(LIST_PK, syncs_of(partner)), (LIST_SK, place)].map(|(name, text)| (name.to_owned(), AttributeValue::S(text)))
}

/// A position in a partner's list before the run and after all older ones.
pub(super) fn list_position(partner: &PartnerId, id: &SyncId) -> Item {
    let mut item = key_item(&Key::sync(partner, id));
    item.extend(in_list(partner, id.as_str().to_owned()));
    item
}
