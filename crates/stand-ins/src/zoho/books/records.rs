//! The JSON of records at Zoho Books [nango-rec: zoho-books/tests; Zoho-VP].

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::data_center::Organization;
use crate::books::entry::{Entry, at, number};
use crate::books::{Entity, Method, State};

/// The first id. Ids are texts of digits beyond 2^53: read as floating-point numbers, many become equal.
const FIRST_ID: u64 = 4_600_000_000_000_000_000;
/// The number of ids of each kind of record.
const IDS: u64 = 100_000_000;

/// An organisation's settings for the form of records.
pub(super) struct Writing {
    /// The last day for which an open record is overdue.
    yesterday: Date,
    zone: TimeZone,
    home: &'static str,
    /// Whether the edition prints checks and calls the mode `Check`.
    prints_checks: bool,
}

pub(super) fn id(entry: &Entry<'_>) -> String {
    id_of(entry.entity as u64, entry.index)
}

fn id_of(kind: u64, number: u64) -> String {
    (FIRST_ID + kind * IDS + number).to_string()
}

impl Writing {
    pub(super) fn of(organization: &Organization, now: Timestamp) -> Self {
        let zone = TimeZone::posix(organization.clock).expect("a rule of POSIX");
        Self {
            yesterday: zone.to_datetime(now).date().yesterday().expect("a date of our time"),
            zone,
            home: organization.currencies[0],
            prints_checks: matches!(organization.country, "US" | "CA"),
        }
    }

    /// Whether a payment has this mode. If filters follow a renamed mode, `Check` finds `Cheque` too.
    pub(super) fn is_of_mode(&self, entry: &Entry<'_>, mode: &str, follows: bool) -> bool {
        self.mode(entry).replace(' ', "") == mode.replace(' ', "")
            || (follows && mode == "Check" && entry.method() == Method::Check)
    }

    pub(super) fn as_json(&self, entry: &Entry<'_>) -> Value {
        let mut record = match entry.entity {
            Entity::Bills => self.bill(entry),
            Entity::Invoices => self.invoice(entry),
            Entity::Purchases | Entity::Payments => self.vendor_payment(entry),
        };
        record["date"] = json!(entry.date());
        record["currency_id"] = json!(id_of(6, u64::from(entry.currency() != self.home)));
        record["currency_code"] = json!(entry.currency());
        record["exchange_rate"] = json!(if entry.is_home() { 1.0 } else { 1.25 });
        record["has_attachment"] = json!(false);
        record["created_time"] = json!(self.written(entry.created()));
        record["last_modified_time"] = json!(self.written(entry.changed()));
        record
    }

    /// A time with an offset without a colon.
    fn written(&self, unix_seconds: i64) -> String {
        let offset = self.zone.to_offset(at(unix_seconds));
        let local = offset.to_datetime(at(unix_seconds)).strftime("%Y-%m-%dT%H:%M:%S");
        let (sign, minutes) = (if offset.is_negative() { '-' } else { '+' }, offset.seconds().abs() / 60);
        format!("{local}{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    fn mode(&self, entry: &Entry<'_>) -> &'static str {
        match entry.method() {
            Method::Check if self.prints_checks => "Check",
            Method::Check => "Cheque",
            Method::Card => "Credit Card",
            Method::Cash => "Cash",
            Method::Transfer => "Bank Transfer",
        }
    }

    fn vendor_payment(&self, entry: &Entry<'_>) -> Value {
        let (vendor, account, bill) = (entry.party(), entry.account(), entry.bill());
        let is_printed = self.prints_checks && entry.method() == Method::Check && entry.spelling(3) == 0;
        let reference = entry.loose_number().unwrap_or_default();
        let memo = entry.memo().unwrap_or_default();
        let printed = |text: String| if is_printed { text } else { String::new() };
        json!({
            "payment_id": id(entry),
            "payment_number": (entry.index + 1).to_string(),
            "vendor_id": id_of(4, vendor.id),
            "vendor_name": vendor.name,
            "status": match entry.state() {
                State::Void => "void",
                State::Draft => ["draft", "pending_approval"][usize::from(entry.spelling(2) == 0)],
                State::Standing | State::Deleted => "paid",
            },
            "payment_mode": self.mode(entry),
            // A printed check has its number in the check's details.
            "reference_number": if is_printed { "" } else { &reference },
            "description": memo,
            "amount": number(entry.cents()),
            "bcy_amount": number(if entry.is_home() { entry.cents() } else { entry.cents() * 5 / 4 }),
            "balance": 0,
            "bill_numbers": bill_number(&bill),
            "paid_through_account_id": id_of(5, account.id),
            "paid_through_account_name": account.name,
            "is_paid_via_print_check": is_printed,
            "check_details": {
                "check_id": printed(id_of(7, entry.index)),
                "check_status": printed("printed".to_owned()),
                "check_number": printed(entry.number_set().map_or_else(|| entry.running_number().to_string(), str::to_owned)),
                "memo": printed(memo.to_owned()),
            },
            "is_ach_payment": false,
            "gw_reference_number": "",
        })
    }

    fn bill(&self, entry: &Entry<'_>) -> Value {
        let vendor = entry.party();
        json!({
            "bill_id": id(entry),
            "bill_number": bill_number(entry),
            "vendor_id": id_of(4, vendor.id),
            "vendor_name": vendor.name,
            "status": match entry.state() {
                State::Draft => ["draft", "pending_approval"][usize::from(entry.spelling(2) == 0)],
                _ => self.status(entry, "open"),
            },
            "reference_number": entry.memo().unwrap_or_default(),
            "due_date": entry.due_date(),
            "total": number(entry.cents()),
            "balance": number(entry.balance()),
        })
    }

    fn invoice(&self, entry: &Entry<'_>) -> Value {
        let customer = entry.party();
        json!({
            "invoice_id": id(entry),
            "invoice_number": entry.number_set().map_or_else(|| format!("INV-{:06}", entry.index + 1), str::to_owned),
            "customer_id": id_of(8, customer.id),
            "customer_name": customer.name,
            "status": match entry.state() {
                State::Draft => "draft",
                _ => self.status(entry, ["sent", "viewed"][usize::from(entry.spelling(2) == 0)]),
            },
            "reference_number": entry.memo().unwrap_or_default(),
            "due_date": entry.due_date(),
            "total": number(entry.cents()),
            "balance": number(entry.balance()),
            "updated_time": self.written(entry.changed()),
            "last_payment_date": "",
        })
    }

    /// The status of a bill or an invoice that is not a draft.
    fn status(&self, entry: &Entry<'_>, new: &'static str) -> &'static str {
        match entry.balance() {
            _ if entry.state() == State::Void => "void",
            0 => "paid",
            _ if entry.due_date() <= self.yesterday => "overdue",
            due if due < entry.cents() => "partially_paid",
            _ => new,
        }
    }
}

fn bill_number(bill: &Entry<'_>) -> String {
    bill.number_set().map_or_else(|| format!("B-{}", bill.running_number()), str::to_owned)
}
