//! Each platform's lists of records in the form of its HTTP answers, so that one table of odd values can be tested on all of them.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::{Body, Check, Invoice};
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Entry, ReadFailure};

use super::server::{Request, Server, ok};
use super::{Books, Run, full};
use crate::raw::Bytes;

/// A list of records.
pub(super) struct Wire {
    pub(super) platform: PlatformName,
    /// The kind of run that reads it.
    kind: SyncKind,
    company: &'static str,
    /// The path of the list. The other lists of a run are empty.
    path: &'static str,
    /// A record. `$id`, `$amount`, `$date`, `$currency`, and `$text` stand for the JSON of these fields.
    record: &'static str,
    /// The whole answer. `$records` stands for its records, `$total` for their number, `$page` and `$size` for the page.
    answer: &'static str,
    /// The answer to any other request.
    other: &'static str,
}

pub(super) const QUICKBOOKS: Wire = Wire {
    platform: PlatformName::Quickbooks,
    kind: SyncKind::Sync,
    company: "9130357849012345",
    path: "select * from Purchase",
    record: r#"{"Id":$id,"SyncToken":"0","PaymentType":"Check","TxnDate":$date,"TotalAmt":$amount,"CurrencyRef":{"value":$currency,
        "name":"x"},"PrivateNote":$text,"sparse":false}"#,
    answer: r#"{"QueryResponse":{"Purchase":[$records],"startPosition":1,"maxResults":$total},"time":"2026-09-16T04:12:55.104-07:00"}"#,
    other: r#"{"QueryResponse":{},"time":"2026-09-16T04:12:55.104-07:00"}"#,
};

pub(super) const XERO: Wire = Wire {
    platform: PlatformName::Xero,
    kind: SyncKind::Sync,
    company: "70784a63-d24b-46a9-a4db-0e70a274b056",
    path: "/BankTransactions",
    record: r#"{"BankTransactionID":$id,"Type":"SPEND","Reference":"004217","DateString":$date,"Status":"AUTHORISED",
        "LineItems":[{"Description":$text,"Quantity":1}],"Total":$amount,"CurrencyCode":$currency,"HasAttachments":false}"#,
    answer: r#"{"Id":"0b4d6c6e","Status":"OK","ProviderName":"App","DateTimeUTC":"/Date(1789557180385)/",
        "pagination":{"page":$page,"pageSize":$size,"pageCount":1,"itemCount":$total},"BankTransactions":[$records]}"#,
    other: r#"{"Id":"1","Status":"OK","BankTransactions":[],"Payments":[],"Accounts":[],"pagination":{"page":1,"pageSize":1000,"pageCount":0,"itemCount":0}}"#,
};

pub(super) const ZOHO: Wire = Wire {
    platform: PlatformName::Zoho,
    kind: SyncKind::Sync,
    company: "10234695",
    path: "/vendorpayments",
    record: r#"{"payment_id":$id,"payment_mode":"Check","status":"paid","date":$date,"amount":$amount,"currency_code":$currency,
        "description":$text,"balance":0}"#,
    answer: r#"{"code":0,"message":"success","vendorpayments":[$records],
        "page_context":{"page":$page,"per_page":200,"has_more_page":false,"report_name":"Payments Made"}}"#,
    other: r#"{"code":0,"invoices":[],"bills":[],"page_context":{"page":1,"per_page":200,"has_more_page":false}}"#,
};

pub(super) const FRESHBOOKS: Wire = Wire {
    platform: PlatformName::Freshbooks,
    kind: SyncKind::Sync,
    company: "Qx9Zb1",
    path: "/accounting/account/Qx9Zb1/bill_payments/bill_payments",
    record: r#"{"id":$id,"billid":1630,"amount":{"amount":$amount,"code":$currency},"paid_date":$date,"payment_type":"Check",
        "note":$text,"vis_state":0}"#,
    answer: r#"{"response":{"result":{"bill_payments":[$records],"page":$page,"pages":1,"per_page":$size,"total":$total}}}"#,
    other: r#"{"response":{"result":{"bills":[],"invoices":[],"page":1,"pages":0,"per_page":100,"total":0}}}"#,
};

