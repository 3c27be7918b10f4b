//! Complete answers in the forms that the platforms document, and how they are read.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::{Body, Named, Record};
use counterfoil_core::model::sync::{ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Entry, ReadFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock};

use super::server::{Request, Server, ok};
use super::{Books, UNAVAILABLE, full, limited, since};

/// The entries that a run reads from a platform with these answers: the first whose text is in the request's path or select. All
/// other answers are empty.
async fn read(
    platform: PlatformName,
    options: ReadOptions,
    answers: &'static [(&str, &str)],
) -> Result<Vec<String>, ReadFailure> {
    let empty = match platform {
        PlatformName::Quickbooks => r#"{"QueryResponse":{}}"#,
        PlatformName::Xero => r#"{"Status":"OK","BankTransactions":[],"Payments":[],"Invoices":[],"Accounts":[]}"#,
        PlatformName::Zoho => r#"{"code":0,"vendorpayments":[],"invoices":[],"bills":[],"page_context":{"has_more_page":false}}"#,
        _ => r#"{"response":{"result":{"bill_payments":[],"bills":[],"invoices":[],"total":0}}}"#,
    };
    let server = Server::start(move |request: &Request, _| {
        let asked = format!("{} {}", request.path, request.query.get("query").map_or("", String::as_str));
        ok(answers.iter().find(|(of, _)| asked.contains(of)).map_or(empty, |(_, answer)| answer))
    });
    let server = server.await;
    let run = Books::at(&server, platform, "10234695", "").await.run(&options).await?;
    Ok(run.entries.iter().map(told).collect())
}

fn told(entry: &Entry) -> String {
    match entry {
        Entry::Record(record) => of_record(record),
        Entry::Absent(key) => format!("{:?} {} is absent", key.entity_type, key.external_id),
        Entry::Unreadable { entity_type, external_id, reason } => {
            format!("{entity_type:?} {} {}", external_id.as_deref().unwrap_or("-"), <&str>::from(*reason))
        }
    }
}

fn of_record(record: &Record) -> String {
    let name = |named: &Named| named.name.clone().unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let what = match &record.body {
        Body::Check(check) => format!(
            "{} {} {} {} by {} to {}",
            <&str>::from(check.status),
            text(&check.number),
            check.date,
            money(check.amount, check.currency.as_deref()),
            name(&check.bank_account),
            name(&check.payee)
        ),
        Body::Invoice(invoice) => format!(
            "{} {} {} {} of {} from {}",
            <&str>::from(invoice.status),
            text(&invoice.number),
            invoice.date,
            invoice.balance,
            money(invoice.total, invoice.currency.as_deref()),
            name(&invoice.customer)
        ),
    };
    format!("{:?} {}: {what}", record.key.entity_type, record.key.external_id)
}

fn money(amount: impl std::fmt::Display, currency: Option<&str>) -> String {
    format!("{amount} {}", currency.unwrap_or("-"))
}

