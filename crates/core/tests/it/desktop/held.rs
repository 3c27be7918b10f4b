//! How long a session is held open, and when a connection counts as active.

use std::time::Duration;

use counterfoil_core::model::desktop::connection::{ACTIVE_FOR, HELD_FOR};
use counterfoil_core::model::desktop::job::WORKED_ON_FOR;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::service::desktop::receive::{Received, receive};
use counterfoil_core::service::desktop::send::{Host, WAIT, next_request};
use counterfoil_core::service::job::POLL;
use counterfoil_core::service::job::ask::{AskError, active_connection};
use counterfoil_desktop::protocol::Protocol;

use super::harness::{ANSWER, Desk, PATIENCE, checks, new_check, work};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_session_is_held_for_ten_minutes_after_the_last_request() {
    let desk = Desk::new().await;
    desk.clock.advance(HELD_FOR);
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    asking.0.abort();
    let mut held = Duration::ZERO;
    while held + SECOND < HELD_FOR {
        assert_eq!(desk.next(&ticket).await, None);
        assert_eq!(desk.last_words(&ticket).await, None, "after {held:?}");
        desk.clock.advance(25 * SECOND);
        held += 25 * SECOND;
        assert!(desk.connection().await.is_active(desk.app.now()));
    }
    desk.clock.advance(SECOND);
    assert_eq!(desk.next(&ticket).await, None);
    assert_eq!(desk.last_words(&ticket).await.as_deref(), Some("No further requests."));
}

#[tokio::test]
async fn a_request_for_work_waits_twenty_seconds_for_a_job_and_gets_it_at_once() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    asking.0.abort();
    let waiting = |ends_at: Duration| {
        let (web, ticket) = (desk.web.clone(), Secret::new(ticket.expose()));
        tokio::spawn(async move {
            let host = Host { answer: "", major: 13 };
            next_request(&web, &ticket, host, ends_at, &Protocol).await.expect("an answer")
        })
    };
    let began_at = desk.clock.elapsed();
    assert!(desk.end(waiting(Duration::MAX)).await.is_none());
    assert!(desk.clock.elapsed() + 2 * POLL >= began_at + WAIT);

    let waiting = waiting(Duration::MAX);
    desk.clock.until_asleep(1).await;
    let asking = desk.asking(&checks(2)).await;
    assert!(desk.end(waiting).await.is_some());
    drop(asking);
}

#[tokio::test]
async fn a_session_is_not_held_for_requests_that_cannot_be_sent_any_more() {
    let desk = Desk::new().await;
    let gone = desk.asking(&checks(1)).await;
    let sent = desk.asking_for(new_check("sent")).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    for asking in [gone, sent] {
        asking.0.abort();
    }
    desk.clock.advance(HELD_FOR + PATIENCE);
    assert_eq!(desk.last_words(&ticket).await.as_deref(), Some("No further requests."));
}

#[tokio::test]
async fn a_session_that_always_has_work_stays_active() {
    let desk = Desk::new().await;
    let mut asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    let mut busy = Duration::ZERO;
    let mut request = desk.first(&ticket).await;
    while busy < 2 * ACTIVE_FOR {
        assert!(request.is_some());
        asking.0.abort();
        asking = desk.asking(&checks(1)).await;
        desk.clock.advance(10 * SECOND);
        busy += 10 * SECOND;
        desk.answered(&ticket, ANSWER).await;
        active_connection(&desk.app, &desk.user.name).await.unwrap_or_else(|error| panic!("{busy:?}: {error:?}"));
        request = desk.next(&ticket).await;
    }
}

#[tokio::test]
async fn a_connection_is_active_while_quickbooks_works_on_a_request_for_five_minutes_at_most() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    asking.0.abort();
    desk.clock.advance(WORKED_ON_FOR);
    active_connection(&desk.app, &desk.user.name).await.expect("QuickBooks works");
    desk.clock.advance(SECOND);
    assert!(matches!(active_connection(&desk.app, &desk.user.name).await, Err(AskError::NotActive(_))));
}

#[tokio::test]
async fn a_session_whose_requests_all_fail_stays_active() {
    let desk = Desk::new().await;
    let mut asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    let mut request = desk.first(&ticket).await;
    let answered_at = desk.connection().await.last_successful_request_at;
    for _ in 0..20 {
        assert!(request.is_some());
        asking.0.abort();
        desk.clock.advance(15 * SECOND);
        let received = Received { document: Secret::new(""), hresult: "0x80040414".to_owned(), message: "a dialog".to_owned() };
        receive(&desk.web, &ticket, received, &Protocol).await.expect("stored");
        active_connection(&desk.app, &desk.user.name).await.expect("it has just called");
        asking = desk.asking(&checks(1)).await;
        request = desk.next(&ticket).await;
    }
    assert_eq!(desk.connection().await.last_successful_request_at, answered_at);
}

#[tokio::test]
async fn a_connection_that_was_not_seen_lately_is_not_active_and_says_since_when() {
    let desk = Desk::new().await;
    let seen = desk.app.now();
    desk.clock.advance(ACTIVE_FOR);
    active_connection(&desk.app, &desk.user.name).await.expect("just active");
    desk.clock.advance(SECOND);
    let refused = active_connection(&desk.app, &desk.user.name).await;
    assert!(matches!(refused, Err(AskError::NotActive(Some(at))) if at == seen));
}
