//! QuickBooks: lists by positions, change data capture, errors.

use std::sync::{Arc, Mutex};

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::{EntityType, RecordKey, Unreadable};
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Entry, ReadFailure};
use jiff::Timestamp;

use super::server::{Request, Server, ok, said};
use super::{Books, UNAVAILABLE, full, limited, since};
use crate::raw::Bytes;

const REALM: &str = "9130357849012345";

/// The purchases of a company, by their ids. It has no other records.
type Ids = Arc<Mutex<Vec<u32>>>;

fn purchases(count: u32) -> Ids {
    Arc::new(Mutex::new((101..101 + count).collect()))
}

fn purchase(id: u32) -> String {
    format!(r#"{{"Id":"{id}","PaymentType":"Check","TxnDate":"2026-09-14","TotalAmt":{id}.50}}"#)
}

fn list(ids: &[u32]) -> Bytes {
    let records: Vec<_> = ids.iter().copied().map(purchase).collect();
    ok(&format!(r#"{{"QueryResponse":{{"Purchase":[{}]}},"time":"2026-09-16T04:12:55.104-07:00"}}"#, records.join(",")))
}

/// The position in a select, if it is one for purchases.
fn start(request: &Request) -> Option<usize> {
    let select = request.query.get("query")?;
    let rest = select.strip_prefix("select * from Purchase")?;
    assert!(rest.contains(" orderby Id startposition ") && rest.ends_with(" maxresults 1000"), "{select}");
    rest.split(' ').nth_back(2)?.parse().ok()
}

/// The requested page.
fn page(ids: &Ids, request: &Request) -> Bytes {
    let Some(start) = start(request) else { return ok(r#"{"QueryResponse":{}}"#) };
    let ids = ids.lock().expect("not poisoned");
    list(&ids[(start - 1).min(ids.len())..(start + 999).min(ids.len())])
}

async fn books(server: &Server) -> Books {
    Books::at(server, PlatformName::Quickbooks, REALM, "").await
}

#[tokio::test]
async fn a_full_run_reads_every_page_once_to_its_end() {
    for (count, requests) in [(0, 4), (1, 4), (1_000, 4), (2_500, 6)] {
        let ids = purchases(count);
        let server = Server::start(move |request, _| page(&ids, request)).await;
        let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
        assert_eq!((run.ids().len(), run.entries.len()), (count as usize, count as usize), "each once");
        assert_eq!((run.requests, server.requests().len()), (requests, requests as usize), "{count}");
        let first = &server.requests()[0];
        assert_eq!(first.path, format!("/v3/company/{REALM}/query"));
        assert_eq!(first.query["minorversion"], "75");
        assert_eq!(
            (first.headers["accept"].as_str(), first.headers["authorization"].as_str()),
            ("application/json", "Bearer access")
        );
    }
}

#[tokio::test]
async fn records_that_are_deleted_or_added_while_paging_lose_no_record() {
    // The page before the change, the deleted places of the list, and the ids added at its front.
    type Change = (usize, std::ops::Range<usize>, &'static [u32]);
    let changes: [Change; 7] = [
        (1, 0..1, &[]),
        (1, 999..1_000, &[]),
        (2, 300..1_700, &[]),
        (3, 0..2_995, &[]),
        (4, 2_999..3_000, &[]),
        (1, 0..0, &[1, 2, 3]),
        (2, 500..501, &[7]),
    ];
    for (before, gone, new) in changes {
        let ids = purchases(3_000);
        let (inner, gone_ids) = (Arc::clone(&ids), ids.lock().expect("not poisoned")[gone.clone()].to_vec());
        let removed = gone_ids.clone();
        let server = Server::start(move |request, at| {
            if at == before {
                let mut ids = inner.lock().expect("not poisoned");
                ids.retain(|id| !removed.contains(id));
                ids.splice(0..0, new.iter().copied());
            }
            page(&inner, request)
        });
        let server = server.await;
        let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
        let read = run.ids();
        let left = (101..3_101).filter(|id| !gone_ids.contains(id) && !read.contains(&id.to_string()));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<u32>::new(), "before request {before}: {gone:?} gone, {new:?} new");
        assert!(server.requests().len() <= 14, "{}", server.requests().len());
    }
}

#[tokio::test]
async fn a_short_empty_repeated_reversed_or_oversized_page_loses_no_record() {
    type Odd = fn(&[u32], usize) -> Vec<u32>;
    let odd: [(&str, Odd); 5] = [
        ("short", |ids, start| ids[start - 1..].iter().copied().take(500).collect()),
        ("empty", |_, _| Vec::new()),
        ("repeated", |ids, start| ids[start.saturating_sub(1_000).saturating_sub(1)..].iter().copied().take(1_000).collect()),
        ("turned round", |ids, start| ids.iter().rev().copied().skip(start - 1).take(1_000).collect()),
        ("oversized", |ids, start| ids[start - 1..].iter().copied().take(2_000).collect()),
    ];
    for (name, odd) in odd {
        for (at, count) in [(0, 1_500), (0, 2_200), (1, 1_500), (1, 2_200), (2, 2_200)] {
            let ids = purchases(count);
            let server = Server::start(move |request, number| match start(request) {
                Some(start) if number == at => list(&odd(&ids.lock().expect("not poisoned"), start)),
                _ => page(&ids, request),
            });
            let server = server.await;
            let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
            assert_eq!(run.ids().len(), count as usize, "{name} at {at} of {count}");
        }
    }
}

#[tokio::test]
async fn a_list_that_never_moves_on_fails() {
    let server = Server::start(|request, _| match start(request).map(u32::try_from) {
        Some(start) => list(&[start.expect("a position") + 7, start.expect("a position") + 3]),
        None => ok(r#"{"QueryResponse":{}}"#),
    });
    let server = server.await;
    assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(UNAVAILABLE));
    assert!(server.requests().len() < 120, "{}", server.requests().len());
}

#[tokio::test]
async fn a_list_behind_whose_last_record_nothing_is_shown_ends_there() {
    let ids = purchases(35);
    let server = Server::start(move |request, _| match start(request) {
        Some(1) => page(&ids, request),
        _ => ok(r#"{"QueryResponse":{}}"#),
    });
    let server = server.await;
    let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
    assert_eq!((run.ids().len(), run.requests), (35, 5), "three for the list, two for one without any");
}

#[tokio::test]
async fn an_incremental_run_is_one_request_and_names_what_is_no_check_any_more() {
    let body = format!(
        r#"{{"CDCResponse":[{{"QueryResponse":[{{"Purchase":[{},{{"Id":"102","status":"Deleted","domain":"QBO"}},
        {{"Id":"103","PaymentType":"CreditCard","TotalAmt":1,"TxnDate":"2026-09-14"}},
        {{"Id":"104","PaymentType":"Check","TotalAmt":"much","TxnDate":"2026-09-14"}},7,{{"status":"Deleted"}}]}},{{}}]}}],
        "time":"2026-09-16T04:12:55.104-07:00"}}"#,
        purchase(101)
    );
    let server = Server::start(move |_, _| ok(&body)).await;
    let books = books(&server).await;
    let now = recently();
    let options = since(SyncKind::Sync, now);
    let run = books.run(&options).await.expect("reads");
    assert_eq!(run.records().map(|record| record.key.external_id.as_str()).collect::<Vec<_>>(), ["101"]);
    let key = |id: &str| RecordKey { entity_type: EntityType::Purchase, external_id: id.to_owned() };
    assert_eq!(run.absent(), [&key("102"), &key("103")]);
    let unreadable = |external_id: Option<&str>, reason| Entry::Unreadable {
        entity_type: EntityType::Purchase,
        external_id: external_id.map(str::to_owned),
        reason,
    };
    assert!(run.entries.contains(&unreadable(Some("104"), Unreadable::AmountUnreadable)), "{:?}", run.entries);
    assert!(run.entries.contains(&unreadable(None, Unreadable::NotAnObject)), "{:?}", run.entries);
    assert_eq!((run.requests, run.pages), (1, 1));
    let asked = &server.requests()[0];
    assert_eq!(asked.path, format!("/v3/company/{REALM}/cdc"));
    assert_eq!(asked.query["entities"], "Purchase,BillPayment");
    let changed_since: Timestamp = asked.query["changedSince"].parse().expect("a time");
    assert_eq!(changed_since.as_second(), now.as_second());
    let page = books.page(&options, &books.platform.accounting().expect("books").first(&options)).await.expect("a page");
    assert_eq!(page.as_of.map(|time| time.to_string()).as_deref(), Some("2026-09-16T11:12:55.104Z"));
}

