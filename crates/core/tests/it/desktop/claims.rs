//! Each job is sent once, and its answer reaches the caller who asked.

use counterfoil_core::service::desktop::receive::Progress;
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{ANSWER, Desk, checks, new_check, work};
use crate::harness::eventually;

/// An answer that names a request.
fn answer_to(number: u32) -> String {
    format!("<QBXML><QBXMLMsgsRs><CheckQueryRs requestID=\"1\" statusCode=\"{number}\"/></QBXMLMsgsRs></QBXML>")
}

#[tokio::test]
async fn requests_are_sent_in_their_order_and_each_caller_gets_its_own_answer() {
    let desk = Desk::new().await;
    let first = desk.asking(&checks(1)).await;
    let second = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>1<")));
    assert_eq!(desk.answered(&ticket, &answer_to(0)).await, Progress::GoOn);
    assert!(desk.next(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>2<")));
    assert_eq!(desk.answered(&ticket, &answer_to(1)).await, Progress::GoOn);
    assert_eq!(desk.next(&ticket).await, None);
    assert_eq!(first.end(&desk).await.ok(), Some(answer_to(0)));
    assert_eq!(second.end(&desk).await.ok(), Some(answer_to(1)));
}

#[tokio::test]
async fn a_job_that_two_sessions_claim_at_the_same_time_is_sent_by_one() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking(&checks(100)).await;
    let old = work(&desk.web, &desk.user).await;
    wire.inject(Rule::on("UpdateItem", Fault::UntilReleased).when("sent_in"));
    let overtaking = async {
        eventually("a claim", async || wire.requests().iter().any(|request| request.body.contains("sent_in"))).await;
        let new = work(&desk.web, &desk.user).await;
        let request = desk.first(&new).await;
        wire.release();
        (new, request)
    };
    let (late, (new, request)) = tokio::join!(desk.first(&old), overtaking);
    assert_eq!(late, None);
    assert!(request.is_some());
    assert_eq!(desk.answered(&old, &answer_to(1)).await, Progress::UnknownSession);
    assert_eq!(desk.answered(&new, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_write_that_two_calls_of_one_session_claim_at_the_same_time_is_sent_once() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking_for(new_check("once")).await;
    let next = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    wire.inject(Rule::on("UpdateItem", Fault::UntilReleased).when("sent_in"));
    let overtaking = async {
        eventually("a claim", async || wire.requests().iter().any(|request| request.body.contains("sent_in"))).await;
        let request = desk.first(&ticket).await;
        wire.release();
        request
    };
    let (late, request) = tokio::join!(desk.first(&ticket), overtaking);
    assert!(request.is_some_and(|request| request.contains("once")));
    assert_eq!(late, None, "another request would get the answer to this one");
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
    drop(next);
}

#[tokio::test]
async fn a_claim_whose_answer_is_lost_still_sends_its_own_request() {
    let desk = Desk::new().await;
    let first = desk.asking(&checks(1)).await;
    let second = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply).when("sent_in"));
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>1<")));
    desk.answered(&ticket, &answer_to(0)).await;
    desk.next(&ticket).await.expect("the second request");
    desk.answered(&ticket, &answer_to(1)).await;
    assert_eq!(first.end(&desk).await.ok(), Some(answer_to(0)));
    assert_eq!(second.end(&desk).await.ok(), Some(answer_to(1)));
}

#[tokio::test]
async fn an_answer_is_stored_once_even_if_the_tables_answer_is_lost_or_the_web_connector_repeats_it() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(desk.answered(&ticket, &answer_to(0)).await, Progress::GoOn);
    assert_eq!(desk.answered(&ticket, &answer_to(1)).await, Progress::Finished);
    assert_eq!(asking.end(&desk).await.ok(), Some(answer_to(0)));
}

#[tokio::test]
async fn an_answer_is_never_taken_for_that_of_an_earlier_request_of_the_session() {
    let desk = Desk::new().await;
    let write = desk.asking_for(new_check("first")).await;
    let read = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("first")));
    // A Web Connector that requests work again has lost the answer.
    assert!(desk.next(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>2<")));
    desk.answered(&ticket, ANSWER).await;
    assert_eq!(read.end(&desk).await.ok().as_deref(), Some(ANSWER));
    assert!(write.end(&desk).await.is_err_and(|error| format!("{error:?}").contains("OutcomeUnknown")));
}
