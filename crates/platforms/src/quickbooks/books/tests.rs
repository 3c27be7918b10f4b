//! Each recorded form of a record gives the right entry.

use counterfoil_core::model::record::{Check, CheckStatus, Invoice, InvoiceStatus, Named, Paid, Record, RecordKey, Unreadable};
use counterfoil_core::model::sync::settings::CheckRule;

use super::*;
use crate::books::seen::{self, named};

const PURCHASE: &str = r#"{"Id":"2417","SyncToken":"1","DocNumber":"10482","TxnDate":"2026-09-14","TotalAmt":1284.50,
    "PaymentType":"Check","PrintStatus":"PrintComplete","Credit":false,"AccountRef":{"value":"35","name":"Operating Checking"},
    "EntityRef":{"value":"88","name":"Larkspur Roofing LLC","type":"Vendor"},"CurrencyRef":{"value":"USD","name":"United States Dollar"},
    "PrivateNote":"Deposit, job 7731","domain":"QBO","sparse":false,"Line":[{"Id":"1","Amount":1284.50}],
    "MetaData":{"CreateTime":"2026-09-14T09:02:11-07:00","LastUpdatedTime":"2026-09-15T16:40:03-07:00"}}"#;

const BILL_PAYMENT: &str = r#"{"Id":"2431","SyncToken":"0","DocNumber":"10483","TxnDate":"2026-09-15","TotalAmt":900,
    "VendorRef":{"value":"40","name":"Hollis Properties"},"PayType":"Check",
    "CheckPayment":{"BankAccountRef":{"value":"35","name":"Operating Checking"},"PrintStatus":"NeedToPrint"},
    "CurrencyRef":{"value":"USD"},"Line":[{"Amount":900,"LinkedTxn":[{"TxnId":"2390","TxnType":"Bill"}]},
    {"Amount":20,"LinkedTxn":[{"TxnId":"2391","TxnType":"VendorCredit"}]},
    {"Amount":30,"LinkedTxn":[{"TxnId":"2392","TxnType":"Bill"},{"TxnId":"2393","TxnType":"Bill"}]},null,{"LinkedTxn":7}]}"#;

const INVOICE: &str = r#"{"Id":"130","DocNumber":"1037","TxnDate":"2026-08-01","DueDate":"2026-08-31","TotalAmt":362.07,"Balance":362.07,
    "CurrencyRef":{"value":"USD"},"CustomerRef":{"value":"24","name":"Sonnenschein Family Store"},
    "CustomerMemo":{"value":"Thank you for your business."},"PrivateNote":"internal"}"#;

const BILL: &str = r#"{"Id":"25","DocNumber":"B-1004","TxnDate":"2026-08-07","DueDate":"2026-09-06","TotalAmt":103.55,"Balance":100,
    "CurrencyRef":{"value":"USD"},"VendorRef":{"value":"46","name":"Norton Lumber"},"PrivateNote":"Lumber"}"#;

fn options(since: Option<Timestamp>) -> ReadOptions {
    ReadOptions { kind: SyncKind::Sync, since, check_rule: CheckRule::NumberLike, keeps_source: false }
}

fn read(of: EntityType, json: &str) -> Option<Entry> {
    entries(&options(Some(Timestamp::UNIX_EPOCH)), of, [json]).pop()
}

fn record_of(of: EntityType, json: &str) -> Record {
    seen::record(read(of, json))
}

fn check_of(of: EntityType, json: &str) -> Check {
    seen::check(read(of, json))
}

fn invoice_of(json: &str) -> Invoice {
    seen::invoice(read(EntityType::Invoice, json))
}

#[test]
fn a_purchase_by_check_is_an_issued_check() {
    let record = record_of(EntityType::Purchase, PURCHASE);
    assert_eq!(record.key, RecordKey { entity_type: EntityType::Purchase, external_id: "2417".to_owned() });
    assert_eq!(record.created_at.map(|time| time.to_string()).as_deref(), Some("2026-09-14T16:02:11Z"));
    assert_eq!(record.changed_at.map(|time| time.to_string()).as_deref(), Some("2026-09-15T23:40:03Z"));
    assert_eq!(record.source, None);
    let check = check_of(EntityType::Purchase, PURCHASE);
    assert_eq!((check.number.as_deref(), check.amount.to_string().as_str()), (Some("10482"), "1284.50"));
    assert_eq!((check.date, check.due_date), (jiff::civil::date(2026, 9, 14), None));
    assert_eq!((check.currency.as_deref(), check.memo.as_deref()), (Some("USD"), Some("Deposit, job 7731")));
    assert_eq!((check.payee, check.bank_account), (named("88", "Larkspur Roofing LLC"), named("35", "Operating Checking")));
    assert_eq!((check.status, check.pays), (CheckStatus::Issued, Vec::new()));
}

