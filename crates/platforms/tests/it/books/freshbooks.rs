//! `FreshBooks`: numbered pages with a total, the vendors of bills, errors.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::{Body, EntityType};
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::ReadFailure;
use jiff::Timestamp;

use super::server::{Request, Server, ok, said};
use super::{Books, Run, UNAVAILABLE, full, limited, since};
use crate::raw::Bytes;

const ACCOUNT: &str = "Qx9Zb1";

/// The bill payments of an account, by id; each pays the bill of ten times its id.
type Ids = Arc<Mutex<Vec<u32>>>;

fn payments(count: u32) -> Ids {
    Arc::new(Mutex::new((101..101 + count).collect()))
}

/// A list's answer for the page with this number and size.
fn list(name: &str, records: &[String], (page, size): (usize, usize), total: usize) -> Bytes {
    let (records, pages) = (records.join(","), total.div_ceil(size));
    ok(&format!(
        r#"{{"response":{{"result":{{"{name}":[{records}],"page":{page},"pages":{pages},"per_page":{size},"total":{total}}}}}}}"#
    ))
}

fn payments_list(ids: &[u32], page: (usize, usize), total: usize) -> Bytes {
    let record = |id: &u32| {
        format!(
            r#"{{"id":{id},"billid":{id}0,"amount":{{"amount":"{id}.50","code":"USD"}},"paid_date":"2026-09-14","payment_type":"Check",
            "note":null,"vis_state":0}}"#
        )
    };
    list("bill_payments", &ids.iter().map(record).collect::<Vec<_>>(), page, total)
}

/// The number and the size of the requested page.
fn asked_page(request: &Request) -> (usize, usize) {
    let size = request.query["per_page"].parse().expect("a number");
    assert!(size <= 100, "more are cut off");
    (request.query["page"].parse().expect("a number"), size)
}

/// The ids that a list shows from one on.
fn shown(ids: &[u32], from: usize, size: usize) -> &[u32] {
    &ids[from.min(ids.len())..(from + size).min(ids.len())]
}

/// The ids of the requested bills.
fn asked_bills(request: &Request) -> BTreeSet<&String> {
    request.queries.iter().filter(|(name, _)| name == "search[ids][]").map(|(_, id)| id).collect()
}