#[tokio::test]
async fn changes_that_change_data_capture_does_not_have_are_read_from_lists() {
    let thousand: Vec<_> = (1..=1_000).map(purchase).collect();
    let full_answer = format!(r#"{{"CDCResponse":[{{"QueryResponse":[{{"Purchase":[{}]}}]}}]}}"#, thousand.join(","));
    let refused = said(400, "", r#"{"Fault":{"Error":[{"code":"2010"}],"type":"ValidationFault"}}"#);
    let long_ago = Timestamp::constant(1_600_000_000, 0);
    for (from, answer, captures) in [(recently(), ok(&full_answer), 1), (recently(), refused, 1), (long_ago, ok("{}"), 0)] {
        let ids = purchases(1_200);
        let server = Server::start(move |request, _| {
            if request.path.ends_with("/cdc") {
                return answer.clone();
            }
            assert!(request.query["query"].contains(" where MetaData.LastUpdatedTime >= '20"), "{:?}", request.query);
            page(&ids, request)
        });
        let server = server.await;
        let run = books(&server).await.run(&since(SyncKind::Sync, from)).await.expect("reads");
        assert!((101..1_301).all(|id| run.ids().contains(&id.to_string())));
        assert_eq!(server.requests().iter().filter(|request| request.path.ends_with("/cdc")).count(), captures);
    }
}

fn recently() -> Timestamp {
    use counterfoil_core::port::clock::{Clock as _, SystemClock};
    SystemClock::start().now()
}

#[tokio::test]
async fn a_failure_means_what_its_code_says_whatever_its_status() {
    let gateway = |code: &str, status: u16| {
        format!(
            r#"{{"warnings":null,"fault":{{"error":[{{"message":"errorCode=00{code}; statusCode={status}","code":"{code}"}}],"type":"SERVICE"}},"time":1}}"#
        )
    };
    let fault = |code: &str| {
        format!(r#"{{"Fault":{{"Error":[{{"Message":"m","Detail":"d","code":"{code}"}}],"type":"ValidationFault"}}}}"#)
    };
    let rejected = |code: &str| ReadFailure::Rejected { code: code.to_owned() };
    for (status, headers, body, expected) in [
        (401, "", gateway("3200", 401), ReadFailure::Unauthorized),
        (401, "", String::new(), ReadFailure::Unauthorized),
        (403, "", gateway("3100", 403), ReadFailure::AccessDenied),
        (403, "", "<html>".to_owned(), ReadFailure::AccessDenied),
        (400, "", fault("120"), ReadFailure::AccessDenied),
        (400, "", fault("7001"), ReadFailure::CompanyGone),
        (429, "", gateway("3001", 429), limited(60, false)),
        (429, "retry-after: 7\r\n", gateway("3001", 429), limited(7, false)),
        // A date counts from that of the answer, which is long past here.
        (
            429,
            "date: Wed, 16 Sep 2026 11:13:00 GMT\r\nretry-after: Wed, 16 Sep 2026 11:15:00 GMT\r\n",
            gateway("3001", 429),
            limited(120, false),
        ),
        (429, "", String::new(), limited(60, false)),
        (400, "", fault("4000"), rejected("4000")),
        (404, "", "{}".to_owned(), rejected("404")),
        (500, "", fault("10000"), UNAVAILABLE),
        (
            503,
            "retry-after: 9\r\n",
            String::new(),
            ReadFailure::Unavailable { retry_after: Some(std::time::Duration::from_secs(9)) },
        ),
        (200, "", gateway("003001", 200), limited(60, false)),
        (200, "", fault("3200"), ReadFailure::Unauthorized),
        (200, "", fault("10000"), UNAVAILABLE),
        (200, "", fault("4001"), rejected("4001")),
        (200, "", r#"{"Fault":{}}"#.to_owned(), rejected("0")),
        (200, "", "<QueryResponse/>".to_owned(), UNAVAILABLE),
        (200, "", "{}".to_owned(), UNAVAILABLE),
        (200, "", r#"{"QueryResponse":null}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"QueryResponse":{"Purchase":{"Id":"1"}}}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"QueryResponse":{"Purchase":[{"Id":"1""#.to_owned(), UNAVAILABLE),
        (302, "location: https://elsewhere.example\r\n", String::new(), rejected("302")),
    ] {
        let answer = said(status, headers, &body);
        let server = Server::start(move |_, _| answer.clone()).await;
        assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(expected), "{status} {body}");
    }
}

#[tokio::test]
async fn a_body_that_is_cut_off_or_too_large_is_no_page() {
    let cut = |mut answer: Bytes| {
        answer.truncate(answer.len() - 20);
        answer
    };
    let large = ok(&format!(r#"{{"QueryResponse":{{"Purchase":[{{"PrivateNote":"{}"}}]}}}}"#, "x".repeat(17 * 1024 * 1024)));
    for answer in [cut(list(&[101, 102])), large] {
        let server = Server::start(move |_, _| answer.clone()).await;
        assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(UNAVAILABLE));
    }
}