static BILL_PAYMENTS: Wire = Wire {
    path: "select * from BillPayment",
    record: r#"{"Id":$id,"PayType":"Check","TxnDate":$date,"TotalAmt":$amount,"CurrencyRef":{"value":$currency},"PrivateNote":$text}"#,
    answer: r#"{"QueryResponse":{"BillPayment":[$records],"startPosition":1,"maxResults":$total}}"#,
    ..QUICKBOOKS
};

static QUICKBOOKS_BILLS: Wire = Wire {
    kind: SyncKind::ImportInvoices,
    path: "select * from Bill ",
    record: r#"{"Id":$id,"TxnDate":$date,"Balance":$amount,"CurrencyRef":{"value":$currency},"PrivateNote":$text,"TotalAmt":1}"#,
    answer: r#"{"QueryResponse":{"Bill":[$records],"startPosition":1,"maxResults":$total}}"#,
    ..QUICKBOOKS
};

static QUICKBOOKS_INVOICES: Wire = Wire {
    kind: SyncKind::ImportInvoices,
    path: "select * from Invoice",
    record: r#"{"Id":$id,"TxnDate":$date,"TotalAmt":$amount,"CurrencyRef":{"value":$currency},"CustomerMemo":{"value":$text},"Balance":1}"#,
    answer: r#"{"QueryResponse":{"Invoice":[$records],"startPosition":1,"maxResults":$total}}"#,
    ..QUICKBOOKS
};

static XERO_PAYMENTS: Wire = Wire {
    path: "/Payments",
    record: r#"{"PaymentID":$id,"PaymentType":"ACCPAYPAYMENT","Reference":"004217","DateString":$date,"Status":"AUTHORISED",
        "Details":$text,"Amount":$amount,"Invoice":{"CurrencyCode":$currency}}"#,
    answer: r#"{"Status":"OK","pagination":{"page":$page,"pageSize":$size,"pageCount":1,"itemCount":$total},"Payments":[$records]}"#,
    ..XERO
};

const XERO_BILLS: Wire = Wire {
    kind: SyncKind::ImportInvoices,
    path: "/Invoices",
    record: r#"{"InvoiceID":$id,"Type":"ACCPAY","DateString":$date,"Status":"AUTHORISED","AmountDue":$amount,"CurrencyCode":$currency,
        "Reference":$text,"Total":1}"#,
    answer: r#"{"Status":"OK","pagination":{"page":$page,"pageSize":$size,"pageCount":1,"itemCount":$total},"Invoices":[$records]}"#,
    ..XERO
};

static XERO_INVOICES: Wire = Wire {
    record: r#"{"InvoiceID":$id,"Type":"ACCREC","DateString":$date,"Status":"AUTHORISED","Total":$amount,"CurrencyCode":$currency,
        "Reference":$text,"AmountDue":1}"#,
    ..XERO_BILLS
};

const ZOHO_BILLS: Wire = Wire {
    kind: SyncKind::ImportInvoices,
    path: "/bills",
    record: r#"{"bill_id":$id,"status":"open","date":$date,"balance":$amount,"currency_code":$currency,"reference_number":$text}"#,
    answer: r#"{"code":0,"bills":[$records],"page_context":{"page":$page,"per_page":200,"has_more_page":false}}"#,
    ..ZOHO
};

static ZOHO_INVOICES: Wire = Wire {
    path: "/invoices",
    record: r#"{"invoice_id":$id,"status":"sent","date":$date,"total":$amount,"currency_code":$currency,"reference_number":$text,
        "balance":1}"#,
    answer: r#"{"code":0,"invoices":[$records],"page_context":{"page":$page,"per_page":200,"has_more_page":false}}"#,
    ..ZOHO_BILLS
};

const FRESHBOOKS_BILLS: Wire = Wire {
    kind: SyncKind::ImportInvoices,
    path: "/accounting/account/Qx9Zb1/bills/bills",
    record: r#"{"id":$id,"outstanding":{"amount":$amount,"code":$currency},"issue_date":$date,"overall_description":$text,"vis_state":0}"#,
    answer: r#"{"response":{"result":{"bills":[$records],"page":$page,"pages":1,"per_page":$size,"total":$total}}}"#,
    ..FRESHBOOKS
};

static FRESHBOOKS_INVOICES: Wire = Wire {
    path: "/accounting/account/Qx9Zb1/invoices/invoices",
    record: r#"{"id":$id,"amount":{"amount":$amount,"code":$currency},"create_date":$date,"notes":$text,"vis_state":0,
        "outstanding":{"amount":1}}"#,
    answer: r#"{"response":{"result":{"invoices":[$records],"page":$page,"pages":1,"per_page":$size,"total":$total}}}"#,
    ..FRESHBOOKS_BILLS
};