#[test]
fn a_bill_payment_by_check_names_the_bills_that_it_pays() {
    let check = check_of(EntityType::BillPayment, BILL_PAYMENT);
    let paid = |id: &str, amount: Option<i64>| Paid {
        key: RecordKey { entity_type: EntityType::Bill, external_id: id.to_owned() },
        amount: amount.map(Into::into),
    };
    assert_eq!(check.pays, [paid("2390", Some(900)), paid("2392", None), paid("2393", None)]);
    assert_eq!((check.amount.to_string().as_str(), check.payee), ("900", named("40", "Hollis Properties")));
    assert_eq!(check.bank_account, named("35", "Operating Checking"));
}

#[test]
fn a_sales_invoice_is_open_until_its_balance_is_zero() {
    let open = invoice_of(INVOICE);
    assert_eq!((open.total.to_string().as_str(), open.balance.to_string().as_str()), ("362.07", "362.07"));
    assert_eq!((open.number.as_deref(), open.status), (Some("1037"), InvoiceStatus::Open));
    assert_eq!((open.customer, open.due_date), (named("24", "Sonnenschein Family Store"), Some(jiff::civil::date(2026, 8, 31))));
    assert_eq!(open.memo.as_deref(), Some("Thank you for your business."));
    let paid = invoice_of(&INVOICE.replace(r#""Balance":362.07"#, r#""Balance":0"#));
    assert_eq!((paid.status, paid.balance.is_zero()), (InvoiceStatus::Paid, true));
    let of_nothing = INVOICE.replace("362.07", "0");
    assert_eq!(invoice_of(&of_nothing).status, InvoiceStatus::Open, "nothing was paid");
    let overpaid = INVOICE.replace(r#""Balance":362.07"#, r#""Balance":-1"#);
    assert_eq!(invoice_of(&overpaid).status, InvoiceStatus::Open);
    let void = of_nothing.replace("internal", "Voided - internal");
    assert_eq!(invoice_of(&void).status, InvoiceStatus::Void);
}

#[test]
fn a_bill_is_a_check_to_be_issued_until_it_is_paid() {
    let open = check_of(EntityType::Bill, BILL);
    assert_eq!((open.status, open.amount.to_string().as_str()), (CheckStatus::ToBeIssued, "100"));
    assert_eq!((open.number.as_deref(), open.due_date), (Some("B-1004"), Some(jiff::civil::date(2026, 9, 6))));
    let paid = check_of(EntityType::Bill, &BILL.replace(r#""Balance":100"#, r#""Balance":0.00"#));
    assert_eq!((paid.status, paid.amount.to_string().as_str()), (CheckStatus::Closed, "0.00"));
    let overpaid = check_of(EntityType::Bill, &BILL.replace(r#""Balance":100"#, r#""Balance":-5"#));
    assert_eq!(overpaid.status, CheckStatus::Closed);
    let void = check_of(
        EntityType::Bill,
        &BILL.replace("103.55", "0").replace(r#""Balance":100"#, r#""Balance":0"#).replace(r#""Lumber""#, r#""Voided""#),
    );
    assert_eq!(void.status, CheckStatus::Void);
}

#[test]
fn a_void_record_has_a_zero_amount_and_a_note() {
    let zero = PURCHASE.replace(r#""TotalAmt":1284.50"#, r#""TotalAmt":0"#);
    let note = |json: &str, note: &str| json.replace("Deposit, job 7731", note);
    let status = |json: &str| check_of(EntityType::Purchase, json).status;
    for void in ["Voided - Deposit", "Voided", "voided"] {
        assert_eq!(status(&note(&zero, void)), CheckStatus::Void, "{void}");
    }
    assert_eq!(status(&zero), CheckStatus::Issued);
    assert_eq!(status(&note(PURCHASE, "Voided - Deposit")), CheckStatus::Issued);
}

#[test]
fn a_record_that_is_no_check_is_absent_in_an_incremental_run_and_left_out_of_a_full_one() {
    let absent = |of, id: &str| Some(Entry::Absent(RecordKey { entity_type: of, external_id: id.to_owned() }));
    let card = PURCHASE.replace(r#""PaymentType":"Check""#, r#""PaymentType":"CreditCard""#);
    let bare = r#"{"Id":"2417"}"#;
    let deleted = r#"{"status":"Deleted","domain":"QBO","Id":"2417","MetaData":{}}"#;
    for json in [&card, bare, deleted] {
        assert_eq!(read(EntityType::Purchase, json), absent(EntityType::Purchase, "2417"), "{json}");
        assert!(entries(&options(None), EntityType::Purchase, [json]).is_empty(), "{json}");
    }
    assert_eq!(read(EntityType::Bill, deleted), absent(EntityType::Bill, "2417"));
    assert_eq!(read(EntityType::Purchase, r#"{"PaymentType":"Cash"}"#), None, "it has no id, and is no check");
}

#[test]
fn an_unreadable_record_has_its_reason() {
    let unreadable = |external_id: Option<&str>, reason| {
        let external_id = external_id.map(str::to_owned);
        Some(Entry::Unreadable { entity_type: EntityType::Purchase, external_id, reason })
    };
    let with = |from: &str, to: &str| read(EntityType::Purchase, &PURCHASE.replacen(from, to, 1));
    for amount in [r#""much""#, "1e400", "9999999999999999", "0.1234567", "null", "[]", "{}", "true", r#""12,50""#, r#""""#] {
        let amount = with(r#""TotalAmt":1284.50"#, &format!(r#""TotalAmt":{amount}"#));
        assert_eq!(amount, unreadable(Some("2417"), Unreadable::AmountUnreadable));
    }
    assert_eq!(with(r#""TotalAmt":1284.50,"#, ""), unreadable(Some("2417"), Unreadable::AmountUnreadable));
    for date in ["9999-99-99", "2026-02-30", "9999-01-01", "0001-01-01", "tomorrow", "14.09.2026", ""] {
        assert_eq!(with("2026-09-14", date), unreadable(Some("2417"), Unreadable::DateUnreadable), "{date}");
    }
    for id in ["", r#""Id":"","#, r#""Id":null,"#, r#""Id":{},"#, r#""Id":"a b","#, &format!(r#""Id":"{}","#, "7".repeat(65))] {
        assert_eq!(with(r#""Id":"2417","#, id), unreadable(None, Unreadable::IdUnreadable), "{id}");
    }
    for json in ["null", "7", "[]", r#""text""#] {
        assert_eq!(read(EntityType::Purchase, json), unreadable(None, Unreadable::NotAnObject), "{json}");
    }
    assert_eq!(
        read(EntityType::Bill, &BILL.replace(r#","Balance":100"#, "")).map(|entry| matches!(entry, Entry::Unreadable { .. })),
        Some(true)
    );
}

#[test]
fn unusual_fields_lose_no_record_and_amounts_keep_their_digits() {
    let odd = r#"{"Id":17,"PaymentType":"check","TxnDate":"2026-09-14T10:00:00-07:00","TotalAmt":"-12.10","DocNumber":"Debit","EntityRef":[],
        "AccountRef":null,"CurrencyRef":"USD","PrivateNote":7,"MetaData":{"LastUpdatedTime":"soon"},"fieldOfTomorrow":{"nested":[1,"two",null]}}"#;
    let record = record_of(EntityType::Purchase, odd);
    assert_eq!((record.key.external_id.as_str(), record.changed_at), ("17", None));
    let check = check_of(EntityType::Purchase, odd);
    assert_eq!((check.amount.to_string().as_str(), check.number.as_deref()), ("-12.10", Some("Debit")));
    assert_eq!(
        (check.payee, check.bank_account, check.currency, check.memo.as_deref()),
        (Named::default(), Named::default(), None, Some("7"))
    );
}

#[test]
fn the_platforms_json_is_stored_if_the_connection_keeps_it() {
    let options = ReadOptions { keeps_source: true, ..options(None) };
    match entries(&options, EntityType::Purchase, [PURCHASE]).pop() {
        Some(Entry::Record(record)) => assert_eq!(record.source.as_deref(), Some(PURCHASE)),
        other => panic!("{other:?}"),
    }
    let large = PURCHASE.replace("Deposit", &"x".repeat(200_000));
    let large = seen::record(entries(&options, EntityType::Purchase, [large.as_str()]).pop());
    assert_eq!(large.source, None, "more than the table takes");
}
