//! In which version of qbXML QuickBooks is asked, and for how long.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::clock::Clock as _;
use counterfoil_testkit::clock::MovableClock;
use serde_json::json;

use super::{VERSION, call, connected, health_check, json as ask, next, received, result, sign_in};
use crate::harness::{Installation, get, post};

/// A Web Connector signs in once a minute: an SDK waits longer than that for a ping.
#[tokio::test]
async fn a_ping_waits_longer_than_a_health_check() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let clock = Arc::new(MovableClock::new(place.clock.now()));
    let server = place.process_at(&[], place.wire.endpoint(), clock.clone());
    let ping = get(format!("/v1/end-users/{}/ping/quickbooks_desktop", user.id)).key(&place.key);
    let [ping, health_check] = [ping, health_check(&user, &place.key)].map(|asking| {
        let server = server.clone();
        tokio::spawn(async move { asking.to(&server).await })
    });
    clock.until_asleep(2).await;
    clock.advance(Duration::from_secs(61));
    let late = health_check.await.expect("no panic");
    assert_eq!((late.status, &late.json()["error"]["message"]), (504, &json!("Request timed out after 60 seconds.")));
    let ticket = sign_in(&server, &user).await;
    assert!(next(&server, &ticket, "").await.contains("HostQueryRq"));
    assert_eq!(received(&server, &ticket, VERSION).await, "50");
    while !ping.is_finished() {
        clock.advance(Duration::from_millis(250));
        tokio::task::yield_now().await;
    }
    assert_eq!(ping.await.expect("no panic").status, 200);
}

/// The SDK's own requests have a schema of an older version. A Web Connector that does not say the version speaks at least that one.
#[tokio::test]
async fn what_is_passed_through_is_sent_in_the_version_of_quickbooks() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let clock = Arc::new(MovableClock::new(place.clock.now()));
    let server = place.process_at(&[], place.wire.endpoint(), clock.clone());
    let address = format!("/v1/end-users/{}/passthrough/quickbooks_desktop", user.id);
    let asking = ask(post(address), &place.key, &json!({ "CheckQueryRq": {} }));
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { asking.to(&server).await }
    });
    clock.until_asleep(1).await;
    // A read is sent again in each session.
    for (major, version) in [("16", "16.0"), ("14", "14.0"), ("", "13.0")] {
        let ticket = sign_in(&server, &user).await;
        let arguments = [("ticket", &*ticket), ("strHCPResponse", "<QBXML/>"), ("qbXMLMajorVers", major)];
        let request = result(&call("sendRequestXML", &arguments).to(&server).await, "sendRequestXML").swap_remove(0);
        assert!(request.contains(&format!("<?qbxml version=\"{version}\"?>")), "{major}: {request}");
    }
    waiting.abort();
}
