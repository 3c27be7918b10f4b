//! Lists page by page.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_stand_ins::company_file::{CompanyFile, Contents, Outcome, Session};
use counterfoil_testkit::clock::MovableClock;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::{User, call, connected, next, received, result, sign_in};
use crate::harness::{Answer, Installation, get};

/// A partner that reads the checks of an end user, whose Web Connector has a session.
struct Reading {
    place: Installation,
    user: User,
    clock: Arc<MovableClock>,
    server: Router,
    ticket: String,
}

impl Reading {
    /// The first page is asked for.
    async fn start(limit: u32) -> (Self, JoinHandle<Answer>) {
        let place = Installation::start().await;
        let user = connected(&place, "first").await;
        let clock = Arc::new(MovableClock::new(place.clock.now()));
        let server = place.process_at(&[], place.wire.endpoint(), clock.clone());
        let mut reading = Self { place, user, clock, server, ticket: String::new() };
        let first = reading.page(&format!("limit={limit}"));
        reading.clock.until_asleep(1).await;
        reading.ticket = sign_in(&reading.server, &reading.user).await;
        (reading, first)
    }

    /// The answer to the first page has one check with a memo of this length, and says that more follow.
    async fn begun(limit: u32, memo: usize) -> (Self, String) {
        let (reading, first) = Self::start(limit).await;
        assert!(next(&reading.server, &reading.ticket, "<QBXML/>").await.contains("CheckQueryRq"));
        assert_eq!(received(&reading.server, &reading.ticket, &one_check(memo)).await, "50");
        reading.clock.until_asleep(1).await;
        reading.clock.advance(Duration::from_millis(250));
        let cursor = first.await.expect("no panic").json()["nextCursor"].as_str().expect("a cursor").to_owned();
        (reading, format!("limit={limit}&cursor={cursor}"))
    }

    fn page(&self, query: &str) -> JoinHandle<Answer> {
        let ask = get(format!("/v1/quickbooks-desktop/checks?{query}")).key(&self.place.key);
        let (ask, server) = (ask.header("conductor-end-user-id", &self.user.id), self.server.clone());
        tokio::spawn(async move { ask.to(&server).await })
    }

    /// The answer to what was asked, after as many requests to QuickBooks as it needs.
    async fn answered(&self, mut asking: JoinHandle<Answer>, quickbooks: &mut Session) -> Value {
        loop {
            tokio::select! {
                answer = &mut asking => return answer.expect("no panic").json(),
                () = self.clock.until_asleep(1) => {}
            }
            let request = next(&self.server, &self.ticket, "").await;
            let Outcome::Answered(answer) = quickbooks.process(&request).await else { panic!("no answer to {request}") };
            assert_eq!(received(&self.server, &self.ticket, &answer).await, "50");
            self.clock.advance(Duration::from_millis(250));
            // Whoever slept is awake before the next look.
            tokio::task::yield_now().await;
        }
    }
}

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().expect("a page").iter().map(|check| check["id"].as_str().expect("an id")).collect()
}

fn one_check(memo: usize) -> String {
    let check = "<TxnID>1A-1</TxnID><TimeCreated>2026-03-01T09:00:00-05:00</TimeCreated><TimeModified>2026-03-01T09:00:00-05:00</TimeModified>\
        <EditSequence>1</EditSequence><AccountRef><ListID>2</ListID><FullName>Checking</FullName></AccountRef><TxnDate>2026-03-01</TxnDate>\
        <Amount>12.50</Amount>";
    let status =
        r#"requestID="1" statusCode="0" statusSeverity="Info" statusMessage="OK" iteratorRemainingCount="500" iteratorID="{1}""#;
    let check = format!("<CheckRet>{check}<Memo>{}</Memo></CheckRet>", "a".repeat(memo));
    format!("<?xml version=\"1.0\" ?><QBXML><QBXMLMsgsRs><CheckQueryRs {status}>{check}</CheckQueryRs></QBXMLMsgsRs></QBXML>")
}

