//! Each recorded form of a record gives the right entry.

use counterfoil_core::model::record::{
    Check, CheckStatus, EntityType, Invoice, InvoiceStatus, Paid, Record, RecordKey, Unreadable,
};
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::port::accounting::Entry;
use jiff::civil::date;

use super::*;
use crate::books::entry::entry;
use crate::books::seen::{self, named};

const PAYMENT: &str = r#"{"payment_id":"460000000127002","payment_number":"37","vendor_id":"460000000098001","vendor_name":"Beacon Supplies",
    "status":"paid","payment_mode":"Check","reference_number":"2051","description":"Sept racks","date":"2026-09-14","amount":640.25,
    "bcy_amount":640.25,"balance":0,"currency_code":"USD","bill_numbers":"BILL-00091","paid_through_account_id":"460000000000358",
    "paid_through_account_name":"First National Checking","is_paid_via_print_check":true,
    "check_details":{"check_id":"460000000127010","check_status":"","check_number":"2052","memo":"on the check"},
    "created_time":"2026-09-14T10:05:11-0400","last_modified_time":"2026-09-14T10:07:40-0400"}"#;

const BILL: &str = r#"{"bill_id":"460000000098765","vendor_id":"460000000098001","vendor_name":"Beacon Supplies","status":"overdue",
    "bill_number":"BILL-00091","reference_number":"PO 7","date":"2026-08-14","due_date":"2026-09-13","total":640.25,"balance":40.25,
    "currency_code":"USD","last_modified_time":"2026-09-14T10:07:40-0400"}"#;

const INVOICE: &str = r#"{"invoice_id":"460000000055001","invoice_number":"INV-000003","customer_id":"460000000017138",
    "customer_name":"Bowman and Co","status":"sent","date":"2026-08-01","due_date":"2026-08-31","total":40.6,"balance":10.6,
    "currency_code":"EUR","reference_number":"","created_time":"2026-08-01T10:05:11+0530"}"#;

fn read(of: EntityType, json: &str) -> Option<Entry> {
    let options = ReadOptions {
        kind: SyncKind::Sync,
        since: Some(Timestamp::UNIX_EPOCH),
        check_rule: CheckRule::NumberLike,
        keeps_source: false,
    };
    match of {
        EntityType::VendorPayment => entry(&options, of, "payment_id", json, vendor_payment::read),
        EntityType::Bill => entry(&options, of, "bill_id", json, bill::read),
        _ => entry(&options, of, "invoice_id", json, invoice::read),
    }
}

fn record(of: EntityType, json: &str) -> Record {
    seen::record(read(of, json))
}

fn check(of: EntityType, json: &str) -> Check {
    seen::check(read(of, json))
}

fn invoice_of(json: &str) -> Invoice {
    seen::invoice(read(EntityType::Invoice, json))
}

fn is_absent(of: EntityType, json: &str) -> bool {
    seen::is_absent(read(of, json).as_ref())
}

#[test]
fn a_payment_by_check_is_an_issued_check() {
    let record = record(EntityType::VendorPayment, PAYMENT);
    assert_eq!(record.key, RecordKey { entity_type: EntityType::VendorPayment, external_id: "460000000127002".to_owned() });
    assert_eq!(record.changed_at.map(|time| time.to_string()).as_deref(), Some("2026-09-14T14:07:40Z"));
    let check = check(EntityType::VendorPayment, PAYMENT);
    assert_eq!((check.number.as_deref(), check.amount.to_string().as_str()), (Some("2052"), "640.25"));
    assert_eq!((check.date, check.currency.as_deref()), (date(2026, 9, 14), Some("USD")));
    assert_eq!(check.payee, named("460000000098001", "Beacon Supplies"));
    assert_eq!(check.bank_account, named("460000000000358", "First National Checking"));
    assert_eq!((check.memo.as_deref(), check.status), (Some("Sept racks"), CheckStatus::Issued));
}

