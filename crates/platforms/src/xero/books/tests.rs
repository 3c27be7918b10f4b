//! Each recorded form of a record gives the right entry.

use counterfoil_core::model::record::{
    Body, CheckStatus, EntityType, Invoice, InvoiceStatus, Named, Paid, RecordKey, Unreadable,
};
use counterfoil_core::port::accounting::Entry;
use jiff::Timestamp;
use jiff::civil::date;

use super::accounts::Accounts;
use super::*;
use crate::books::entry::entry;
use crate::books::seen::{self, check, named, record};

const TRANSACTION: &str = r#"{"BankTransactionID":"5a1f6f5d","Type":"SPEND","Reference":"004217",
    "BankAccount":{"AccountID":"1e3c4b0d","Code":"090","Name":"Business Bank Account"},
    "Contact":{"ContactID":"a2b0c3d4","Name":"Pemberton Glass"},"IsReconciled":false,"DateString":"2026-09-14T00:00:00",
    "Date":"/Date(1789344000000+0000)/","Status":"AUTHORISED","LineItems":[{"Description":"Shopfront pane","UnitAmount":412.00}],
    "SubTotal":412.00,"TotalTax":0,"Total":412.00,"CurrencyCode":"USD","UpdatedDateUTC":"/Date(1789380123450+0000)/"}"#;

const PAYMENT: &str = r#"{"PaymentID":"c1d2e3f4","Date":"/Date(1789430400000+0000)/","Amount":318.75,"BankAmount":290.10,
    "Reference":"CHQ 004218","CurrencyRate":0,"PaymentType":"ACCPAYPAYMENT","Status":"AUTHORISED","HasAccount":true,
    "Account":{"AccountID":"1e3c4b0d","Code":"090"},"Details":"Panes",
    "Invoice":{"Type":"ACCPAY","InvoiceID":"d0e1f2a3","InvoiceNumber":"PG-5521","CurrencyCode":"USD",
    "Contact":{"ContactID":"a2b0c3d4","Name":"Pemberton Glass"}},"UpdatedDateUTC":"/Date(1229813606290+0000)/"}"#;

const INVOICE: &str = r#"{"InvoiceID":"d0e1f2a3","Type":"ACCREC","InvoiceNumber":"INV-0027","Reference":"PO 7",
    "Contact":{"ContactID":"a2b0c3d4","Name":"Ridgeway"},"DateString":"2026-08-14T00:00:00","Date":"/Date(1786665600000+0000)/",
    "DueDateString":"2026-09-13T00:00:00","Status":"AUTHORISED","Total":396.00,"AmountDue":96.50,"AmountPaid":299.50,
    "CurrencyCode":"NZD","UpdatedDateUTC":"/Date(1789466523450+0000)/"}"#;

fn options(check_rule: CheckRule) -> ReadOptions {
    ReadOptions { kind: SyncKind::Sync, since: Some(Timestamp::UNIX_EPOCH), check_rule, keeps_source: false }
}

fn read_by(rule: CheckRule, of: EntityType, json: &str, accounts: &Accounts) -> Option<Entry> {
    let options = options(rule);
    match of {
        EntityType::BankTransaction => {
            entry(&options, of, "BankTransactionID", json, |object| bank_transaction::read(object, &options))
        }
        EntityType::Payment => entry(&options, of, "PaymentID", json, |object| payment::read(object, &options, accounts)),
        _ => entry(&options, of, "InvoiceID", json, invoice::read),
    }
}

fn read(of: EntityType, json: &str) -> Option<Entry> {
    read_by(CheckRule::NumberLike, of, json, &Accounts::default())
}

fn invoice_of(json: &str) -> Invoice {
    seen::invoice(read(EntityType::Invoice, json))
}

fn is_absent(of: EntityType, json: &str) -> bool {
    seen::is_absent(read(of, json).as_ref())
}

