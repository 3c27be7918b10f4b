//! Lists page by page.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_testkit::clock::MovableClock;
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
    /// The answer to the first page has one check with a memo of this length, and says that more follow.
    async fn begun(limit: u32, memo: usize) -> (Self, String) {
        let place = Installation::start().await;
        let user = connected(&place, "first").await;
        let clock = Arc::new(MovableClock::new(place.clock.now()));
        let server = place.process_at(&[], place.wire.endpoint(), clock.clone());
        let mut reading = Self { place, user, clock, server, ticket: String::new() };
        let first = reading.page(&format!("limit={limit}"));
        reading.clock.until_asleep(1).await;
        reading.ticket = sign_in(&reading.server, &reading.user).await;
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

#[tokio::test]
async fn the_page_after_large_objects_has_as_many_as_fit_into_a_body() {
    let (reading, query) = Reading::begun(150, 105_000).await;
    let second = reading.page(&query);
    reading.clock.until_asleep(1).await;
    let request = next(&reading.server, &reading.ticket, "").await;
    assert!(request.contains("iterator=\"Continue\"") && request.contains("<MaxReturned>37</MaxReturned>"), "{request}");
    second.abort();
}
