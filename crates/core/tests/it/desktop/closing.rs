//! The Web Connector closes its session.

use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::close::close;
use counterfoil_core::service::desktop::receive::Progress;
use counterfoil_core::service::job::ask::{Ask, AskError, active_connection};
use counterfoil_desktop::protocol::Protocol;

use super::harness::{ANSWER, Desk, checks, hash, new_check, wanted, work};

async fn closed(desk: &Desk, ticket: &Secret) {
    close(&desk.web, ticket, &Protocol).await.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn a_session_that_is_closed_has_ended_and_its_connection_is_active() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    asking.end(&desk).await.expect("an answer");
    desk.clock.advance(counterfoil_core::model::desktop::connection::HELD_FOR);
    assert!(active_connection(&desk.app, &desk.user.name).await.is_err());
    closed(&desk, &ticket).await;
    let connection = active_connection(&desk.app, &desk.user.name).await.expect("it was seen just now");
    assert!(!connection.has_session(&hash(&ticket)));
    assert_eq!(desk.next(&ticket).await, None);
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::UnknownSession);
}

#[tokio::test]
async fn what_a_closed_session_had_fetched_is_settled_at_once() {
    let desk = Desk::new().await;
    let write = desk.asking_for(new_check("lost")).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    let bound = desk.asking_for(Ask { session: Some(hash(&ticket)), ..wanted(&checks(2)) }).await;
    let free = desk.asking(&checks(100)).await;
    closed(&desk, &ticket).await;
    assert_eq!(desk.jobs().await.len(), 1);
    assert!(matches!(write.end(&desk).await, Err(AskError::Failed(JobFailure::OutcomeUnknown))));
    assert!(matches!(bound.end(&desk).await, Err(AskError::Failed(JobFailure::IteratorLost))));

    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>100<")));
    closed(&desk, &ticket).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>50<")));
    desk.answered(&ticket, ANSWER).await;
    assert_eq!(free.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_ticket_closes_only_its_own_session() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let old = work(&desk.web, &desk.user).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    for other in [old.expose(), "none", "", &format!("{}x", ticket.expose())] {
        closed(&desk, &Secret::new(other)).await;
    }
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}
