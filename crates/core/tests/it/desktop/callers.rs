//! The caller of a request that takes too long, or that the table fails.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::time::later;
use counterfoil_core::service::desktop::receive::Progress;
use counterfoil_core::service::desktop::sign_in::SignIn;
use counterfoil_core::service::job::ask::{Ask, AskError};
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::START;
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{ANSWER, Desk, PATIENCE, checks, new_check, signed_in, wanted, work};
use crate::harness::eventually;

const SHORT: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_request_that_was_not_fetched_is_withdrawn() {
    let desk = Desk::new().await;
    let asking = desk.asking_for(Ask { wait: SHORT, ..new_check("withdrawn") }).await;
    assert!(matches!(asking.end(&desk).await, Err(AskError::NotFetched)));
    assert!(desk.jobs().await.is_empty());
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
}

#[tokio::test]
async fn a_request_that_was_fetched_and_not_answered_says_whether_it_is_a_write() {
    let desk = Desk::new().await;
    for wanted in [wanted(&checks(1)), new_check("slow")] {
        let is_write = wanted.is_write;
        let asking = desk.asking_for(Ask { wait: SHORT, ..wanted }).await;
        let ticket = work(&desk.web, &desk.user).await;
        desk.first(&ticket).await.expect("a request");
        let ended = asking.end(&desk).await;
        assert!(matches!(ended, Err(AskError::NotAnswered { is_write: said }) if said == is_write), "{ended:?}");
        // Its answer is late, and the session goes on.
        assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    }
}

#[tokio::test]
async fn an_answer_at_the_last_moment_is_not_lost() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking_for(Ask { wait: SHORT, ..new_check("last moment") }).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    wire.reset();
    wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    eventually("the caller gives up", async || {
        desk.clock.advance(Duration::from_millis(250));
        wire.counts().contains_key("TransactWriteItems")
    })
    .await;
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    wire.release();
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_request_whose_caller_is_gone_is_not_sent_after_its_time() {
    let desk = Desk::new().await;
    let gone = desk.asking_for(new_check("gone")).await;
    gone.0.abort();
    desk.clock.advance(PATIENCE);
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>1<")));
    drop(asking);
}

#[tokio::test]
async fn a_web_connector_whose_process_has_a_fast_clock_leaves_the_end_of_a_request_to_its_caller() {
    let desk = Desk { ..Desk::new().await };
    let fast = Arc::new(MovableClock::new(later(START, SHORT * 5)));
    let desk = Desk { web: desk.installation.process_at(&fast), ..desk };
    let asking = desk.asking_for(Ask { wait: SHORT, ..new_check("fast") }).await;
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
    let read = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>1<")));
    // It was not sent, so its outcome is known.
    let ended = asking.end(&desk).await;
    assert!(matches!(ended, Err(AskError::NotFetched)), "{ended:?}");
    drop(read);
}

#[tokio::test]
async fn a_web_connector_whose_process_has_a_slow_clock_gets_no_request_that_was_given_up() {
    let desk = Desk::new().await;
    let slow = Arc::new(MovableClock::new(START));
    let desk = Desk { web: desk.installation.process_at(&slow), ..desk };
    let asking = desk.asking_for(Ask { wait: SHORT, ..new_check("slow") }).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(matches!(asking.end(&desk).await, Err(AskError::NotFetched)));
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("HostQueryRq")));
}

#[tokio::test]
async fn a_write_that_waits_while_the_table_fails_is_withdrawn_or_its_outcome_is_unknown() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    for is_sent in [false, true] {
        let asking = desk.asking_for(new_check("failing")).await;
        let ticket = work(&desk.web, &desk.user).await;
        if is_sent {
            desk.first(&ticket).await.expect("a request");
        }
        wire.inject(Rule::on("GetItem", Fault::InternalServerError).times(20));
        let ended = asking.end(&desk).await;
        wire.reset();
        match ended {
            Err(AskError::NotAnswered { is_write: true }) if is_sent => {}
            Err(_) if !is_sent => assert!(desk.jobs().await.is_empty(), "it would be carried out later"),
            ended => panic!("{is_sent}: {ended:?}"),
        }
    }
}

#[tokio::test]
async fn a_write_that_the_table_stored_without_saying_so_is_not_carried_out_behind_its_callers_back() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    for operation in ["PutItem", "TransactWriteItems"] {
        wire.inject(Rule::on(operation, Fault::TimeoutAfterApply).when("JOB#").times(3));
    }
    let asking = desk.asking_for(new_check("unsaid")).await;
    let ended = asking.end(&desk).await;
    wire.reset();
    assert!(ended.is_err());
    assert!(desk.jobs().await.is_empty(), "{ended:?}");
}
