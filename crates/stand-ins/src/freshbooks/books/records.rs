//! The JSON of records at `FreshBooks` [fb-node: `Bills.ts`, `BillPayments.test.ts`; nango-rec: freshbooks/tests].

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use crate::books::entry::{Entry, at, decimal};
use crate::books::{Entity, Method, State};

/// US Eastern time, in which most times are written, without a zone.
const EASTERN: &str = "EST5EDT,M3.2.0,M11.1.0";

pub(super) fn id(entry: &Entry<'_>) -> u64 {
    let first = match entry.entity {
        Entity::Purchases | Entity::Payments => 2_204,
        Entity::Bills => 1_630,
        Entity::Invoices => 30_117,
    };
    first + entry.index
}

fn eastern() -> TimeZone {
    TimeZone::posix(EASTERN).expect("a rule of POSIX")
}

pub(super) fn day(now: Timestamp) -> Date {
    eastern().to_datetime(now).date()
}

/// The beginning of a day, in Unix seconds.
pub(super) fn begin(day: Date) -> i64 {
    eastern().to_timestamp(day.at(0, 0, 0, 0)).expect("a date of our time").as_second()
}

pub(super) fn as_json(entry: &Entry<'_>, today: Date, with_vendor: bool) -> Value {
    let mut record = match entry.entity {
        Entity::Purchases | Entity::Payments => payment(entry),
        Entity::Bills => bill(entry, today, with_vendor),
        Entity::Invoices => invoice(entry, today),
    };
    record["id"] = json!(id(entry));
    // Some records are archived, and are valid nevertheless.
    record["vis_state"] = json!(if entry.spelling(20) == 0 { 2 } else { 0 });
    record
}

/// The JSON of a bill payment. It has no number, no bank account, no vendor and no time of change.
fn payment(entry: &Entry<'_>) -> Value {
    json!({
        "billid": id(&entry.bill()),
        "amount": money(entry, entry.cents()),
        "paid_date": entry.date(),
        "payment_type": match entry.method() {
            Method::Check => "Check",
            Method::Card => "Credit Card",
            Method::Cash => "Cash",
            Method::Transfer => "Bank Transfer",
        },
        "note": note(entry),
        "matched_with_expense": false,
    })
}

/// The note, in which some users write a check's number.
fn note(entry: &Entry<'_>) -> String {
    if let Some(number) = entry.number_set() {
        return number.to_owned();
    }
    let (number, memo) = (entry.running_number(), entry.memo().unwrap_or_default());
    match (entry.method(), entry.spelling(6)) {
        (Method::Check, 0) => format!("ck {number}"),
        (Method::Check, 1) => format!("#{number}"),
        (Method::Check, 2 | 3) => number.to_string(),
        _ => memo.to_owned(),
    }
}

fn bill(entry: &Entry<'_>, today: Date, with_vendor: bool) -> Value {
    let vendor = entry.party();
    let mut bill = json!({
        "vendorid": vendor.id,
        "bill_number": entry.number_set().map_or_else(|| format!("B-{}", entry.running_number()), str::to_owned),
        "issue_date": entry.date(),
        "due_date": entry.due_date(),
        "due_offset_days": 30,
        "amount": money(entry, entry.cents()),
        "tax_amount": money(entry, 0),
        "total_amount": money(entry, entry.cents()),
        "outstanding": money(entry, entry.balance()),
        "paid": money(entry, entry.cents() - entry.balance()),
        "currency_code": entry.currency(),
        "status": status(entry, today, "unpaid"),
        "overall_description": entry.memo().unwrap_or_default(),
        "bill_payments": [],
        // The times of bills are in UTC.
        "created_at": written(Offset::UTC, entry.created()),
        "updated_at": written(Offset::UTC, entry.changed()),
    });
    if with_vendor {
        bill["vendor"] = json!({ "vendorid": vendor.id, "vendor_name": vendor.name, "currency_code": entry.currency() });
    }
    bill
}

fn invoice(entry: &Entry<'_>, today: Date) -> Value {
    let customer = entry.party();
    let (first, last) = customer.name.split_once(' ').unwrap_or((customer.name, ""));
    // A customer is an organisation, or a person.
    let (organization, first, last) = if entry.spelling(5) == 0 { ("", first, last) } else { (customer.name, "", "") };
    let state = if entry.state() == State::Draft { "draft" } else { status(entry, today, "sent") };
    json!({
        "invoiceid": id(entry),
        "invoice_number": entry.number_set().map_or_else(|| format!("{:07}", entry.index + 1), str::to_owned),
        "customerid": 500 + customer.id,
        "create_date": entry.date(),
        "due_date": entry.due_date(),
        "amount": money(entry, entry.cents()),
        "outstanding": money(entry, entry.balance()),
        "paid": money(entry, entry.cents() - entry.balance()),
        "currency_code": entry.currency(),
        "organization": organization,
        "fname": first,
        "lname": last,
        "notes": entry.memo().unwrap_or_default(),
        "status": match state {
            "draft" => 1,
            "paid" => 4,
            _ => 2,
        },
        "v3_status": state,
        "payment_status": match entry.balance() {
            0 => "paid",
            due if due < entry.cents() => "partial",
            _ => "unpaid",
        },
        "date_paid": null,
        "created_at": written(offset(entry.created()), entry.created()),
        "updated": written(offset(entry.changed()), entry.changed()),
        "version": format!("{}.000000", written(offset(entry.changed()), entry.changed())),
    })
}

fn status(entry: &Entry<'_>, today: Date, new: &'static str) -> &'static str {
    match entry.balance() {
        0 => "paid",
        _ if entry.due_date() < today => "overdue",
        due if due < entry.cents() => "partial",
        _ => new,
    }
}

fn money(entry: &Entry<'_>, cents: i64) -> Value {
    json!({ "amount": decimal(cents), "code": entry.currency() })
}

fn offset(unix_seconds: i64) -> Offset {
    eastern().to_offset(at(unix_seconds))
}

fn written(offset: Offset, unix_seconds: i64) -> String {
    offset.to_datetime(at(unix_seconds)).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
