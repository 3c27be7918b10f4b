//! The item of a record. Amounts are decimal text with the platform's digits, because a reader may round numbers. The platform's
//! times are text too, with all their digits: a record that a platform returns again must equal the stored one.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::record::{Body, Check, Invoice, Named, Paid, Record, RecordKey, RecordKind};
use counterfoil_core::model::stored_record::{Earlier, RecordId, StoredRecord};
use counterfoil_core::model::sync::SyncId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::records::SOURCE_LONGEST;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::key::{Key, records_of};
use crate::records::list_place::list_sk;
use crate::records::side_row::{SideRow, read_side, write_side};
use crate::row::{Item, damaged, from_item, millis, name_of, time, to_item, word};
use crate::table::{LIST_PK, LIST_SK};

#[derive(Serialize, Deserialize)]
struct RecordRow {
    record_id: String,
    partner: String,
    company_key: String,
    platform: String,
    company_id: String,
    entity_type: String,
    external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    date: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<String>,
    status: String,
    /// Present on a check.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(default, skip_serializing_if = "NamedRow::is_empty")]
    payee: NamedRow,
    #[serde(default, skip_serializing_if = "NamedRow::is_empty")]
    bank_account: NamedRow,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pays: Vec<PaidRow>,
    /// Present on an invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    balance: Option<String>,
    #[serde(default, skip_serializing_if = "NamedRow::is_empty")]
    customer: NamedRow,
    /// The platform's time.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Our time, in milliseconds since 1970.
    imported_at: i64,
    updated_at: i64,
    sync_id: String,
    /// The attribute keeps its first name, for rows and releases of before.
    #[serde(rename = "deed")]
    outcome: String,
    page: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier: Option<EarlierRow>,
}

#[derive(Serialize, Deserialize)]
struct EarlierRow {
    /// The attribute keeps its first name, for rows and releases of before.
    #[serde(rename = "deed")]
    outcome: String,
    totals: Vec<SideRow>,
}

#[derive(Default, Serialize, Deserialize)]
struct NamedRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl NamedRow {
    fn is_empty(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }
}

impl From<&Named> for NamedRow {
    fn from(named: &Named) -> Self {
        Self { id: named.id.clone(), name: named.name.clone() }
    }
}

impl From<NamedRow> for Named {
    fn from(row: NamedRow) -> Self {
        Self { id: row.id, name: row.name }
    }
}

#[derive(Serialize, Deserialize)]
struct PaidRow {
    entity_type: String,
    external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
}

/// The item of a record, with its key in the list by date.
pub(crate) fn write(stored: &StoredRecord) -> Result<Item, StoreError> {
    let row = RecordRow::from(stored);
    let list_sk = list_sk(row.date, &stored.id);
    let mut item = to_item(&Key::record(&stored.connection.partner, &stored.id), row)?;
    item.insert(LIST_PK.to_owned(), AttributeValue::S(records_of(&stored.connection, stored.id.kind())));
    item.insert(LIST_SK.to_owned(), AttributeValue::S(list_sk));
    Ok(item)
}

impl From<&StoredRecord> for RecordRow {
    fn from(stored: &StoredRecord) -> Self {
        let Record { key, body, created_at, changed_at, source } = &stored.record;
        let row = Self {
            record_id: stored.id.to_string(),
            partner: stored.connection.partner.to_string(),
            company_key: stored.connection.company_key.to_string(),
            platform: stored.platform.to_string(),
            company_id: stored.company_id.clone(),
            entity_type: entity_type(key),
            external_id: key.external_id.clone(),
            number: None,
            date: Date::ZERO,
            due_date: None,
            currency: None,
            memo: None,
            status: String::new(),
            amount: None,
            payee: NamedRow::default(),
            bank_account: NamedRow::default(),
            pays: Vec::new(),
            total: None,
            balance: None,
            customer: NamedRow::default(),
            created_at: *created_at,
            changed_at: *changed_at,
            source: source.clone().filter(|source| source.len() <= SOURCE_LONGEST),
            imported_at: millis(stored.imported_at),
            updated_at: millis(stored.updated_at),
            sync_id: stored.sync.as_str().to_owned(),
            outcome: Into::<&str>::into(stored.outcome).to_owned(),
            page: stored.page,
            earlier: stored.earlier.as_ref().map(|earlier| EarlierRow {
                outcome: Into::<&str>::into(earlier.outcome).to_owned(),
                totals: write_side(&earlier.totals),
            }),
        };
        match body {
            Body::Check(check) => row.of_check(check),
            Body::Invoice(invoice) => row.of_invoice(invoice),
        }
    }
}