const QUICKBOOKS: &[(&str, &str)] = &[
    (
        "from Purchase",
        r#"{"QueryResponse":{"Purchase":[
        {"AccountRef":{"value":"41","name":"Visa"},"PaymentType":"CreditCard","EntityRef":{"value":"50","name":"Cal Fuel","type":"Vendor"},
         "Credit":false,"TotalAmt":34,"PurchaseEx":{"any":[{"name":"{http://schema.intuit.com/finance/v3}NameValue",
         "declaredType":"com.intuit.schema.finance.v3.NameValue","scope":"javax.xml.bind.JAXBElement$GlobalScope",
         "value":{"Name":"TxnType","Value":"54"},"nil":false,"globalScope":true,"typeSubstituted":false}]},"domain":"QBO","sparse":false,
         "Id":"4","SyncToken":"0","TxnDate":"2026-08-03","CurrencyRef":{"value":"USD","name":"United States Dollar"},"Line":[]},
        {"AccountRef":{"value":"35","name":"Operating"},"PaymentType":"Check","TotalAmt":185.00,"PrintStatus":"NotSet","domain":"QBO",
         "sparse":false,"Id":"13","SyncToken":"3","MetaData":{"CreateTime":"2026-08-01T14:04:25-07:00",
         "LastUpdatedTime":"2026-08-02T14:04:25-07:00","LastModifiedByRef":{"value":"9130"}},"CustomField":[],"DocNumber":"70",
         "TxnDate":"2026-08-02","CurrencyRef":{"value":"USD","name":"United States Dollar"},
         "EntityRef":{"value":"33","name":"Chin's Gas and Oil","type":"Vendor"},"Line":[{"Id":"1","Amount":185.00}],"TxnTaxDetail":{}},
        {"AccountRef":{"value":"35","name":"Operating"},"PaymentType":"Check","TotalAmt":0,"Id":"14","TxnDate":"2026-08-02",
         "DocNumber":"71","PrivateNote":"Voided - rent","CurrencyRef":{"value":"USD"},"Line":[{"Id":"1","Amount":0}]}
        ],"startPosition":1,"maxResults":3},"time":"2026-09-16T04:12:55.104-07:00"}"#,
    ),
    (
        "from BillPayment",
        r#"{"QueryResponse":{"BillPayment":[
        {"VendorRef":{"value":"46","name":"Norton Lumber"},"PayType":"CreditCard","CreditCardPayment":{"CCAccountRef":{"value":"41",
         "name":"Visa"}},"TotalAmt":103.55,"Id":"4","SyncToken":"0","TxnDate":"2026-08-08","CurrencyRef":{"value":"USD"},"Line":[]},
        {"VendorRef":{"value":"40","name":"Hall Properties"},"PayType":"Check","CheckPayment":{"BankAccountRef":{"value":"35",
         "name":"Operating"},"PrintStatus":"NeedToPrint"},"TotalAmt":900,"domain":"QBO","sparse":false,"Id":"13","SyncToken":"0",
         "DocNumber":"6","TxnDate":"2026-08-09","CurrencyRef":{"value":"USD","name":"United States Dollar"},
         "Line":[{"Amount":900,"LinkedTxn":[{"TxnId":"36","TxnType":"Bill"}]}]}
        ],"startPosition":1,"maxResults":2,"totalCount":2},"time":"2026-09-16T04:12:56.220-07:00"}"#,
    ),
];

#[tokio::test]
async fn quickbooks_purchases_and_bill_payments() {
    assert_eq!(
        read(PlatformName::Quickbooks, full(SyncKind::Sync), QUICKBOOKS).await.expect("reads"),
        [
            "Purchase 13: issued 70 2026-08-02 185.00 USD by Operating to Chin's Gas and Oil",
            "Purchase 14: void 71 2026-08-02 0 USD by Operating to ",
            "BillPayment 13: issued 6 2026-08-09 900 USD by Operating to Hall Properties",
        ],
        "an id names one record of each type"
    );
}

