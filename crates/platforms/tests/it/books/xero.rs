//! Xero: numbered pages, changes, errors.

use std::sync::{Arc, Mutex};

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::Body;
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Limit, ReadFailure};
use jiff::Timestamp;

use super::server::{Request, Server, ok, said};
use super::{Books, UNAVAILABLE, full, limited, limited_by, since};
use crate::raw::Bytes;

const TENANT: &str = "70784a63-d24b-46a9-a4db-0e70a274b056";

/// The payments of an organisation by id, in the platform's order. It has no other records.
type Ids = Arc<Mutex<Vec<u32>>>;

fn payments(count: u32) -> Ids {
    Arc::new(Mutex::new((0..count).map(|at| 10 + at * 10).collect()))
}

fn payment(id: u32) -> String {
    format!(
        r#"{{"PaymentID":"{id}","PaymentType":"ACCPAYPAYMENT","Reference":"{id}","Date":"/Date(1789430400000+0000)/","Amount":{id}.25,
        "BankAmount":{id}.50,"Account":{{"AccountID":"bank"}},"Invoice":{{"CurrencyCode":"USD"}},"Status":"AUTHORISED"}}"#
    )
}

fn list(ids: &[u32], (page, size): (usize, usize), total: usize) -> Bytes {
    let records: Vec<_> = ids.iter().copied().map(payment).collect();
    let pages = total.div_ceil(size);
    ok(&format!(
        r#"{{"Status":"OK","DateTimeUTC":"/Date(1789557181000)/","Payments":[{}],
        "pagination":{{"page":{page},"pageSize":{size},"pageCount":{pages},"itemCount":{total}}}}}"#,
        records.join(",")
    ))
}

/// The number and the size of the requested page.
fn asked_page(request: &Request) -> (usize, usize) {
    let size = request.query["pageSize"].parse().expect("a number");
    assert!(size <= 1_000, "more are refused");
    (request.query["page"].parse().expect("a number"), size)
}

/// The ids that a list shows from one on.
fn shown(ids: &[u32], from: usize, size: usize) -> &[u32] {
    &ids[from.min(ids.len())..(from + size).min(ids.len())]
}

const NO_OTHERS: &str =
    r#"{"Status":"OK","BankTransactions":[],"Invoices":[],"pagination":{"page":1,"pageSize":1000,"pageCount":0,"itemCount":0}}"#;