fn bills(ids: &BTreeSet<&String>) -> Bytes {
    let bill = |id: &&String| format!(r#"{{"id":{id},"vendorid":7,"vendor":{{"vendor_name":"Norton Lumber"}}}}"#);
    list("bills", &ids.iter().map(bill).collect::<Vec<_>>(), (1, 100), ids.len())
}

/// The requested page.
fn page(ids: &Ids, request: &Request) -> Bytes {
    match request.path.as_str() {
        "/accounting/account/Qx9Zb1/bill_payments/bill_payments" => {
            let (ids, (page, size)) = (ids.lock().expect("not poisoned"), asked_page(request));
            payments_list(shown(&ids, (page - 1) * size, size), (page, size), ids.len())
        }
        "/accounting/account/Qx9Zb1/bills/bills" => bills(&asked_bills(request)),
        other => panic!("{other}"),
    }
}

async fn books(server: &Server) -> Books {
    Books::at(server, PlatformName::Freshbooks, ACCOUNT, "").await
}

/// The names of the payees.
fn payees(run: &Run) -> BTreeSet<Option<&str>> {
    let payees = run.records().map(|record| match &record.body {
        Body::Check(check) => check.payee.name.as_deref(),
        Body::Invoice(_) => None,
    });
    payees.collect()
}

#[tokio::test]
async fn every_run_reads_all_payments_once_and_the_bills_of_each_page() {
    let ever = Timestamp::constant(1_789_400_000, 0);
    for options in [full(SyncKind::Sync), since(SyncKind::Sync, ever)] {
        for (count, requests) in [(0, 1), (1, 2), (99, 2), (100, 3), (250, 6)] {
            let ids = payments(count);
            let server = Server::start(move |request, _| page(&ids, request)).await;
            let run = books(&server).await.run(&options).await.expect("reads");
            assert_eq!((run.ids().len(), run.entries.len()), (count as usize, count as usize), "each once");
            assert_eq!((run.requests, server.requests().len()), (requests, requests as usize), "{count}");
            let (so_far, totals): (Vec<_>, Vec<_>) = run.progress.iter().copied().unzip();
            assert_eq!((totals, so_far.last().copied()), (vec![u64::from(count); run.pages], Some(u64::from(count))));
            assert!(so_far.is_sorted(), "{so_far:?}");
            assert!(count == 0 || payees(&run) == [Some("Norton Lumber")].into());
            assert!(server.requests().iter().all(|request| !request.query.contains_key("search[updated_min]")));
        }
    }
}

#[tokio::test]
async fn records_that_are_deleted_or_added_while_paging_lose_no_record() {
    // The page before the change, the deleted places of the list, and the numbers of records added at its end and at its front.
    for (before, gone, last, first) in [
        (1, 0..1, 0, 0),
        (2, 20..150, 0, 0),
        (3, 0..1, 0, 0),
        (1, 0..3, 7, 0),
        (2, 99..100, 1, 0),
        (2, 5..25, 0, 20),
        (1, 0..0, 0, 9),
    ] {
        let ids = payments(350);
        let inner = Arc::clone(&ids);
        let removed = gone.clone();
        let mut pages = 0;
        let server = Server::start(move |request, _| {
            if request.path.ends_with("bill_payments") {
                if pages == before {
                    let mut ids = inner.lock().expect("not poisoned");
                    ids.drain(removed.clone());
                    ids.extend(1_000..1_000 + last);
                    ids.splice(0..0, 1..=first);
                }
                pages += 1;
            }
            page(&inner, request)
        });
        let server = server.await;
        let read = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads").ids();
        let left = ids.lock().expect("not poisoned").clone();
        let stayed = left.iter().filter(|id| (101..451).contains(*id));
        let missing: Vec<_> = stayed.filter(|id| !read.contains(&id.to_string())).collect();
        assert!(missing.is_empty(), "before {before}: {gone:?} gone, {last} and {first} new: {missing:?}");
    }
}

#[tokio::test]
async fn a_short_empty_repeated_or_reversed_page_loses_no_record() {
    type Odd = fn(&[u32], usize, usize) -> Vec<u32>;
    let odd: [(&str, Odd); 4] = [
        ("short", |ids, from, _| shown(ids, from, 40).to_vec()),
        ("empty", |_, _, _| Vec::new()),
        ("repeated", |ids, from, size| shown(ids, from.saturating_sub(size), size).to_vec()),
        ("turned round", |ids, from, size| ids.iter().rev().copied().skip(from).take(size).collect()),
    ];
    for (name, odd) in odd {
        for at in 1..=3 {
            let (ids, mut pages) = (payments(250), 0);
            let server = Server::start(move |request, _| {
                pages += usize::from(request.path.ends_with("bill_payments"));
                if request.path.ends_with("bill_payments") && pages == at {
                    let (ids, (page, size)) = (ids.lock().expect("not poisoned"), asked_page(request));
                    return payments_list(&odd(&ids, (page - 1) * size, size), (page, size), ids.len());
                }
                page(&ids, request)
            });
            let server = server.await;
            let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
            assert_eq!(run.ids().len(), 250, "{name} at {at}");
        }
    }
}

#[tokio::test]
async fn an_endless_list_fails() {
    let server = Server::start(|request, _| {
        if request.path.ends_with("bills") {
            return bills(&asked_bills(request));
        }
        payments_list(&(1..=100).collect::<Vec<_>>(), asked_page(request), 1_000)
    });
    let server = server.await;
    assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(UNAVAILABLE));
    assert!(server.requests().len() < 200, "{}", server.requests().len());
}