const REFUSED: &[(&str, &str)] =
    &[("/cdc", r#"{"CDCResponse":[{"QueryResponse":[{"Fault":{"Error":[{"Message":"m","code":"2010"}]}}]}]}"#), QUICKBOOKS[1]];

#[tokio::test]
async fn quickbooks_changes_and_their_faults() {
    let recently = || since(SyncKind::Sync, SystemClock::start().now());
    let changes = read(
        PlatformName::Quickbooks,
        recently(),
        &[(
            "/cdc",
            r#"{"CDCResponse":[{"QueryResponse":[{"Purchase":[{"domain":"QBO","status":"Deleted","Id":"979",
            "MetaData":{"LastUpdatedTime":"2026-09-15T16:40:03-07:00"}},
            {"Id":"13","PaymentType":"Check","TotalAmt":185.00,"TxnDate":"2026-08-02","status":"Pending"}],"startPosition":1,"maxResults":2},
            {}]}],"time":"2026-09-16T04:12:55.104-07:00"}"#,
        )],
    );
    assert_eq!(changes.await.expect("reads"), ["Purchase 979 is absent", "Purchase 13: issued  2026-08-02 185.00 - by  to "]);
    let throttled: &[_] = &[(
        "/cdc",
        r#"{"CDCResponse":[{"QueryResponse":[{"Fault":{"Error":[{"Message":"ThrottleExceeded","code":"3001"}],"type":"SERVICE"}}]}]}"#,
    )];
    assert_eq!(read(PlatformName::Quickbooks, recently(), throttled).await.err(), Some(limited(60, false)));
    let severe: &[_] =
        &[("/cdc", r#"{"CDCResponse":[{"QueryResponse":[{"Fault":{"Error":[{"Message":"m","code":"10000"}]}},{}]}]}"#)];
    assert_eq!(read(PlatformName::Quickbooks, recently(), severe).await.err(), Some(UNAVAILABLE));
    let listed = read(PlatformName::Quickbooks, recently(), REFUSED).await.expect("reads the lists");
    assert_eq!(listed.len(), 2, "{listed:?}");
}

#[tokio::test]
async fn xero_bank_transactions_and_payments_by_pages_of_another_size() {
    let read = read(
        PlatformName::Xero,
        full(SyncKind::Sync),
        &[
            (
                "/BankTransactions",
                r#"{"Id":"5892b15e","Status":"OK","ProviderName":"App","DateTimeUTC":"\/Date(1777034752953)\/",
            "pagination":{"page":1,"pageSize":100,"pageCount":1,"itemCount":2},"BankTransactions":[
            {"BankTransactionID":"b9d7c42c","BankAccount":{"AccountID":"5625","Code":"090","Name":"Business Bank Account"},"Type":"SPEND",
             "Reference":"Chq 409","IsReconciled":true,"Contact":{"ContactID":"43d1","Name":"Ridgeway","Addresses":[],"Phones":[]},
             "DateString":"2026-02-07T00:00:00","Date":"\/Date(1770422400000+0000)\/","Status":"AUTHORISED","LineItems":[
             {"Description":"Fee","UnitAmount":148.5,"TaxType":"NONE","Tracking":[]}],"SubTotal":148.50,"TotalTax":0.00,"Total":148.50,
             "UpdatedDateUTC":"\/Date(1229813455090+0000)\/","CurrencyCode":"USD"},
            {"BankTransactionID":"c0e8d53d","Type":"SPEND","Reference":"","DateString":"2026-02-07T00:00:00","Status":"AUTHORISED",
             "Total":15,"CurrencyCode":"USD"}]}"#,
            ),
            (
                "/Payments",
                r#"{"Id":"7d13d341","Status":"OK","ProviderName":"App","DateTimeUTC":"\/Date(1777032582643)\/","Payments":[
            {"PaymentID":"ac203d5b","BatchPaymentID":"2f22","BatchPayment":{"Type":"PAYBATCH","TotalAmount":31.39},
             "Date":"\/Date(1771027200000+0000)\/","BankAmount":31.39,"Amount":31.39,"Reference":"09756","CurrencyRate":0.0000000000,
             "PaymentType":"ACCPAYPAYMENT","Status":"AUTHORISED","UpdatedDateUTC":"\/Date(1229813606290+0000)\/","HasAccount":true,
             "Account":{"AccountID":"5625","Code":"090"},"Invoice":{"Type":"ACCPAY","InvoiceID":"1938","InvoiceNumber":"AP",
             "Contact":{"ContactID":"3b30","Name":"Xero","Addresses":[]},"LineItems":[],"CurrencyCode":"USD"},"HasValidationErrors":false},
            {"PaymentID":"bd314e6c","Date":"\/Date(1771027200000+0000)\/","Amount":34.1,"BankAmount":34.1,"Reference":"41",
             "PaymentType":"ACCPAYPAYMENT","Status":"DELETED","Invoice":{"CurrencyCode":"USD"}}]}"#,
            ),
            (
                "/Accounts",
                r#"{"Id":"99bf","Status":"OK","Accounts":[{"AccountID":"5625","Code":"090","Name":"Business Bank Account","Status":"ACTIVE",
            "Type":"BANK","BankAccountNumber":"090-8007-006543","CurrencyCode":"EUR"},{"AccountID":"1","Type":"SALES"}]}"#,
            ),
        ],
    );
    assert_eq!(
        read.await.expect("reads"),
        [
            "BankTransaction b9d7c42c: issued 409 2026-02-07 148.50 USD by Business Bank Account to Ridgeway",
            "Payment ac203d5b: issued 09756 2026-02-14 31.39 EUR by Business Bank Account to Xero",
        ]
    );
}

