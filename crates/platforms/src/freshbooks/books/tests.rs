//! Each recorded form of a record gives the right entry.

use counterfoil_core::model::record::{CheckStatus, EntityType, Invoice, InvoiceStatus, Named, Paid, RecordKey, Unreadable};
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::port::accounting::Entry;
use jiff::Timestamp;
use jiff::civil::date;

use super::vendors::Vendors;
use super::*;
use crate::books::entry::entry;
use crate::books::seen::{self, check, named, record};

const PAYMENT: &str = r#"{"id":2204,"billid":1630,"amount":{"amount":"412.00","code":"USD"},"paid_date":"2026-09-14",
    "payment_type":"Check","note":"ck 3307","matched_with_expense":false,"vis_state":0}"#;

const BILL: &str = r#"{"id":1630,"vendorid":1563,"bill_number":"BN101","issue_date":"2026-09-01","due_date":"2026-10-01",
    "amount":{"amount":"1500.00","code":"CAD"},"total_amount":{"amount":"1500.00","code":"CAD"},
    "outstanding":{"amount":"250.50","code":"CAD"},"paid":{"amount":"1249.50","code":"CAD"},"status":"partial",
    "overall_description":"Raw material","vendor":{"vendor_name":"Norton Lumber","vendor_id":1563},
    "created_at":"2026-09-01 15:30:29","updated_at":"2026-09-02 15:30:29","vis_state":0}"#;

const INVOICE: &str = r#"{"id":311,"invoiceid":311,"invoice_number":"0000027","customerid":77,"create_date":"2026-08-01",
    "due_date":"2026-08-31","amount":{"amount":"4000.00","code":"USD"},"outstanding":{"amount":"100.00","code":"USD"},
    "organization":"","fname":"Dana","lname":"Okafor","notes":"Thanks","status":2,"v3_status":"sent",
    "created_at":"2026-08-01 12:50:21","updated":"2026-08-02 12:50:21","vis_state":0}"#;

fn read_with(of: EntityType, json: &str, vendors: &Vendors) -> Option<Entry> {
    let options = ReadOptions {
        kind: SyncKind::Sync,
        since: Some(Timestamp::UNIX_EPOCH),
        check_rule: CheckRule::NumberLike,
        keeps_source: false,
    };
    match of {
        EntityType::BillPayment => entry(&options, of, "id", json, |object| bill_payment::read(object, vendors)),
        EntityType::Bill => entry(&options, of, "id", json, bill::read),
        _ => entry(&options, of, "id", json, invoice::read),
    }
}

fn read(of: EntityType, json: &str) -> Option<Entry> {
    read_with(of, json, &Vendors::default())
}

fn invoice_of(json: &str) -> Invoice {
    seen::invoice(read(EntityType::Invoice, json))
}

fn is_absent(of: EntityType, json: &str) -> bool {
    seen::is_absent(read(of, json).as_ref())
}

#[test]
fn a_bill_payment_by_check_is_an_issued_check_with_its_bills_vendor() {
    let vendors = Vendors::one("1630", "1563", "Norton Lumber");
    let check = check(read_with(EntityType::BillPayment, PAYMENT, &vendors));
    assert_eq!((check.number.as_deref(), check.amount.to_string().as_str()), (Some("3307"), "412.00"));
    assert_eq!((check.date, check.currency.as_deref(), check.memo.as_deref()), (date(2026, 9, 14), Some("USD"), Some("ck 3307")));
    assert_eq!((check.payee, check.bank_account), (named("1563", "Norton Lumber"), Named::default()));
    let bill = RecordKey { entity_type: EntityType::Bill, external_id: "1630".to_owned() };
    assert_eq!(check.pays, [Paid { key: bill, amount: Some("412.00".parse().expect("a number")) }]);
    assert_eq!(check.status, CheckStatus::Issued);
}

