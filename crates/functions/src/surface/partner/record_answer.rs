//! The JSON form of a record.

use counterfoil_core::model::record::{Body, Check, Invoice, Named, Paid};
use counterfoil_core::model::stored_record::StoredRecord;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::surface::partner::envelope::to_the_second;
use crate::surface::words;

/// A record. The fields that checks and invoices share come first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Record)]
pub(crate) struct RecordAnswer {
    id: String,
    company_key: String,
    company_id: String,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    #[schema(schema_with = words::entity_type)]
    entity_type: &'static str,
    external_id: String,
    #[serde(flatten)]
    body: BodyAnswer,
    created_at: Option<Timestamp>,
    changed_at: Option<Timestamp>,
    imported_at: Timestamp,
    updated_at: Timestamp,
    sync_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = serde_json::Value)]
    source: Option<Box<RawValue>>,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = RecordBody)]
enum BodyAnswer {
    Check(CheckAnswer),
    Invoice(InvoiceAnswer),
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Check)]
struct CheckAnswer {
    number: Option<String>,
    date: Date,
    amount: Decimal,
    currency: Option<String>,
    payee: Option<NamedAnswer>,
    memo: Option<String>,
    bank_account: Option<NamedAnswer>,
    #[schema(schema_with = words::check_status)]
    status: &'static str,
    pays: Vec<PaidAnswer>,
    due_date: Option<Date>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invoice)]
struct InvoiceAnswer {
    number: Option<String>,
    date: Date,
    due_date: Option<Date>,
    total: Decimal,
    balance: Decimal,
    currency: Option<String>,
    customer: Option<NamedAnswer>,
    memo: Option<String>,
    #[schema(schema_with = words::invoice_status)]
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Named)]
struct NamedAnswer {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaidBill)]
struct PaidAnswer {
    #[schema(schema_with = words::entity_type)]
    entity_type: &'static str,
    external_id: String,
    amount: Option<Decimal>,
}

pub(crate) fn answer(stored: StoredRecord, includes_source: bool) -> RecordAnswer {
    let null = || RawValue::from_string("null".to_owned()).ok();
    let source = stored.record.source.and_then(|source| RawValue::from_string(source).ok()).or_else(null);
    RecordAnswer {
        id: stored.id.to_string(),
        company_key: stored.connection.company_key.to_string(),
        company_id: stored.company_id,
        platform: stored.platform.as_str(),
        entity_type: stored.record.key.entity_type.into(),
        external_id: stored.record.key.external_id,
        body: match stored.record.body {
            Body::Check(check) => BodyAnswer::Check(check_answer(check)),
            Body::Invoice(invoice) => BodyAnswer::Invoice(invoice_answer(invoice)),
        },
        created_at: stored.record.created_at.map(to_the_second),
        changed_at: stored.record.changed_at.map(to_the_second),
        imported_at: to_the_second(stored.imported_at),
        updated_at: to_the_second(stored.updated_at),
        sync_id: stored.sync.as_str().to_owned(),
        source: source.filter(|_| includes_source),
    }
}

fn check_answer(check: Check) -> CheckAnswer {
    CheckAnswer {
        number: check.number,
        date: check.date,
        amount: check.amount,
        currency: check.currency,
        payee: named(check.payee),
        memo: check.memo,
        bank_account: named(check.bank_account),
        status: check.status.into(),
        pays: check.pays.into_iter().map(paid).collect(),
        due_date: check.due_date,
    }
}

fn invoice_answer(invoice: Invoice) -> InvoiceAnswer {
    InvoiceAnswer {
        number: invoice.number,
        date: invoice.date,
        due_date: invoice.due_date,
        total: invoice.total,
        balance: invoice.balance,
        currency: invoice.currency,
        customer: named(invoice.customer),
        memo: invoice.memo,
        status: invoice.status.into(),
    }
}

fn named(named: Named) -> Option<NamedAnswer> {
    let Named { id, name } = named;
    (id.is_some() || name.is_some()).then_some(NamedAnswer { id, name })
}

fn paid(paid: Paid) -> PaidAnswer {
    PaidAnswer { entity_type: paid.key.entity_type.into(), external_id: paid.key.external_id, amount: paid.amount }
}