#[tokio::test]
async fn zoho_invoices_and_bills_in_another_order_than_asked_for() {
    let read = read(
        PlatformName::Zoho,
        full(SyncKind::ImportInvoices),
        &[
            (
                "/invoices",
                r#"{"code":0,"message":"success","invoices":[
            {"invoice_id":"260815000000103001","customer_id":"260815000000097001","customer_name":"Acme Corp","status":"paid",
             "invoice_number":"INV-000002","date":"2026-06-09","due_date":"2026-07-09","due_days":"","total":598,"balance":0,
             "custom_field_hash":{},"currency_code":"USD","last_modified_time":"2026-06-09T09:47:43-0400","exchange_rate":1},
            {"invoice_id":"260815000000103002","customer_name":"Acme Corp","status":"void","invoice_number":"INV-000001",
             "date":"2026-06-08","due_date":"","total":149.97,"balance":149.97,"currency_code":"USD"},
            {"invoice_id":"260815000000103003","status":"draft","invoice_number":"INV-000003","date":"2026-06-07","total":1,"balance":1}],
            "page_context":{"page":1,"per_page":10,"has_more_page":false,"report_name":"Invoices","applied_filter":"Status.All",
            "sort_column":"created_time","sort_order":"D"}}"#,
            ),
            (
                "/bills",
                r#"{"code":0,"message":"success","bills":[{"bill_id":"260815000000108002","vendor_id":"260815000000098001",
            "vendor_name":"Beta Supplies","status":"open","bill_number":"BILL-001","date":"2026-06-09","due_date":"2026-07-09",
            "currency_code":"USD","total":500,"balance":480.50,"balance_due":480.50,"tags":[]}],
            "page_context":{"page":1,"per_page":200,"has_more_page":false}}"#,
            ),
        ],
    );
    assert_eq!(
        read.await.expect("reads"),
        [
            "Invoice 260815000000103001: paid INV-000002 2026-06-09 0 of 598 USD from Acme Corp",
            "Invoice 260815000000103002: void INV-000001 2026-06-08 149.97 of 149.97 USD from Acme Corp",
            "Bill 260815000000108002: to_be_issued BILL-001 2026-06-09 480.50 USD by  to Beta Supplies",
        ]
    );
}

#[tokio::test]
async fn freshbooks_payments_and_invoices_by_the_pages_that_are_its_default() {
    let answers: &[_] = &[
        (
            "/bill_payments",
            r#"{"response":{"result":{"bill_payments":[{"amount":{"amount":"412.00","code":"USD"},"billid":1630,"id":2204,
            "matched_with_expense":false,"note":"ck 3307","paid_date":"2026-09-14","payment_type":"Check","vis_state":0},
            {"amount":{"amount":"10.00","code":"USD"},"billid":1631,"id":2205,"paid_date":"2026-09-14","payment_type":"Cash"}],
            "page":1,"pages":1,"per_page":15,"total":2}}}"#,
        ),
        (
            "/bills",
            r#"{"response":{"result":{"bills":[{"id":1630,"vendorid":1563,"bill_number":"B1","issue_date":"2026-09-01",
            "outstanding":{"amount":"0.00","code":"USD"},"vendor":{"vendorid":1563,"vendor_name":"Norton Lumber"},"status":"paid",
            "currency_code":"USD","vis_state":0},{"id":1631,"vendorid":7,"issue_date":"2026-09-01","outstanding":null,"vis_state":0}],
            "page":1,"pages":1,"per_page":15,"total":2}}}"#,
        ),
        (
            "/invoices",
            r#"{"response":{"result":{"invoices":[{"accountid":"Qx9Zb1","amount":{"amount":"1500.00","code":"USD"},"id":454063,
            "invoiceid":454063,"create_date":"2026-06-29","created_at":"2026-06-29 12:52:44","currency_code":"USD",
            "current_organization":"Okafor Studio","customerid":567521,"date_paid":null,"deposit_amount":null,"due_date":"2026-07-29",
            "invoice_number":"0000008","organization":"Okafor Studio","outstanding":{"amount":"800.00","code":"USD"},
            "payment_status":"partial","status":2,"v3_status":"partial","updated":"2026-06-29 12:52:44","vis_state":0},
            {"id":454061,"amount":{"amount":"1.00","code":"USD"},"outstanding":{"amount":"1.00","code":"USD"},"create_date":"2026-06-29",
            "status":1,"v3_status":"draft","vis_state":0}],"page":1,"pages":1,"per_page":100,"total":2}}}"#,
        ),
    ];
    assert_eq!(
        read(PlatformName::Freshbooks, full(SyncKind::Sync), answers).await.expect("reads"),
        ["BillPayment 2204: issued 3307 2026-09-14 412.00 USD by  to Norton Lumber"]
    );
    assert_eq!(
        read(PlatformName::Freshbooks, full(SyncKind::ImportInvoices), answers).await.expect("reads"),
        [
            "Invoice 454063: open 0000008 2026-06-29 800.00 of 1500.00 USD from Okafor Studio",
            "Bill 1630: closed B1 2026-09-01 0.00 USD by  to Norton Lumber",
            "Bill 1631 amount_unreadable",
        ]
    );
}