/// A list of checks of each platform.
pub(super) static ALL: [&Wire; 4] = [&QUICKBOOKS, &XERO, &ZOHO, &FRESHBOOKS];

/// The lists of each platform, one for each form of a record.
pub(super) static EVERY: [&Wire; 14] = [
    &QUICKBOOKS,
    &BILL_PAYMENTS,
    &QUICKBOOKS_BILLS,
    &QUICKBOOKS_INVOICES,
    &XERO,
    &XERO_PAYMENTS,
    &XERO_BILLS,
    &XERO_INVOICES,
    &ZOHO,
    &ZOHO_BILLS,
    &ZOHO_INVOICES,
    &FRESHBOOKS,
    &FRESHBOOKS_BILLS,
    &FRESHBOOKS_INVOICES,
];

impl Wire {
    /// A check with these fields, each with its name here and its JSON. The JSON `absent` leaves the field out.
    pub(super) fn record(&self, fields: &[(&str, &str)]) -> String {
        let usual = [
            ("id", r#""2417""#),
            ("amount", "1284.50"),
            ("date", r#""2026-09-14""#),
            ("currency", r#""USD""#),
            ("text", r#""Deposit""#),
        ];
        let mut record = self.record.to_owned();
        for (field, json) in fields.iter().chain(&usual) {
            let place = format!("${field}");
            record = match *json {
                "absent" => record.replacen(&format!("{}{place}", self.name(field)), r#""another":1"#, 1),
                json => record.replacen(&place, json, 1),
            };
        }
        record
    }

    /// The platform and its list.
    pub(super) fn list(&self) -> String {
        format!("{} {}", self.platform, self.path)
    }

    /// The text before a field's value.
    pub(super) fn name(&self, field: &str) -> &str {
        let (before, _) = self.record.split_once(&format!("${field}")).expect("a field");
        before.rsplit(['{', ',']).next().expect("a name")
    }

    /// The answer with these records, and no others on further pages.
    pub(super) fn answer(&self, records: &[String]) -> String {
        self.page(records, ("1", if self.platform == PlatformName::Xero { "1000" } else { "100" }), &records.len().to_string())
    }

    /// The answer with these records, as the page of that number and size, and with that total.
    pub(super) fn page(&self, records: &[String], (page, size): (&str, &str), total: &str) -> String {
        let answer = self.answer.replace("$page", page).replace("$size", size).replace("$total", total);
        answer.replace("$records", &records.join(","))
    }

    /// Runs over a platform that gives this answer for every page of the list.
    pub(super) async fn run(&self, answer: Bytes) -> Result<Run, ReadFailure> {
        self.serve(move |_| answer.clone()).await
    }

    /// Runs over a platform that answers requests for the list with `respond`.
    pub(super) async fn serve(&self, mut respond: impl FnMut(&Request) -> Bytes + Send + 'static) -> Result<Run, ReadFailure> {
        let (path, other) = (self.path, self.other);
        let server = Server::start(move |request, _| {
            let is_list = request.path == path || request.query.get("query").is_some_and(|query| query.starts_with(path));
            if is_list { respond(request) } else { ok(other) }
        });
        let server = server.await;
        Books::at(&server, self.platform, self.company, "").await.run(&full(self.kind)).await
    }
}

/// The value of a record's field, or the reason why the record cannot be read.
pub(super) fn told(entry: &Entry, field: &str) -> String {
    let record = match entry {
        Entry::Record(record) => record,
        Entry::Absent(key) => return format!("{} is absent", key.external_id),
        Entry::Unreadable { reason, .. } => return <&str>::from(*reason).to_owned(),
    };
    let (amount, date, currency, memo) = match &record.body {
        Body::Check(Check { amount, date, currency, memo, .. }) => (amount, date, currency, memo),
        Body::Invoice(Invoice { total, date, currency, memo, .. }) => (total, date, currency, memo),
    };
    match field {
        "id" => record.key.external_id.clone(),
        "amount" => amount.to_string(),
        "date" => date.to_string(),
        "currency" => currency.clone().unwrap_or_default(),
        _ => memo.clone().unwrap_or_default(),
    }
}