#[test]
fn a_note_is_a_number_only_if_it_contains_nothing_else() {
    let with = |note: &str| check(read(EntityType::BillPayment, &PAYMENT.replace(r#""ck 3307""#, note)));
    assert_eq!((with(r#""paid by hand""#).number, with("null").number), (None, None));
    assert_eq!(with("3307").number.as_deref(), Some("3307"));
    assert_eq!(with("null").payee, Named::default(), "its bill is not known");
}

#[test]
fn a_record_that_is_deleted_or_not_paid_by_check_is_absent() {
    assert!(is_absent(EntityType::BillPayment, &PAYMENT.replace(r#""vis_state":0"#, r#""vis_state":1"#)));
    assert!(is_absent(EntityType::BillPayment, &PAYMENT.replace("Check", "Credit")));
    assert!(is_absent(EntityType::Bill, &BILL.replace(r#""vis_state":0"#, r#""vis_state":1"#)));
    assert!(is_absent(EntityType::Invoice, &INVOICE.replace(r#""vis_state":0"#, r#""vis_state":"1""#)));
    let archived = PAYMENT.replace(r#""vis_state":0"#, r#""vis_state":2"#).replace("Check", "check");
    assert!(matches!(read(EntityType::BillPayment, &archived), Some(Entry::Record(_))));
}

#[test]
fn a_bill_is_a_check_to_be_issued_until_it_is_paid() {
    let record = record(read(EntityType::Bill, BILL));
    assert_eq!(record.changed_at.map(|time| time.to_string()).as_deref(), Some("2026-09-02T15:30:29Z"));
    let open = check(read(EntityType::Bill, BILL));
    assert_eq!((open.status, open.amount.to_string().as_str()), (CheckStatus::ToBeIssued, "250.50"));
    assert_eq!((open.number.as_deref(), open.due_date), (Some("BN101"), Some(date(2026, 10, 1))));
    assert_eq!((open.payee, open.currency.as_deref()), (named("1563", "Norton Lumber"), Some("CAD")));
    let paid = BILL.replace("250.50", "0.00");
    assert_eq!(check(read(EntityType::Bill, &paid)).status, CheckStatus::Closed);
}

#[test]
fn an_invoice_is_open_until_its_balance_is_zero_and_names_an_organisation_or_a_person() {
    assert_eq!(
        record(read(EntityType::Invoice, INVOICE)).changed_at.map(|time| time.to_string()).as_deref(),
        Some("2026-08-02T16:50:21Z")
    );
    let open = invoice_of(INVOICE);
    assert_eq!((open.total.to_string().as_str(), open.balance.to_string().as_str()), ("4000.00", "100.00"));
    assert_eq!((open.status, open.customer), (InvoiceStatus::Open, named("77", "Dana Okafor")));
    let paid = INVOICE.replace(r#""100.00""#, r#""0.00""#).replace(r#""organization":"""#, r#""organization":"Okafor Studio""#);
    let paid = invoice_of(&paid);
    assert_eq!((paid.status, paid.customer), (InvoiceStatus::Paid, named("77", "Okafor Studio")));
    assert!(is_absent(EntityType::Invoice, &INVOICE.replace("sent", "draft")));
    let no_text = INVOICE.replace(r#","v3_status":"sent""#, "");
    assert!(is_absent(EntityType::Invoice, &no_text.replace(r#""status":2"#, r#""status":1"#)));
    assert_eq!(invoice_of(&no_text).status, InvoiceStatus::Open);
}

#[test]
fn an_unreadable_record_has_its_reason() {
    let reason = |of, json: &str| seen::reason(read(of, json).as_ref());
    for amount in [r#""much""#, r#""1e400""#, r#""9999999999999999""#, "null", "[]", r#""4,000.00""#] {
        let json = PAYMENT.replace(r#""412.00""#, amount);
        assert_eq!(reason(EntityType::BillPayment, &json), Some(Unreadable::AmountUnreadable), "{amount}");
    }
    for money in [r#""amount":"412.00""#, r#""amount":null"#, r#""amount":412.00"#] {
        let json = PAYMENT.replace(r#""amount":{"amount":"412.00","code":"USD"}"#, money);
        assert_eq!(reason(EntityType::BillPayment, &json), Some(Unreadable::AmountUnreadable), "{money}");
    }
    let number = check(read(EntityType::BillPayment, &PAYMENT.replace(r#""412.00""#, "-412.10")));
    assert_eq!(number.amount.to_string(), "-412.10");
    assert_eq!(reason(EntityType::BillPayment, &PAYMENT.replace("2026-09-14", "0000-00-00")), Some(Unreadable::DateUnreadable));
    assert_eq!(reason(EntityType::BillPayment, &PAYMENT.replace(r#""id":2204,"#, "")), Some(Unreadable::IdUnreadable));
    assert_eq!(reason(EntityType::Bill, "null"), Some(Unreadable::NotAnObject));
    let no_balance = INVOICE.replace(r#""outstanding":{"amount":"100.00","code":"USD"},"#, "");
    assert_eq!(reason(EntityType::Invoice, &no_balance), Some(Unreadable::AmountUnreadable));
}
