//! Each platform's list of checks in the form of its HTTP answers, so that one table of odd values can be tested on all of them.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::{Body, Check};
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Entry, ReadFailure};

use super::server::{Request, Server, ok};
use super::{Books, Run, full};
use crate::raw::Bytes;

/// A list of checks.
pub(super) struct Wire {
    pub(super) platform: PlatformName,
    company: &'static str,
    /// The path of the list. The other lists of a run are empty.
    path: &'static str,
    /// A check. `$id`, `$amount`, `$date`, `$currency`, and `$text` stand for the JSON of these fields.
    record: &'static str,
    /// The whole answer. `$records` stands for its records, `$total` for their number, `$page` and `$size` for the page.
    answer: &'static str,
    /// The answer to any other request.
    other: &'static str,
}

pub(super) static QUICKBOOKS: Wire = Wire {
    platform: PlatformName::Quickbooks,
    company: "9130357849012345",
    path: "select * from Purchase",
    record: r#"{"Id":$id,"SyncToken":"0","PaymentType":"Check","TxnDate":$date,"TotalAmt":$amount,"CurrencyRef":{"value":$currency,
        "name":"x"},"PrivateNote":$text,"sparse":false}"#,
    answer: r#"{"QueryResponse":{"Purchase":[$records],"startPosition":1,"maxResults":$total},"time":"2026-09-16T04:12:55.104-07:00"}"#,
    other: r#"{"QueryResponse":{},"time":"2026-09-16T04:12:55.104-07:00"}"#,
};

pub(super) static XERO: Wire = Wire {
    platform: PlatformName::Xero,
    company: "70784a63-d24b-46a9-a4db-0e70a274b056",
    path: "/BankTransactions",
    record: r#"{"BankTransactionID":$id,"Type":"SPEND","Reference":"004217","DateString":$date,"Status":"AUTHORISED",
        "LineItems":[{"Description":$text,"Quantity":1}],"Total":$amount,"CurrencyCode":$currency,"HasAttachments":false}"#,
    answer: r#"{"Id":"0b4d6c6e","Status":"OK","ProviderName":"App","DateTimeUTC":"/Date(1789557180385)/",
        "pagination":{"page":$page,"pageSize":$size,"pageCount":1,"itemCount":$total},"BankTransactions":[$records]}"#,
    other: r#"{"Id":"1","Status":"OK","Payments":[],"pagination":{"page":1,"pageSize":1000,"pageCount":0,"itemCount":0}}"#,
};

pub(super) static ZOHO: Wire = Wire {
    platform: PlatformName::Zoho,
    company: "10234695",
    path: "/vendorpayments",
    record: r#"{"payment_id":$id,"payment_mode":"Check","status":"paid","date":$date,"amount":$amount,"currency_code":$currency,
        "description":$text,"balance":0}"#,
    answer: r#"{"code":0,"message":"success","vendorpayments":[$records],
        "page_context":{"page":$page,"per_page":200,"has_more_page":false,"report_name":"Payments Made"}}"#,
    other: r#"{"code":0}"#,
};

pub(super) static FRESHBOOKS: Wire = Wire {
    platform: PlatformName::Freshbooks,
    company: "Qx9Zb1",
    path: "/accounting/account/Qx9Zb1/bill_payments/bill_payments",
    record: r#"{"id":$id,"billid":1630,"amount":{"amount":$amount,"code":$currency},"paid_date":$date,"payment_type":"Check",
        "note":$text,"vis_state":0}"#,
    answer: r#"{"response":{"result":{"bill_payments":[$records],"page":$page,"pages":1,"per_page":$size,"total":$total}}}"#,
    other: r#"{"response":{"result":{"bills":[],"page":1,"pages":0,"per_page":100,"total":0}}}"#,
};

pub(super) static ALL: [&Wire; 4] = [&QUICKBOOKS, &XERO, &ZOHO, &FRESHBOOKS];

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
        Books::at(&server, self.platform, self.company, "").await.run(&full(SyncKind::Sync)).await
    }
}

/// The value of a check's field, or the reason why the check cannot be read.
pub(super) fn told(entry: &Entry, field: &str) -> String {
    let (key, check) = match entry {
        Entry::Record(record) => match &record.body {
            Body::Check(check) => (&record.key, check),
            Body::Invoice(invoice) => panic!("{invoice:?}"),
        },
        Entry::Absent(key) => return format!("{} is absent", key.external_id),
        Entry::Unreadable { reason, .. } => return <&str>::from(*reason).to_owned(),
    };
    let Check { amount, date, currency, memo, .. } = check;
    match field {
        "id" => key.external_id.clone(),
        "amount" => amount.to_string(),
        "date" => date.to_string(),
        "currency" => currency.clone().unwrap_or_default(),
        _ => memo.clone().unwrap_or_default(),
    }
}