#[tokio::test]
async fn payees_come_from_the_bills_that_were_asked_for_or_from_all_of_them() {
    let run = |bills: Bytes| async move {
        let ids = payments(2);
        let server =
            Server::start(move |request, _| if request.path.ends_with("bills") { bills.clone() } else { page(&ids, request) });
        let server = server.await;
        books(&server).await.run(&full(SyncKind::Sync)).await
    };
    let bill = |id: u32| format!(r#"{{"id":{id},"vendorid":7,"vendor":{{"vendor_name":"Norton Lumber"}}}}"#);
    let one = list("bills", &[bill(1010)], (1, 100), 1);
    assert_eq!(payees(&run(one).await.expect("reads")), [None, Some("Norton Lumber")].into());
    let unfiltered = [bill(1010), bill(1)];
    let a_part = list("bills", &unfiltered, (1, 100), 300);
    assert_eq!(payees(&run(a_part).await.expect("reads")), [None].into());
    let all = list("bills", &unfiltered, (1, 100), 2);
    assert_eq!(payees(&run(all).await.expect("reads")), [None, Some("Norton Lumber")].into());
    for refused in [
        said(403, "", ""),
        said(401, "", r#"{"response":{"errors":[{"errno":1003}]}}"#),
        said(422, "", r#"{"response":{"errors":[{"errno":1012}]}}"#),
        said(200, "", r#"{"response":{"errors":[{"errno":41001}]}}"#),
    ] {
        assert_eq!(payees(&run(refused).await.expect("reads")), [None].into());
    }
    assert_eq!(run(said(503, "", "")).await.err(), Some(UNAVAILABLE));
    assert_eq!(run(said(429, "", "")).await.err(), Some(limited(60, false)));
}

#[tokio::test]
async fn invoices_and_bills_are_filtered_by_the_day_before_and_without_a_filter_where_it_is_refused() {
    for refuses in [false, true] {
        let server = Server::start(move |request, _| {
            if refuses && request.query.keys().any(|name| name.contains('[')) {
                return said(422, "", r#"{"response":{"errors":[{"errno":1001,"field":"search"}]}}"#);
            }
            let name = if request.path.ends_with("invoices") { "invoices" } else { "bills" };
            list(name, &[], (1, 100), 0)
        });
        let server = server.await;
        let options = since(SyncKind::ImportInvoices, "2026-09-15T02:00:00Z".parse().expect("a time"));
        let run = books(&server).await.run(&options).await.expect("reads");
        assert_eq!((run.entries.len(), run.requests), (0, if refuses { 4 } else { 2 }));
        let first = &server.requests()[0];
        assert_eq!(first.path, "/accounting/account/Qx9Zb1/invoices/invoices");
        assert_eq!(first.query["search[updated_min]"], "2026-09-13");
    }
}

#[tokio::test]
async fn bills_are_left_out_where_the_plan_or_the_grant_lacks_them() {
    let invoice = r#"{"id":311,"create_date":"2026-08-01","amount":{"amount":"40.00","code":"USD"},
        "outstanding":{"amount":"1.00","code":"USD"},"status":2,"vis_state":0}"#;
    for (refused, requests) in [
        (said(403, "", ""), 2),
        (said(200, "", r#"{"response":{"errors":[{"errno":41001}]}}"#), 2),
        (said(401, "", r#"{"response":{"errors":[{"errno":1003}]}}"#), 3),
    ] {
        let server = Server::start(move |request, _| {
            let is_of_bills = request.path.ends_with("bills");
            if is_of_bills { refused.clone() } else { list("invoices", &[invoice.to_owned()], (1, 100), 1) }
        });
        let run = books(&server.await).await.run(&full(SyncKind::ImportInvoices)).await.expect("reads");
        assert_eq!((run.ids(), run.left_out, run.requests), (["311".to_owned()].into(), vec![EntityType::Bill], requests));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_after_the_invoices_leaves_nothing_out() {
    let server = Server::start(|request, before| match before {
        0 => list("invoices", &[], (1, 100), 0),
        _ => said(401, "", &format!(r#"{{"error":"unauthenticated","path":"{}"}}"#, request.path)),
    });
    let run = books(&server.await).await.run(&full(SyncKind::ImportInvoices)).await;
    assert_eq!(run.err(), Some(ReadFailure::Unauthorized));
}

#[tokio::test]
async fn a_failure_means_what_its_code_says_whatever_its_status() {
    let old = |errno: u32| format!(r#"{{"response":{{"errors":[{{"errno":{errno},"message":"m","object":"o"}}]}}}}"#);
    let new = |reason: &str| format!(r#"{{"code":5,"message":"m","details":[{{"reason":"{reason}","domain":"d"}}]}}"#);
    let rejected = |code: &str| ReadFailure::Rejected { code: code.to_owned() };
    for (status, headers, body, expected) in [
        (401, "", old(1003), ReadFailure::Unauthorized),
        (401, "", r#"{"error":"unauthenticated","error_description":"d"}"#.to_owned(), ReadFailure::Unauthorized),
        (401, "", String::new(), ReadFailure::Unauthorized),
        (403, "", old(1003), ReadFailure::AccessDenied),
        (200, "", old(41_101), ReadFailure::AccessDenied),
        (403, "", String::new(), ReadFailure::AccessDenied),
        (404, "", old(1012), rejected("1012")),
        (404, "", new("1012"), rejected("1012")),
        (200, "", old(1012), rejected("1012")),
        (429, "", String::new(), limited(60, false)),
        (429, "retry-after: 7\r\n", r#"{"errno":429,"message":"Rate limit exceeded."}"#.to_owned(), limited(7, false)),
        (500, "", new("1000"), UNAVAILABLE),
        (503, "", "<html>".to_owned(), UNAVAILABLE),
        (200, "retry-after: 58\r\n", "<html>".to_owned(), UNAVAILABLE),
        (200, "", r#"{"response":{"result":{}}}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"response":{"result":{"bill_payments":{"id":1}}}}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"response":{"result":{"bill_payments":[],"page":2}}}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"response":{"result":{"bill_payments":[{"id":1"#.to_owned(), UNAVAILABLE),
    ] {
        let answer = said(status, headers, &body);
        let server = Server::start(move |_, _| answer.clone()).await;
        assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(expected), "{status} {body}");
    }
}
