//! Zoho: pages by dates, changes, errors.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::accounting::{Limit, ReadFailure};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::server::{Request, Server, ok, said};
use super::{Books, UNAVAILABLE, full, limited, limited_by, since};
use crate::raw::Bytes;

const ORGANIZATION: &str = "10234695";

/// The payments of an organisation, by their dates. It has no other records.
type Payments = Arc<Mutex<Vec<(u32, Date)>>>;

/// Payments, with this number on each day.
fn payments(count: u32, of_a_day: u32) -> Payments {
    let date = |at: u32| Date::constant(2024, 1, 1).saturating_add(i64::from(at / of_a_day).days());
    Arc::new(Mutex::new((0..count).map(|at| (100 + at, date(at))).collect()))
}

fn list(payments: &[(u32, Date)], has_more: bool) -> Bytes {
    let record =
        |(id, date): &(u32, Date)| format!(r#"{{"payment_id":"{id}","payment_mode":"check","date":"{date}","amount":{id}.25}}"#);
    let records: Vec<_> = payments.iter().map(record).collect();
    let records = records.join(",");
    ok(&format!(r#"{{"code":0,"message":"success","vendorpayments":[{records}],"page_context":{{"has_more_page":{has_more}}}}}"#))
}

/// The payments from the requested date on, and the number of those before the page.
fn listed(payments: &[(u32, Date)], request: &Request) -> (Vec<(u32, Date)>, usize) {
    assert_eq!([&request.query["organization_id"], &request.query["per_page"]], [ORGANIZATION, "200"]);
    assert_eq!([&request.query["sort_column"], &request.query["sort_order"]], ["date", "A"]);
    let from: Option<Date> = request.query.get("date_start").map(|date| date.parse().expect("a date"));
    let listed = payments.iter().filter(|(_, date)| from.is_none_or(|from| *date >= from)).copied().collect();
    let page: usize = request.query["page"].parse().expect("a number");
    (listed, (page - 1) * 200)
}

/// The requested page.
fn page(payments: &Payments, request: &Request) -> Bytes {
    let (listed, start) = listed(&payments.lock().expect("not poisoned"), request);
    list(&listed[start.min(listed.len())..(start + 200).min(listed.len())], start + 200 < listed.len())
}

async fn books(server: &Server) -> Books {
    Books::at(server, PlatformName::Zoho, ORGANIZATION, "").await
}

#[tokio::test]
async fn a_full_run_reads_every_page_to_its_end() {
    for (count, of_a_day, requests) in
        [(0, 1, 2), (1, 1, 1), (199, 7, 1), (200, 7, 2), (201, 1, 2), (1_000, 3, 6), (1_000, 450, 6)]
    {
        let payments = payments(count, of_a_day);
        let server = Server::start(move |request, _| page(&payments, request)).await;
        let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
        assert_eq!(run.ids().len(), count as usize);
        assert_eq!((run.requests, server.requests().len()), (requests, requests as usize), "{count}, {of_a_day} a day");
        let first = &server.requests()[0];
        assert_eq!((first.path.as_str(), first.headers["authorization"].as_str()), ("/vendorpayments", "Zoho-oauthtoken access"));
    }
}

#[tokio::test]
async fn a_page_that_is_full_is_not_the_last_whatever_it_says() {
    for (has_more, count, of_a_day) in [("false", 450, 3), ("false", 400, 300), ("\"no\"", 450, 3), ("null", 450, 3)] {
        let payments = payments(count, of_a_day);
        let server = Server::start(move |request, _| {
            let page = String::from_utf8(page(&payments, request)).expect("text");
            let (_, body) = page.split_once("\r\n\r\n").expect("a body");
            ok(&body.replace("page\":true", &format!("page\":{has_more}")))
        });
        let server = server.await;
        let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
        assert_eq!(run.ids().len(), count as usize, "{has_more} {count}");
    }
}

#[tokio::test]
async fn records_that_are_deleted_or_moved_while_paging_lose_no_record() {
    type Change = fn(&mut Vec<(u32, Date)>);
    let changes: [(&str, Change); 4] = [
        ("one that was read", |payments| payments.retain(|(id, _)| *id != 103)),
        ("the last one that was read", |payments| payments.retain(|(id, _)| *id != 299)),
        ("half of the page that was read", |payments| drop(payments.drain(50..150))),
        ("one gets a later date", |payments| {
            let (id, _) = payments.remove(3);
            payments.push((id, Date::constant(2026, 1, 1)));
        }),
    ];
    for (name, change) in changes {
        let payments = payments(1_000, 6);
        let inner = Arc::clone(&payments);
        let server = Server::start(move |request, at| {
            if at == 1 {
                change(&mut inner.lock().expect("not poisoned"));
            }
            page(&inner, request)
        });
        let server = server.await;
        let read = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads").ids();
        let left = payments.lock().expect("not poisoned").clone();
        assert!(left.iter().all(|(id, _)| read.contains(&id.to_string())), "{name}");
    }
}

#[tokio::test]
async fn a_short_empty_repeated_reversed_or_oversized_page_loses_no_record() {
    type Odd = fn(&[(u32, Date)], usize) -> Vec<(u32, Date)>;
    let odd: [(&str, Odd); 5] = [
        ("short", |listed, start| listed[start..].iter().copied().take(90).collect()),
        ("empty", |_, _| Vec::new()),
        ("repeated", |listed, _| (0..200).map(|at| (100 + at, listed[0].1)).collect()),
        ("turned round", |listed, start| listed.iter().rev().copied().skip(start).take(200).collect()),
        ("oversized", |listed, start| listed[start..].iter().copied().take(400).collect()),
    ];
    for (name, odd) in odd {
        for at in 0..=2 {
            if (name, at) == ("repeated", 0) {
                continue;
            }
            let payments = payments(700, 6);
            let server = Server::start(move |request, number| {
                if number == at {
                    let (listed, start) = listed(&payments.lock().expect("not poisoned"), request);
                    return list(&odd(&listed, start), true);
                }
                page(&payments, request)
            });
            let server = server.await;
            let run = books(&server).await.run(&full(SyncKind::Sync)).await.expect("reads");
            assert_eq!(run.ids().len(), 700, "{name} at {at}");
        }
    }
}

#[tokio::test]
async fn an_endless_list_fails() {
    let payments = payments(200, 6);
    let server = Server::start(move |_, _| list(&payments.lock().expect("not poisoned"), true)).await;
    assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(UNAVAILABLE));
    assert!(server.requests().len() < 10, "{}", server.requests().len());
}

#[tokio::test]
async fn an_incremental_run_is_one_request_for_what_changed() {
    let server = Server::start(|_, _| list(&[], false)).await;
    let options = since(SyncKind::Sync, "2026-09-01T10:00:00.5Z".parse::<Timestamp>().expect("a time"));
    let books = books(&server).await;
    let run = books.run(&options).await.expect("reads");
    assert_eq!((run.entries.len(), run.requests), (0, 1));
    assert_eq!(server.requests()[0].query["last_modified_time"], "2026-09-01T10:00:00+0000");
}

#[tokio::test]
async fn a_token_goes_to_no_host_that_is_not_configured() {
    let server = Server::start(|_, _| list(&[], false)).await;
    let mut books = books(&server).await;
    books.company.api_base_url = "https://books.evil.example/books/v3".to_owned();
    let failed = books.run(&full(SyncKind::Sync)).await.err();
    assert_eq!(failed, Some(ReadFailure::Rejected { code: "data_center".to_owned() }));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_failure_means_what_its_code_says_whatever_its_status() {
    let code = |code: &str| format!(r#"{{"code":{code},"message":"m"}}"#);
    let rejected = |code: &str| ReadFailure::Rejected { code: code.to_owned() };
    for (status, headers, body, expected) in [
        (401, "", code("57"), ReadFailure::Unauthorized),
        (401, "", code("14"), ReadFailure::Unauthorized),
        (401, "", String::new(), ReadFailure::Unauthorized),
        (200, "", code("57"), ReadFailure::Unauthorized),
        (400, "", code("6041"), ReadFailure::CompanyGone),
        (401, "", code("6041"), ReadFailure::CompanyGone),
        (403, "", String::new(), ReadFailure::AccessDenied),
        (403, "", code("9"), ReadFailure::AccessDenied),
        (429, "", code("44"), limited(60, false)),
        (429, "", code("1070"), limited_by(60, Limit::Simultaneous)),
        (429, "x-rate-limit-reset: 38621\r\n", code("45"), limited(38_621, true)),
        (429, "", code("\"45\""), limited(3_600, true)),
        (200, "", code("45"), limited(3_600, true)),
        (429, "retry-after: 8\r\n", String::new(), limited(8, false)),
        (404, "", code("1002"), rejected("1002")),
        (200, "", code("2"), rejected("2")),
        (400, "", String::new(), rejected("400")),
        (500, "", code("1000"), UNAVAILABLE),
        (200, "", code("1000"), UNAVAILABLE),
        (502, "retry-after: 9\r\n", "<html>".to_owned(), ReadFailure::Unavailable { retry_after: Some(Duration::from_secs(9)) }),
        (200, "", "<html>".to_owned(), UNAVAILABLE),
        (200, "", code("0"), UNAVAILABLE),
        (200, "", r#"{"code":0,"vendorpayments":{}}"#.to_owned(), UNAVAILABLE),
        (200, "", r#"{"code":0,"vendorpayments":[{"payment_id":"1""#.to_owned(), UNAVAILABLE),
    ] {
        let answer = said(status, headers, &body);
        let server = Server::start(move |_, _| answer.clone()).await;
        assert_eq!(books(&server).await.run(&full(SyncKind::Sync)).await.err(), Some(expected), "{status} {body}");
    }
}

#[tokio::test]
async fn the_remaining_requests_of_the_day_are_returned() {
    let headers = "x-rate-limit-limit: 1000\r\nx-rate-limit-remaining: 779\r\nx-rate-limit-reset: 38621\r\n";
    let server = Server::start(move |_, _| said(200, headers, r#"{"code":0,"vendorpayments":[]}"#)).await;
    let books = books(&server).await;
    let options = full(SyncKind::Sync);
    let page = books.page(&options, &books.platform.accounting().expect("books").first(&options)).await.expect("a page");
    assert_eq!(page.left.map(|left| (left.requests, left.resets_in.as_secs())), Some((779, 38_621)));
}