impl RecordRow {
    fn of_check(self, check: &Check) -> Self {
        let paid = |paid: &Paid| PaidRow {
            entity_type: entity_type(&paid.key),
            external_id: paid.key.external_id.clone(),
            amount: paid.amount.map(|amount| amount.to_string()),
        };
        Self {
            number: check.number.clone(),
            date: check.date,
            due_date: check.due_date,
            currency: check.currency.clone(),
            memo: check.memo.clone(),
            status: Into::<&str>::into(check.status).to_owned(),
            amount: Some(check.amount.to_string()),
            payee: (&check.payee).into(),
            bank_account: (&check.bank_account).into(),
            pays: check.pays.iter().map(paid).collect(),
            ..self
        }
    }

    fn of_invoice(self, invoice: &Invoice) -> Self {
        Self {
            number: invoice.number.clone(),
            date: invoice.date,
            due_date: invoice.due_date,
            currency: invoice.currency.clone(),
            memo: invoice.memo.clone(),
            status: Into::<&str>::into(invoice.status).to_owned(),
            total: Some(invoice.total.to_string()),
            balance: Some(invoice.balance.to_string()),
            customer: (&invoice.customer).into(),
            ..self
        }
    }
}

pub(crate) fn read(item: Item) -> Result<StoredRecord, StoreError> {
    let name = name_of(&item);
    let mut row: RecordRow = from_item(item)?;
    let earlier = row.earlier.take().map(|earlier| read_earlier(&name, earlier)).transpose()?;
    let id = RecordId::parse(&row.record_id).ok_or_else(|| damaged(&name, "record_id"))?;
    Ok(StoredRecord {
        id,
        connection: ConnectionId {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            company_key: CompanyKey::parse(&row.company_key).map_err(|_| damaged(&name, "company_key"))?,
        },
        platform: word(&name, "platform", &row.platform)?,
        company_id: row.company_id.clone(),
        imported_at: time(&name, row.imported_at)?,
        updated_at: time(&name, row.updated_at)?,
        sync: SyncId::new(row.sync_id.clone()),
        outcome: word(&name, "outcome", &row.outcome)?,
        page: row.page,
        earlier,
        record: Record {
            key: key(&name, &row.entity_type, row.external_id.clone())?,
            created_at: row.created_at,
            changed_at: row.changed_at,
            source: row.source.clone(),
            body: match id.kind() {
                RecordKind::Check => Body::Check(check(&name, row)?),
                RecordKind::Invoice => Body::Invoice(invoice(&name, row)?),
            },
        },
    })
}

fn read_earlier(name: &str, row: EarlierRow) -> Result<Earlier, StoreError> {
    Ok(Earlier { outcome: word(name, "outcome", &row.outcome)?, totals: read_side(name, row.totals)? })
}

fn check(name: &str, row: RecordRow) -> Result<Check, StoreError> {
    let paid = |paid: PaidRow| {
        let amount = paid.amount.map(|amount| decimal(name, "pays", Some(&amount))).transpose()?;
        Ok(Paid { key: key(name, &paid.entity_type, paid.external_id)?, amount })
    };
    Ok(Check {
        amount: decimal(name, "amount", row.amount.as_deref())?,
        status: word(name, "status", &row.status)?,
        pays: row.pays.into_iter().map(paid).collect::<Result<_, StoreError>>()?,
        number: row.number,
        date: row.date,
        due_date: row.due_date,
        currency: row.currency,
        memo: row.memo,
        payee: row.payee.into(),
        bank_account: row.bank_account.into(),
    })
}

fn invoice(name: &str, row: RecordRow) -> Result<Invoice, StoreError> {
    Ok(Invoice {
        total: decimal(name, "total", row.total.as_deref())?,
        balance: decimal(name, "balance", row.balance.as_deref())?,
        status: word(name, "status", &row.status)?,
        number: row.number,
        date: row.date,
        due_date: row.due_date,
        currency: row.currency,
        memo: row.memo,
        customer: row.customer.into(),
    })
}

fn entity_type(key: &RecordKey) -> String {
    Into::<&str>::into(key.entity_type).to_owned()
}

pub(crate) fn key(item: &str, entity_type: &str, external_id: String) -> Result<RecordKey, StoreError> {
    Ok(RecordKey { entity_type: word(item, "entity_type", entity_type)?, external_id })
}

/// Reads an amount, with all its digits.
pub(crate) fn decimal(item: &str, what: &str, text: Option<&str>) -> Result<Decimal, StoreError> {
    text.and_then(|text| Decimal::from_str_exact(text).ok()).ok_or_else(|| damaged(item, what))
}
