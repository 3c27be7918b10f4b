//! Answers of QuickBooks that are broken, hostile or large.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_testkit::clock::MovableClock;
use serde_json::json;

use super::{User, call, connected, health_check, json as ask, next, received, result};
use crate::harness::{Answer, Ask, Installation, post};

/// Sends a request of the partner, and answers it with this document.
async fn answered(place: &Installation, user: &User, asking: Ask, document: &str) -> Answer {
    let clock = Arc::new(MovableClock::new(place.clock.now()));
    let server: Router = place.process_at(&[], place.wire.endpoint(), clock.clone());
    let waiting = tokio::spawn({
        let server = server.clone();
        async move { asking.to(&server).await }
    });
    clock.until_asleep(1).await;
    let arguments = [("strUserName", &*user.login), ("strPassword", &*user.password)];
    let ticket = result(&call("authenticate", &arguments).to(&server).await, "authenticate").swap_remove(0);
    next(&server, &ticket, "<QBXML/>").await;
    assert_eq!(received(&server, &ticket, document).await, "50");
    clock.until_asleep(1).await;
    clock.advance(Duration::from_millis(250));
    waiting.await.expect("no panic")
}

#[tokio::test]
async fn a_broken_answer_is_an_error_of_quickbooks_and_not_of_the_service() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><QBXML>&b;</QBXML>";
    let external = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><QBXML>&f;</QBXML>";
    let nested = "<a>".repeat(100_000);
    let many = format!("<QBXML><QBXMLMsgsRs>{}</QBXMLMsgsRs></QBXML>", "<a/>".repeat(300_000));
    for document in [
        "<",
        " ",
        "x",
        "<QBXML/>",
        "<QBXML><QBXMLMsgsRs/></QBXML>",
        "<QBXML><QBXMLMsgsRs><HostQueryRs/></QBXMLMsgsRs></QBXML>",
        "<QBXML><QBXMLMsgsRs><HostQueryRs statusCode=\"-1\"/></QBXMLMsgsRs></QBXML>",
        bomb,
        external,
        &nested,
        &many,
    ] {
        for asking in [
            health_check(&user, &place.key),
            ask(
                post(format!("/v1/end-users/{}/passthrough/quickbooks_desktop", user.id)),
                &place.key,
                &json!({ "HostQueryRq": {} }),
            ),
        ] {
            let answer = answered(&place, &user, asking, document).await;
            let shown: String = document.chars().take(100).collect();
            let error = answer.json()["error"].clone();
            assert!((answer.status, error["code"].as_str()) == (502, Some("QBD_CONNECTION_ERROR")), "{shown}: {}", answer.body);
            assert!(!answer.body.contains("root:"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_broken_may_have_been_carried_out() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let address = format!("/v1/end-users/{}/passthrough/quickbooks_desktop", user.id);
    for document in ["<", "<QBXML/>", "<QBXML><QBXMLMsgsRs/></QBXML>"] {
        let asking = ask(post(address.clone()), &place.key, &json!({ "CheckAddRq": { "CheckAdd": { "Memo": "x" } } }));
        let answer = answered(&place, &user, asking, document).await;
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, error["code"].as_str()), (502, Some("QBD_CONNECTION_ERROR")), "{}", answer.body);
        assert_eq!(answer.headers["x-should-retry"], "false");
        let told = error["userFacingMessage"].as_str().unwrap_or_default();
        assert!(told.contains("not known whether"), "{document}: {told}");
    }
}

#[tokio::test]
async fn a_write_that_was_carried_out_before_another_one_failed_is_not_repeated() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let address = format!("/v1/end-users/{}/passthrough/quickbooks_desktop", user.id);
    let locked = r#"<InvoiceModRs requestID="2" statusCode="3175" statusSeverity="Error" statusMessage="Locked."/>"#;
    let added = r#"<CheckAddRs requestID="1" statusCode="0"><CheckRet><TxnID>1A-1</TxnID></CheckRet></CheckAddRs>"#;
    let done = "QuickBooks has carried out these requests, do not send them again: CheckAddRq (TxnID 1A-1).";
    for (answers, should_retry, told) in [(locked.to_owned(), "true", "Locked."), (format!("{added}{locked}"), "false", done)] {
        let body = json!({ "CheckAddRq": { "CheckAdd": {} }, "InvoiceModRq": { "InvoiceMod": {} } });
        let document = format!("<QBXML><QBXMLMsgsRs>{answers}</QBXMLMsgsRs></QBXML>");
        let answer = answered(&place, &user, ask(post(address.clone()), &place.key, &body), &document).await;
        assert_eq!((answer.status, answer.header("x-should-retry")), (502, Some(should_retry)), "{}", answer.body);
        let message = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.ends_with(told), "{message}");
    }
}

#[tokio::test]
async fn an_answer_of_five_megabytes_arrives() {
    let place = Installation::start().await;
    let user = connected(&place, "first").await;
    let mut state = 7_u32;
    let digits = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'A' + u8::try_from(state >> 28).expect("four bits"))
    });
    let name: String = digits.take(5_000_000).collect();
    let document = format!(
        "<QBXML><QBXMLMsgsRs><HostQueryRs requestID=\"1\" statusCode=\"0\"><HostRet><ProductName>{name}</ProductName></HostRet></HostQueryRs></QBXMLMsgsRs></QBXML>"
    );
    let asking = post(format!("/v1/end-users/{}/passthrough/quickbooks_desktop", user.id));
    let answer = answered(&place, &user, ask(asking, &place.key, &json!({ "HostQueryRq": {} })), &document).await;
    assert!(answer.status == 200 && answer.body.contains(&name), "{}", answer.status);
}