/// The requested page.
fn page(ids: &Ids, request: &Request) -> Bytes {
    match request.path.as_str() {
        "/Payments" => {
            assert_eq!(request.query["order"], "PaymentID ASC");
            assert!(request.query["where"].starts_with(r#"PaymentType=="ACCPAYPAYMENT""#), "{:?}", request.query);
            let (ids, (page, size)) = (ids.lock().expect("not poisoned"), asked_page(request));
            list(shown(&ids, (page - 1) * size, size), (page, size), ids.len())
        }
        "/Accounts" => ok(r#"{"Accounts":[{"AccountID":"bank","Name":"Euro account","CurrencyCode":"EUR"},null]}"#),
        _ => ok(NO_OTHERS),
    }
}

async fn books(server: &Server) -> Books {
    Books::at(server, PlatformName::Xero, TENANT, "").await
}

#[tokio::test]
async fn a_full_run_reads_every_page_once_to_its_end() {
    // The bank accounts are requested for each page that has checks.
    for (count, requests) in [(0, 2), (1, 3), (999, 3), (1_000, 4), (2_500, 7)] {
        let ids = payments(count);
        let server = Server::start(move |request, _| page(&ids, request)).await;
        let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
        assert_eq!((run.ids().len(), run.entries.len()), (count as usize, count as usize), "each once");
        assert_eq!((run.requests, server.requests().len()), (requests, requests as usize), "{count}");
        let so_far: Vec<_> = run.progress.iter().map(|(read, total)| (*read, *total == u64::from(count))).collect();
        assert_eq!(
            (so_far.len(), so_far.last()),
            (run.pages - 1, Some(&(u64::from(count), true))),
            "known from the last list on"
        );
        for record in run.records() {
            let Body::Check(check) = &record.body else { panic!("{record:?}") };
            assert_eq!((check.currency.as_deref(), check.amount.scale()), (Some("EUR"), 2));
            assert!(check.amount.to_string().ends_with(".50"), "{}", check.amount);
        }
        let first = &server.requests()[0];
        assert_eq!((first.path.as_str(), first.headers["xero-tenant-id"].as_str()), ("/BankTransactions", TENANT));
        assert_eq!(first.query["where"], r#"Type=="SPEND""#);
        assert!(!first.headers.contains_key("if-modified-since"));
    }
}

#[tokio::test]
async fn records_that_change_or_are_added_while_paging_lose_no_record() {
    let ids = payments(3_000);
    let inner = Arc::clone(&ids);
    let server = Server::start(move |request, at| {
        if at == 3 {
            // An edit does not change the order; new records are inserted anywhere.
            inner.lock().expect("not poisoned").splice(5..5, [41, 42, 43]);
        }
        page(&inner, request)
    });
    let server = server.await;
    let read = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads").ids();
    assert!((0..3_000).all(|at| read.contains(&(10 + at * 10).to_string())));
}

#[tokio::test]
async fn a_short_empty_repeated_reversed_or_oversized_page_loses_no_record() {
    type Odd = fn(&[u32], usize, usize) -> Vec<u32>;
    let odd: [(&str, Odd); 5] = [
        ("short", |ids, from, _| shown(ids, from, 300).to_vec()),
        ("empty", |_, _, _| Vec::new()),
        ("repeated", |ids, from, size| shown(ids, from.saturating_sub(size), size).to_vec()),
        ("turned round", |ids, from, size| ids.iter().rev().copied().skip(from).take(size).collect()),
        ("oversized", |ids, from, size| shown(ids, from, 2 * size).to_vec()),
    ];
    for (name, odd) in odd {
        for at in 1..=2 {
            let (ids, mut pages) = (payments(1_500), 0);
            let server = Server::start(move |request, _| {
                pages += usize::from(request.path == "/Payments");
                if request.path == "/Payments" && pages == at {
                    let (ids, (page, size)) = (ids.lock().expect("not poisoned"), asked_page(request));
                    return list(&odd(&ids, (page - 1) * size, size), (page, size), ids.len());
                }
                page(&ids, request)
            });
            let server = server.await;
            let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
            assert_eq!(run.ids().len(), 1_500, "{name} at {at}");
        }
    }
}

#[tokio::test]
async fn a_smaller_page_in_one_list_leaves_the_pages_of_the_next_as_large_as_they_can_be() {
    let server = Server::start(|_, _| ok(&NO_OTHERS.replace("1000", "50").replace(r#""Invoices""#, r#""Payments""#))).await;
    books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
    let sizes: Vec<_> = server.requests().iter().map(|request| request.query["pageSize"].clone()).collect();
    assert_eq!(sizes, ["1000", "1000"]);
}

#[tokio::test]
async fn an_endless_list_fails() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/Payments" => list(&(1..=1_000).collect::<Vec<_>>(), asked_page(request), 5_000),
        _ => ok(NO_OTHERS),
    });
    let server = server.await;
    assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(UNAVAILABLE));
    assert!(server.requests().len() < 250, "{}", server.requests().len());
}

#[tokio::test]
async fn an_incremental_run_asks_for_what_changed() {
    let answers = [said(304, "", ""), ok(NO_OTHERS)];
    for answer in answers {
        let server = Server::start(move |request, _| match request.path.as_str() {
            "/Payments" => ok(r#"{"Status":"OK","Payments":[],"pagination":{"page":1,"pageCount":0,"itemCount":0}}"#),
            _ => answer.clone(),
        });
        let server = server.await;
        let options = since(SyncKind::Sync, "2026-09-01T10:00:00.5Z".parse::<Timestamp>().expect("a time"));
        let run = books(&server).await.run(&options).await.expect("reads");
        assert_eq!((run.entries.len(), run.requests, server.requests().len()), (0, 2, 2));
        assert!(server.requests().iter().all(|request| request.headers["if-modified-since"] == "2026-09-01T10:00:00"));
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_is_read_by_dates() {
    let server = Server::start(|request, _| {
        let conditions = request.query.get("where").cloned().unwrap_or_default();
        let bound = |before: &str| {
            let (_, date) = conditions.split_once(before)?;
            let (year, rest) = date.split_once(", ")?;
            Some(year.parse::<i32>().expect("a year") * 12 + rest.split(',').next()?.parse::<i32>().expect("a month"))
        };
        let span = bound("Date >= DateTime(").zip(bound("Date < DateTime("));
        match (request.path.as_str(), span) {
            ("/Invoices", Some((from, to))) if to - from <= 40 * 12 => ok(&format!(
                r#"{{"Invoices":[{{"InvoiceID":"{from}","Type":"ACCREC","Status":"PAID","DateString":"2026-09-14","Total":1,"AmountDue":0}}],
                "pagination":{{"page":1,"pageCount":1,"itemCount":1}}}}"#
            )),
            _ => said(400, "", r#"{"ErrorNumber":10,"Type":"ValidationException","Message":"too many"}"#),
        }
    });
    let server = server.await;
    let run = books(&server).await.run(&full(SyncKind::ImportInvoices)).await.expect("reads");
    assert_eq!(run.ids().len(), 8, "of eight spans of dates");
    let server = Server::start(|_, _| said(400, "", r#"{"ErrorNumber":10,"Type":"ValidationException"}"#)).await;
    let failed = books(&server).await.run(&full(SyncKind::ImportInvoices)).await.err();
    assert_eq!(failed, Some(ReadFailure::Rejected { code: "10".to_owned() }));
    assert!(server.requests().len() < 30, "{}", server.requests().len());
}

#[tokio::test]
async fn payments_are_read_without_the_scope_for_accounts_but_not_while_accounts_fail() {
    let run = |status: u16| async move {
        let ids = payments(1);
        let server = Server::start(move |request, _| match request.path.as_str() {
            "/Accounts" => said(status, "", r#"{"Title":"Unauthorized","Detail":"AuthenticationUnsuccessful"}"#),
            _ => page(&ids, request),
        });
        let server = server.await;
        books(&server).await.run(&full(SyncKind::Sync)).await
    };
    for status in [401, 403] {
        let run = run(status).await.expect("reads");
        let amounts: Vec<_> = run.records().map(|record| &record.body).collect();
        assert!(matches!(amounts[..], [Body::Check(check)] if check.amount.to_string() == "10.25"), "{amounts:?}");
    }
    assert_eq!(run(503).await.err(), Some(UNAVAILABLE));
}

#[tokio::test]
async fn a_failure_means_what_its_status_and_headers_say() {
    let problem = |detail: &str| {
        format!(r#"{{"Type":null,"Title":"t","Status":403,"Detail":"{detail}","Instance":"i","Extensions":{{}}}}"#)
    };
    for (status, headers, body, expected) in [
        (401, "", problem("TokenExpired: token expired at 04/09/2026 05:16:59"), ReadFailure::Unauthorized),
        (401, "", problem("AuthorizationUnsuccessful"), ReadFailure::AccessDenied),
        (403, "", problem("AuthenticationUnsuccessful"), ReadFailure::CompanyGone),
        (403, "", "<html>".to_owned(), ReadFailure::AccessDenied),
        (404, "", "The resource you're looking for cannot be found".to_owned(), ReadFailure::Rejected { code: "404".to_owned() }),
        (429, "x-rate-limit-problem: minute\r\nretry-after: 17\r\n", String::new(), limited(17, false)),
        (429, "x-rate-limit-problem: Day\r\nretry-after: 20000\r\n", String::new(), limited(20_000, true)),
        (429, "x-rate-limit-problem: DayLimit\r\n", String::new(), limited(3_600, true)),
        (429, "x-rate-limit-problem: concurrent\r\n", String::new(), limited_by(60, Limit::Simultaneous)),
        (429, "x-rate-limit-problem: appminute\r\nretry-after: 9\r\n", String::new(), limited_by(9, Limit::App)),
        (429, "", String::new(), limited(60, false)),
        (503, "", "<xml/>".to_owned(), UNAVAILABLE),
        (200, "", "<Response/>".to_owned(), UNAVAILABLE),
        (200, "", "{}".to_owned(), UNAVAILABLE),
        (200, "", r#"{"Status":"ERROR","Invoices":[]}"#.to_owned(), UNAVAILABLE),
        (
            200,
            "",
            r#"{"ErrorNumber":17,"Type":"NoDataProcessedException"}"#.to_owned(),
            ReadFailure::Rejected { code: "17".to_owned() },
        ),
        (200, "", r#"{"Invoices":{"InvoiceID":"1"}}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"Invoices":[],"pagination":{"page":2}}"#.to_owned(), UNAVAILABLE),
    ] {
        let answer = said(status, headers, &body);
        let server = Server::start(move |_, _| answer.clone()).await;
        let options = full(SyncKind::ImportInvoices);
        let books = books(&server).await;
        let accounting = books.platform.accounting().expect("books");
        let mut cursor = accounting.first(&options);
        // A refusal may also mean that the list is too long, so it is requested by dates first.
        let failed = loop {
            match books.page(&options, &cursor).await {
                Ok(page) => cursor = page.next.expect("more"),
                Err(failure) => break failure,
            }
        };
        assert_eq!(failed, expected, "{status} {body}");
    }
}

#[tokio::test]
async fn the_smaller_of_the_two_remaining_limits_is_returned() {
    let left = |headers: &'static str| async move {
        let server = Server::start(move |_, _| said(200, headers, NO_OTHERS)).await;
        let books = books(&server).await;
        let options = full(SyncKind::ImportInvoices);
        let first = books.platform.accounting().expect("books").first(&options);
        books.page(&options, &first).await.expect("a page").left.map(|left| (left.requests, left.resets_in.as_secs()))
    };
    assert_eq!(left("x-daylimit-remaining: 30\r\nx-minlimit-remaining: 58\r\n").await, Some((30, 3_600)));
    assert_eq!(left("x-daylimit-remaining: 4000\r\nx-minlimit-remaining: 3\r\n").await, Some((3, 60)));
    assert_eq!(left("x-daylimit-remaining: many\r\n").await, None);
}

#[tokio::test]
async fn the_rule_all_spend_requests_all_spending() {
    let server = Server::start(|_, _| ok(NO_OTHERS)).await;
    let options = ReadOptions { check_rule: CheckRule::AllSpend, ..full(SyncKind::Sync) };
    let books = books(&server).await;
    let first = books.platform.accounting().expect("books").first(&options);
    books.page(&options, &first).await.expect("a page");
    assert!(!server.requests()[0].query.contains_key("where"));
}
