//! The requests to the table of one request of a partner, counted at the proxy.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::clock::Clock as _;
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::wire::Request;

use super::{VERSION, call, connected, health_check, next, received, result, work};
use crate::harness::Installation;

const POLL: Duration = Duration::from_millis(250);

/// A process of each call, as after a cold start. The Web Connector's request for work waits already.
#[tokio::test]
async fn a_request_that_finds_the_web_connector_waiting_is_answered_in_six_requests_to_the_table() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let clock = Arc::new(MovableClock::new(place.clock.now()));
    let process = || place.process_at(&[], place.wire.endpoint(), clock.clone());

    let opening = tokio::spawn({
        let (server, asking) = (process(), health_check(&user, &place.key));
        async move { asking.to(&server).await }
    });
    clock.until_asleep(1).await;
    let arguments = [("strUserName", &*user.login), ("strPassword", &*user.password)];
    let ticket = result(&call("authenticate", &arguments).to(&process()).await, "authenticate").swap_remove(0);
    next(&process(), &ticket, "<QBXML/>").await;
    received(&process(), &ticket, VERSION).await;
    clock.advance(POLL);
    assert_eq!(opening.await.expect("no panic").status, 200);

    let waiting = tokio::spawn({
        let (server, waiting) = (process(), work(&ticket, ""));
        async move { waiting.to(&server).await }
    });
    clock.until_asleep(1).await;
    place.wire.reset();
    let asking = tokio::spawn({
        let (server, asking) = (process(), health_check(&user, &place.key));
        async move { asking.to(&server).await }
    });
    clock.until_asleep(2).await;
    clock.advance(POLL);
    assert!(waiting.await.expect("no panic").body.contains("HostQueryRq"));
    assert_eq!(received(&process(), &ticket, VERSION).await, "50");
    clock.until_asleep(1).await;
    clock.advance(POLL);
    let answer = asking.await.expect("no panic");
    assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("ok")), "{}", answer.body);

    let requests = place.wire.requests();
    let stored = requests.iter().position(|request| request.operation == "PutItem").expect("a job");
    // The look that finds the job is a poll of the request for work.
    let found = requests.iter().skip(stored).position(|request| request.operation == "Query").map(|after| stored + after);
    let is_poll = |request: &Request| request.operation == "GetItem" && request.body.contains("JOB_END#");
    let counted = requests.iter().enumerate().filter(|(number, request)| Some(*number) != found && !is_poll(request));
    let counted: Vec<_> = counted.map(|(_, request)| &*request.operation).collect();
    // The key; the connection and its jobs; the new job. The claim. The connection and its jobs; the answer.
    insta::assert_debug_snapshot!(counted, @r#"
    [
        "GetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "Query",
        "TransactWriteItems",
    ]
    "#);
}
