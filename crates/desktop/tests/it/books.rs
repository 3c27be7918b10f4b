//! What an import reads of transactions.

use counterfoil_desktop::books::{Deleted, Paid, Party, Transaction, currency_code, deleted_query, request};
use counterfoil_desktop::qbxml::Element;
use counterfoil_desktop::resource::{Page, Resource};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn element(xml: &str) -> Element {
    Element::parse(xml).expect("the XML of a test")
}

fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

fn at(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

const TIMES: &str = "<TimeCreated>2025-01-02T08:15:30-05:00</TimeCreated><TimeModified>2025-01-03T08:15:30-05:00</TimeModified>";

#[test]
fn a_check() {
    let xml = format!(
        "<CheckRet><TxnID>1-1</TxnID>{TIMES}<AccountRef><ListID>8-1</ListID><FullName>Bank</FullName></AccountRef>\
         <PayeeEntityRef><ListID>8-2</ListID><FullName>Acme</FullName></PayeeEntityRef><RefNumber>1001</RefNumber><TxnDate>2025-01-04</TxnDate>\
         <Amount>1284.50</Amount><CurrencyRef><ListID>8-3</ListID><FullName>US Dollar</FullName></CurrencyRef><Memo>Rent</Memo></CheckRet>"
    );
    let check = Transaction {
        id: Some("1-1"),
        number: Some("1001"),
        date: Some(date(2025, 1, 4)),
        due_date: None,
        amount: decimal("1284.50"),
        due: None,
        currency: Some("USD"),
        party: Party { id: Some("8-2"), name: Some("Acme") },
        bank_account: Party { id: Some("8-1"), name: Some("Bank") },
        memo: Some("Rent"),
        is_void: false,
        pays: Vec::new(),
        created_at: at("2025-01-02T13:15:30Z"),
        changed_at: at("2025-01-03T13:15:30Z"),
    };
    assert_eq!(Transaction::read(Resource::Check, &element(&xml)), Some(check));
}

#[test]
fn a_payment_pays_bills_and_uses_credits() {
    let applied =
        |id, of, amount| format!("<AppliedToTxnRet><TxnID>{id}</TxnID><TxnType>{of}</TxnType>{amount}</AppliedToTxnRet>");
    let xml = format!(
        "<BillPaymentCheckRet><TxnID>2-1</TxnID><BankAccountRef><FullName>Bank</FullName></BankAccountRef><Amount>5.00</Amount>{}{}{}</BillPaymentCheckRet>",
        applied("3-1", "Bill", "<Amount>4.00</Amount>"),
        applied("4-1", "VendorCredit", "<Amount>-1.00</Amount>"),
        applied("3-2", "Bill", ""),
    );
    let xml = element(&xml);
    let payment = Transaction::read(Resource::BillCheckPayment, &xml).expect("a transaction");
    assert_eq!(payment.pays, [Paid { id: "3-1", amount: decimal("4.00") }, Paid { id: "3-2", amount: None }]);
    assert_eq!((payment.bank_account.name, payment.amount, payment.due), (Some("Bank"), decimal("5.00"), None));
}

/// The amount and what is due of a bill.
fn bill(rest: &str) -> (Option<Decimal>, Option<Decimal>) {
    let xml = element(&format!("<BillRet><TxnID>3-1</TxnID>{rest}</BillRet>"));
    let bill = Transaction::read(Resource::Bill, &xml).expect("a transaction");
    (bill.amount, bill.due)
}

#[test]
fn what_is_due_of_a_bill() {
    let whole = "<AmountDue>100.00</AmountDue><OpenAmount>9999.00</OpenAmount>";
    let linked = |of, amount| format!("<LinkedTxn><LinkType>{of}</LinkType><Amount>{amount}</Amount></LinkedTxn>");
    let part = linked("AMTTYPE", "-30.25");
    assert_eq!(bill(whole), (decimal("100.00"), decimal("100.00")));
    assert_eq!(bill(&format!("{whole}{part}{part}{}", linked("QUANTYPE", "-5.00"))), (decimal("100.00"), decimal("39.50")));
    let untyped = "<LinkedTxn><Amount>-30.25</Amount></LinkedTxn>";
    assert_eq!(bill(&format!("{whole}{untyped}")), (decimal("100.00"), decimal("69.75")), "QuickBooks may leave the type out");
    assert_eq!(bill(&format!("{whole}<IsPaid>true</IsPaid>")), (decimal("100.00"), decimal("0")));
    assert_eq!(bill(&format!("{whole}<IsPaid>false</IsPaid>{}", linked("AMTTYPE", "much"))), (decimal("100.00"), None));
    assert_eq!(bill("<IsPaid>false</IsPaid>"), (None, None));
    assert_eq!(bill("<AmountDue>1_000</AmountDue>"), (None, None));
}

#[test]
fn the_amounts_of_an_invoice() {
    let read = |rest: &str| {
        let xml = element(&format!(
            "<InvoiceRet><CustomerRef><FullName>Acme</FullName></CustomerRef><Memo>Internal</Memo>\
             <CustomerMsgRef><FullName>Thank you</FullName></CustomerMsgRef>{rest}</InvoiceRet>"
        ));
        let invoice = Transaction::read(Resource::Invoice, &xml).expect("a transaction");
        assert_eq!((invoice.party.name, invoice.memo), (Some("Acme"), Some("Thank you")));
        (invoice.amount, invoice.due)
    };
    let amounts = "<Subtotal>100.00</Subtotal><SalesTaxTotal>8.25</SalesTaxTotal><AppliedAmount>-50.00</AppliedAmount>";
    assert_eq!(read(&format!("{amounts}<BalanceRemaining>58.25</BalanceRemaining>")), (decimal("108.25"), decimal("58.25")));
    let rest =
        "<SalesTaxTotal>8.25</SalesTaxTotal><AppliedAmount>-50.00</AppliedAmount><BalanceRemaining>58.25</BalanceRemaining>";
    assert_eq!(read(rest), (decimal("108.25"), decimal("58.25")), "without a subtotal");
    assert_eq!(read("<Subtotal>100.00</Subtotal>"), (decimal("100.00"), None));
    assert_eq!(read("<Subtotal>100.00</Subtotal><SalesTaxTotal>tax</SalesTaxTotal>"), (None, None));
}

#[test]
fn what_is_void() {
    let is_void = |rest: &str| {
        let xml = element(&format!("<CheckRet>{rest}</CheckRet>"));
        Transaction::read(Resource::Check, &xml).expect("a transaction").is_void
    };
    assert!(is_void("<Amount>0.00</Amount><Memo>VOID: Rent</Memo>"));
    assert!(is_void("<Amount>0</Amount><Memo>void:</Memo>"));
    for rest in [
        "<Amount>0.01</Amount><Memo>VOID: Rent</Memo>",
        "<Amount>0.00</Amount><Memo>Avoid: Rent</Memo>",
        "<Amount>0.00</Amount>",
        "<Memo>VOID: Rent</Memo>",
        "<Amount>0.00</Amount><Memo>éééé</Memo>",
    ] {
        assert!(!is_void(rest), "{rest}");
    }
}

#[test]
fn codes_of_currencies() {
    let names = ["US Dollar", "united states dollar", " usd ", "Euro", "British Pound Sterling", "Credits", "", "XXX"];
    let codes = [Some("USD"), Some("USD"), Some("USD"), Some("EUR"), Some("GBP"), None, None, None];
    assert_eq!(names.map(currency_code), codes);
}

#[test]
fn only_transactions_are_read() {
    let none = element("<VendorRet><ListID>8-1</ListID></VendorRet>");
    assert_eq!(Transaction::read(Resource::Vendor, &none), None);
}

#[test]
fn requests_for_changes() {
    let since = at("2025-01-01T12:34:56.789Z");
    let query = |resource, since| request(resource, since).query(Page::default()).to_xml();
    let updated = "<FromModifiedDate>2025-01-01T12:34:56+00:00</FromModifiedDate>";
    let range = format!("<ModifiedDateRangeFilter>{updated}</ModifiedDateRangeFilter>");
    let rest = "<IncludeLineItems>false</IncludeLineItems><IncludeLinkedTxns>false</IncludeLinkedTxns><OwnerID>0</OwnerID>";
    assert_eq!(query(Resource::Check, since), format!("<CheckQueryRq>{range}{rest}</CheckQueryRq>"));
    let payments =
        "<BillPaymentCheckQueryRq><IncludeLineItems>true</IncludeLineItems><OwnerID>0</OwnerID></BillPaymentCheckQueryRq>";
    assert_eq!(query(Resource::BillCheckPayment, None), payments);
    let rest = "<IncludeLineItems>false</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns><OwnerID>0</OwnerID>";
    assert_eq!(query(Resource::Bill, since), format!("<BillQueryRq>{range}<PaidStatus>All</PaidStatus>{rest}</BillQueryRq>"));
    let vendors = format!("<VendorQueryRq><ActiveStatus>ActiveOnly</ActiveStatus>{updated}<OwnerID>0</OwnerID></VendorQueryRq>");
    assert_eq!(query(Resource::Vendor, since), vendors);
    for since in [Timestamp::MIN, Timestamp::MAX] {
        request(Resource::Invoice, Some(since));
    }
}

#[test]
fn deleted_transactions() {
    let all = [Resource::Check, Resource::BillCheckPayment, Resource::Vendor];
    let types = "<TxnDelType>Check</TxnDelType><TxnDelType>BillPaymentCheck</TxnDelType>";
    let since = "<DeletedDateRangeFilter><FromDeletedDate>2025-01-01T12:34:56+00:00</FromDeletedDate></DeletedDateRangeFilter>";
    let query = deleted_query(&all, at("2025-01-01T12:34:56.789Z")).to_xml();
    assert_eq!(query, format!("<TxnDeletedQueryRq>{types}{since}</TxnDeletedQueryRq>"));
    assert_eq!(deleted_query(&all, None).to_xml(), format!("<TxnDeletedQueryRq>{types}</TxnDeletedQueryRq>"));

    let deleted = |of: &str, rest: &str| element(&format!("<TxnDeletedRet><TxnDelType>{of}</TxnDelType>{rest}</TxnDeletedRet>"));
    let time = "<TimeDeleted>2025-01-02T08:15:30-05:00</TimeDeleted>";
    let read = deleted("BillPaymentCheck", &format!("<TxnID>1-1</TxnID>{time}"));
    let expected = Deleted { resource: Resource::BillCheckPayment, id: "1-1", deleted_at: at("2025-01-02T13:15:30Z") };
    assert_eq!(Deleted::read(&read), Some(expected));
    assert_eq!(Deleted::read(&deleted("Deposit", "<TxnID>1-1</TxnID>")), None);
    assert_eq!(Deleted::read(&deleted("Check", "<TxnID/>")), None);
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,40}|-?[0-9.]{1,40}|VOID:.{0,4}") {
        let names = ["TxnID", "TxnDate", "Amount", "AmountDue", "Subtotal", "SalesTaxTotal", "Memo", "TimeCreated"];
        let all = names.into_iter().fold(Element::new("Ret"), |element, name| element.with_text(name, text.as_str()));
        for resource in [Resource::Check, Resource::BillCheckPayment, Resource::Bill, Resource::Invoice] {
            prop_assert!(Transaction::read(resource, &all).is_some());
        }
    }
}