#[test]
fn a_check_that_was_not_printed_has_its_number_in_the_reference() {
    let bare = PAYMENT.replace(r#""check_number":"2052""#, r#""check_number":"""#).replace(r#""description":"Sept racks","#, "");
    let bare = check(EntityType::VendorPayment, &bare);
    assert_eq!((bare.number.as_deref(), bare.memo.as_deref()), (Some("2051"), Some("on the check")));
    let detailed = PAYMENT
        .replace(r#""bcy_amount""#, r#""bills":[{"bill_id":"91","amount_applied":600.25},{"bill_id":null},7],"bcy_amount""#);
    let paid = Paid {
        key: RecordKey { entity_type: EntityType::Bill, external_id: "91".to_owned() },
        amount: Some("600.25".parse().expect("a number")),
    };
    assert_eq!(check(EntityType::VendorPayment, &detailed).pays, [paid]);
}

#[test]
fn modes_are_compared_in_any_case_and_other_modes_are_no_checks() {
    let not_printed = PAYMENT.replace(r#""is_paid_via_print_check":true"#, r#""is_paid_via_print_check":false"#);
    let with = |json: &str, mode: &str| json.replace(r#""payment_mode":"Check""#, &format!(r#""payment_mode":"{mode}""#));
    for mode in ["check", "CHECK", "Cheque", " cheque "] {
        assert!(matches!(read(EntityType::VendorPayment, &with(&not_printed, mode)), Some(Entry::Record(_))), "{mode}");
    }
    for mode in ["Cash", "Bank Transfer", "", "Checking"] {
        assert!(is_absent(EntityType::VendorPayment, &with(&not_printed, mode)), "{mode}");
        assert!(matches!(read(EntityType::VendorPayment, &with(PAYMENT, mode)), Some(Entry::Record(_))), "printed: {mode}");
    }
}

#[test]
fn states_are_read_in_any_spelling() {
    let payment = |status: &str| PAYMENT.replace(r#""status":"paid""#, &format!(r#""status":"{status}""#));
    for status in ["draft", "Draft", "Pending Approval", "pending_approval", "Approval Rejected", "rejected"] {
        assert!(is_absent(EntityType::VendorPayment, &payment(status)), "{status}");
        assert!(is_absent(EntityType::Bill, &BILL.replace("overdue", status)), "{status}");
    }
    for status in ["void", "Void", "voided"] {
        assert_eq!(check(EntityType::VendorPayment, &payment(status)).status, CheckStatus::Void, "{status}");
        assert_eq!(check(EntityType::Bill, &BILL.replace("overdue", status)).status, CheckStatus::Void, "{status}");
        assert_eq!(invoice_of(&INVOICE.replace("sent", status)).status, InvoiceStatus::Void, "{status}");
    }
    for status in ["approved", "", "something new"] {
        assert_eq!(check(EntityType::VendorPayment, &payment(status)).status, CheckStatus::Issued, "{status}");
    }
}

#[test]
fn a_bill_is_a_check_to_be_issued_until_it_is_paid() {
    let open = check(EntityType::Bill, BILL);
    assert_eq!((open.status, open.amount.to_string().as_str()), (CheckStatus::ToBeIssued, "40.25"));
    assert_eq!((open.number.as_deref(), open.due_date), (Some("BILL-00091"), Some(date(2026, 9, 13))));
    let paid = BILL.replace(r#""balance":40.25"#, r#""balance":0"#).replace("overdue", "paid");
    assert_eq!(check(EntityType::Bill, &paid).status, CheckStatus::Closed);
}

#[test]
fn an_invoice_is_open_until_its_balance_is_zero() {
    let open = invoice_of(INVOICE);
    assert_eq!((open.total.to_string().as_str(), open.balance.to_string().as_str()), ("40.6", "10.6"));
    assert_eq!((open.status, open.memo, open.customer), (InvoiceStatus::Open, None, named("460000000017138", "Bowman and Co")));
    assert_eq!(invoice_of(&INVOICE.replace(r#""balance":10.6"#, r#""balance":0.0"#)).status, InvoiceStatus::Paid);
    assert!(is_absent(EntityType::Invoice, &INVOICE.replace("sent", "draft")));
}

#[test]
fn an_unreadable_record_has_its_reason() {
    let reason = |of, json: &str| seen::reason(read(of, json).as_ref());
    for amount in [r#""much""#, "1e400", "9999999999999999", "null", "{}"] {
        let json = PAYMENT.replace(r#""amount":640.25"#, &format!(r#""amount":{amount}"#));
        assert_eq!(reason(EntityType::VendorPayment, &json), Some(Unreadable::AmountUnreadable), "{amount}");
    }
    let negative = PAYMENT.replace(r#""amount":640.25"#, r#""amount":"-640.250""#);
    assert_eq!(check(EntityType::VendorPayment, &negative).amount.to_string(), "-640.250");
    let json = PAYMENT.replace(r#""date":"2026-09-14""#, r#""date":"9999-99-99""#);
    assert_eq!(reason(EntityType::VendorPayment, &json), Some(Unreadable::DateUnreadable));
    let json = PAYMENT.replace(r#""payment_id":"460000000127002","#, "");
    assert_eq!(reason(EntityType::VendorPayment, &json), Some(Unreadable::IdUnreadable));
    assert_eq!(reason(EntityType::Bill, "[]"), Some(Unreadable::NotAnObject));
    assert_eq!(reason(EntityType::Invoice, &INVOICE.replace(r#""balance":10.6,"#, "")), Some(Unreadable::AmountUnreadable));
}