/// A job that continues the iterator of the closed session could only fail, at the next sign-in.
#[tokio::test]
async fn a_cursor_of_a_closed_session_begins_the_list_anew_at_once() {
    let (reading, query) = Reading::begun(1, 10).await;
    let closing = call("closeConnection", &[("ticket", &reading.ticket)]).to(&reading.server).await;
    assert_eq!(result(&closing, "closeConnection"), ["OK"]);
    let second = reading.page(&query);
    reading.clock.until_asleep(1).await;
    let jobs = reading.place.rows.under(&format!("DESKTOP#default#{}", reading.user.id), "JOB#").await;
    assert_eq!(jobs.iter().map(|job| job.contains_key("session")).collect::<Vec<_>>(), [false]);
    second.abort();
}

/// Reads on behind pages to the end of a list of seven checks. Each one is there once.
async fn assert_complete(reading: &Reading, quickbooks: &mut Session, mut pages: Vec<Value>) {
    while let Some(cursor) = pages.last().and_then(|page| page["nextCursor"].as_str()) {
        assert!(pages.len() < 10, "{pages:?}");
        let page = reading.answered(reading.page(&format!("limit=2&cursor={cursor}")), quickbooks).await;
        pages.push(page);
    }
    let mut all: Vec<_> = pages.iter().flat_map(ids).collect();
    assert_eq!(all.len(), 7, "{all:?}");
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 7, "{all:?}");
}

fn after(page: &Value) -> String {
    format!("limit=2&cursor={}", page["nextCursor"].as_str().expect("a cursor"))
}

/// The iterator of QuickBooks is behind the page already: a client whose time was over asks for it again.
#[tokio::test]
async fn a_cursor_that_is_repeated_has_the_same_page_again() {
    let (reading, first) = Reading::start(3).await;
    let mut quickbooks = CompanyFile::new(Contents::of_checks(7)).open("").expect("it opens");
    let first = reading.answered(first, &mut quickbooks).await;
    let second = reading.answered(reading.page(&after(&first)), &mut quickbooks).await;
    let repeated = reading.answered(reading.page(&after(&first)), &mut quickbooks).await;
    assert_eq!((ids(&second).len(), ids(&repeated)), (2, ids(&second)));
    assert_complete(&reading, &mut quickbooks, vec![first, repeated]).await;
}

#[tokio::test]
async fn a_cursor_of_an_earlier_version_has_one_page_of_the_list_that_is_read_again() {
    let (reading, first) = Reading::start(1).await;
    let mut quickbooks = CompanyFile::new(Contents::of_checks(7)).open("").expect("it opens");
    let first = reading.answered(first, &mut quickbooks).await;
    let second = reading.answered(reading.page(&after(&first).replace("limit=2", "limit=1")), &mut quickbooks).await;
    let cursor = URL_SAFE_NO_PAD.decode(second["nextCursor"].as_str().expect("a cursor")).expect("base64");
    let mut cursor: Value = serde_json::from_slice(&cursor).expect("JSON");
    cursor["s"] = "another session".into();
    assert!(cursor.as_object_mut().and_then(|cursor| cursor.remove("r")).is_some());
    let query = format!("limit=1&cursor={}", URL_SAFE_NO_PAD.encode(cursor.to_string()));
    let third = reading.answered(reading.page(&query), &mut quickbooks).await;
    assert_eq!(ids(&third).len(), 1);
    assert_complete(&reading, &mut quickbooks, vec![first, second, third]).await;
}

#[tokio::test]
async fn the_page_after_large_objects_has_as_many_as_fit_into_a_body() {
    let (reading, query) = Reading::begun(150, 105_000).await;
    let second = reading.page(&query);
    reading.clock.until_asleep(1).await;
    let request = next(&reading.server, &reading.ticket, "").await;
    assert!(request.contains("iterator=\"Continue\"") && request.contains("<MaxReturned>37</MaxReturned>"), "{request}");
    second.abort();
}