#[test]
fn money_spent_under_a_check_number_is_a_check() {
    let record = record(read(EntityType::BankTransaction, TRANSACTION));
    assert_eq!(record.key, RecordKey { entity_type: EntityType::BankTransaction, external_id: "5a1f6f5d".to_owned() });
    assert_eq!(record.changed_at.map(Timestamp::as_millisecond), Some(1_789_380_123_450));
    let check = check(read(EntityType::BankTransaction, TRANSACTION));
    assert_eq!((check.number.as_deref(), check.amount.to_string().as_str()), (Some("004217"), "412.00"));
    assert_eq!((check.date, check.currency.as_deref()), (date(2026, 9, 14), Some("USD")));
    assert_eq!(
        (check.payee, check.bank_account),
        (named("a2b0c3d4", "Pemberton Glass"), named("1e3c4b0d", "Business Bank Account"))
    );
    assert_eq!((check.memo.as_deref(), check.status), (Some("Shopfront pane"), CheckStatus::Issued));
}

#[test]
fn the_connections_rule_decides_which_records_are_checks() {
    let with = |rule: CheckRule, reference: &str| {
        let json = TRANSACTION.replace("004217", reference);
        match read_by(rule, EntityType::BankTransaction, &json, &Accounts::default()) {
            Some(Entry::Record(record)) => match record.body {
                Body::Check(check) => Some(check.number),
                Body::Invoice(_) => None,
            },
            _ => None,
        }
    };
    let digits = |text: &str| Some(Some(text.to_owned()));
    let prefix = || CheckRule::Prefix("PMT".to_owned());
    assert_eq!([with(CheckRule::NumberLike, "chq no. 12"), with(CheckRule::NumberLike, "Rent")], [digits("12"), None]);
    assert_eq!([with(CheckRule::AllSpend, "Rent"), with(CheckRule::AllSpend, "#7")], [Some(None), digits("7")]);
    assert_eq!([with(prefix(), "PMT-0012"), with(prefix(), "PMT 12"), with(prefix(), "12")], [Some(None), digits("12"), None]);
    let transfer = TRANSACTION.replace(r#""SPEND""#, r#""SPEND-TRANSFER""#);
    let received = TRANSACTION.replace(r#""SPEND""#, r#""RECEIVE""#);
    for json in [transfer, received] {
        let entry = read_by(CheckRule::AllSpend, EntityType::BankTransaction, &json, &Accounts::default());
        assert!(matches!(entry, Some(Entry::Absent(_))), "{entry:?}");
    }
}

#[test]
fn a_payments_amount_goes_with_its_own_currency() {
    let unknown = check(read(EntityType::Payment, PAYMENT));
    assert_eq!((unknown.amount.to_string().as_str(), unknown.currency.as_deref()), ("318.75", Some("USD")));
    assert_eq!(unknown.bank_account, Named { id: Some("1e3c4b0d".to_owned()), name: None });
    let accounts = Accounts::of("1e3c4b0d", "Euro account", "EUR");
    let known = check(read_by(CheckRule::NumberLike, EntityType::Payment, PAYMENT, &accounts));
    assert_eq!((known.amount.to_string().as_str(), known.currency.as_deref()), ("290.10", Some("EUR")));
    assert_eq!((known.bank_account, known.number.as_deref()), (named("1e3c4b0d", "Euro account"), Some("004218")));
    let paid = Paid {
        key: RecordKey { entity_type: EntityType::Invoice, external_id: "d0e1f2a3".to_owned() },
        amount: Some("318.75".parse().expect("a number")),
    };
    assert_eq!((known.pays, known.date, known.memo.as_deref()), (vec![paid], date(2026, 9, 15), Some("Panes")));
    let no_bank_amount = PAYMENT.replace(r#""BankAmount":290.10,"#, "");
    let fallen_back = check(read_by(CheckRule::NumberLike, EntityType::Payment, &no_bank_amount, &accounts));
    assert_eq!((fallen_back.amount.to_string().as_str(), fallen_back.currency.as_deref()), ("318.75", Some("USD")));
    assert!(is_absent(EntityType::Payment, &PAYMENT.replace("ACCPAYPAYMENT", "ACCRECPAYMENT")));
}

#[test]
fn a_deleted_record_is_absent_and_a_void_one_is_not() {
    let with = |status: &str| TRANSACTION.replace("AUTHORISED", status);
    assert!(is_absent(EntityType::BankTransaction, &with("DELETED")));
    assert_eq!(check(read(EntityType::BankTransaction, &with("VOIDED"))).status, CheckStatus::Void);
    assert!(is_absent(EntityType::Payment, &PAYMENT.replace("AUTHORISED", "DELETED")));
    assert!(is_absent(EntityType::BankTransaction, &TRANSACTION.replace("004217", "")));
}

#[test]
fn an_invoice_is_a_sale_or_a_payable_by_its_type_and_stands_as_its_status_says() {
    let open = invoice_of(INVOICE);
    assert_eq!((open.total.to_string().as_str(), open.balance.to_string().as_str()), ("396.00", "96.50"));
    assert_eq!((open.number.as_deref(), open.status), (Some("INV-0027"), InvoiceStatus::Open));
    assert_eq!((open.date, open.due_date), (date(2026, 8, 14), Some(date(2026, 9, 13))));
    let with =
        |kind: &str, status: &str, due: &str| INVOICE.replace("ACCREC", kind).replace("AUTHORISED", status).replace("96.50", due);
    assert_eq!(invoice_of(&with("ACCREC", "PAID", "0.00")).status, InvoiceStatus::Paid);
    assert_eq!(invoice_of(&with("ACCREC", "VOIDED", "0.00")).status, InvoiceStatus::Void);
    assert_eq!(invoice_of(&with("ACCREC", "SUBMITTED", "96.50")).status, InvoiceStatus::Open);
    let bill = |status: &str, due: &str| check(read(EntityType::Invoice, &with("ACCPAY", status, due)));
    let open = bill("AUTHORISED", "96.50");
    assert_eq!((open.status, open.amount.to_string().as_str()), (CheckStatus::ToBeIssued, "96.50"));
    assert_eq!(bill("PAID", "0").status, CheckStatus::Closed);
    assert_eq!(bill("VOIDED", "0").status, CheckStatus::Void);
    for (kind, status) in [
        ("ACCREC", "DRAFT"),
        ("ACCREC", "DELETED"),
        ("ACCPAY", "DRAFT"),
        ("ACCPAY", "SUBMITTED"),
        ("ACCPAY", "DELETED"),
        ("", "PAID"),
    ] {
        assert!(is_absent(EntityType::Invoice, &with(kind, status, "96.50")), "{kind} {status}");
    }
}

#[test]
fn an_unreadable_record_has_its_reason() {
    let reason = |of, json: &str| seen::reason(read(of, json).as_ref());
    let transaction = |from: &str, to: &str| reason(EntityType::BankTransaction, &TRANSACTION.replacen(from, to, 1));
    for amount in [r#""much""#, "1e400", "9999999999999999", "null", "[]"] {
        let read = transaction(r#""Total":412.00"#, &format!(r#""Total":{amount}"#));
        assert_eq!(read, Some(Unreadable::AmountUnreadable), "{amount}");
    }
    let no_text = TRANSACTION.replace(r#""DateString":"2026-09-14T00:00:00","#, "");
    assert!(matches!(read(EntityType::BankTransaction, &no_text), Some(Entry::Record(_))), "the other says it too");
    let damaged = TRANSACTION.replace("1789344000000", "soon");
    assert_eq!(check(read(EntityType::BankTransaction, &damaged)).date, date(2026, 9, 14), "the text says it");
    let damaged = damaged.replace("2026-09-14T", "2026-02-30T");
    assert_eq!(reason(EntityType::BankTransaction, &damaged), Some(Unreadable::DateUnreadable));
    let no_date = no_text.replace("1789344000000", "soon");
    assert_eq!(reason(EntityType::BankTransaction, &no_date), Some(Unreadable::DateUnreadable));
    assert_eq!(transaction(r#""BankTransactionID":"5a1f6f5d","#, ""), Some(Unreadable::IdUnreadable));
    assert_eq!(reason(EntityType::Payment, "null"), Some(Unreadable::NotAnObject));
    assert_eq!(reason(EntityType::Invoice, &INVOICE.replace(r#""AmountDue":96.50,"#, "")), Some(Unreadable::AmountUnreadable));
}
