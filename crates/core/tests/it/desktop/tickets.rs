//! A ticket that is not the one of the open session.

use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::receive::{Progress, connection_failed};

use super::harness::{ANSWER, Desk, checks, new_user, work};

/// Every call with this ticket is refused in words, and changes nothing.
async fn is_refused(desk: &Desk, ticket: &str) {
    let ticket = Secret::new(ticket);
    assert_eq!(desk.first(&ticket).await, None);
    assert_eq!(desk.answered(&ticket, "<Forged/>").await, Progress::UnknownSession);
    connection_failed(&desk.web, &ticket, "0x80040420", "forged").await.expect("no error");
    assert!(desk.last_words(&ticket).await.is_some_and(|words| words.contains("session has ended")));
}

#[tokio::test]
async fn malformed_tickets_are_refused_without_a_request_to_the_table() {
    let desk = Desk::new().await;
    let user_name = desk.user.name.user_name();
    let long = "a".repeat(1_000_000);
    let almost = [format!("{user_name}_"), format!("{user_name}_{}", "g".repeat(32)), format!("{user_name}_{}", "0".repeat(33))];
    for ticket in
        ["", "none", "_", "qbd__", "qbd_default_", "\u{0}", "é_é", &long].into_iter().chain(almost.iter().map(String::as_str))
    {
        is_refused(&desk, ticket).await;
    }
    assert!(desk.installation.wire.counts().is_empty(), "{:?}", desk.installation.wire.counts());
}

#[tokio::test]
async fn an_unknown_ticket_an_old_one_and_that_of_another_connection_are_refused() {
    let desk = Desk::new().await;
    let other = new_user(&desk.app, "other").await;
    desk.set_up(&other).await;
    let asking = desk.asking(&checks(100)).await;
    let old = work(&desk.web, &desk.user).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");

    let random = ticket.expose().rsplit_once('_').expect("a ticket").1.to_owned();
    let unknown = format!("{}_{}", desk.user.name.user_name(), "0".repeat(32));
    let moved = format!("{}_{random}", other.name.user_name());
    for ticket in [old.expose(), &unknown, &moved, &ticket.expose().to_uppercase()] {
        is_refused(&desk, ticket).await;
    }
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_session_of_another_connection_gets_none_of_the_jobs() {
    let desk = Desk::before_setup().await;
    let other = new_user(&desk.app, "other").await;
    desk.set_up(&desk.user).await;
    let asking = desk.asking(&checks(100)).await;
    let ticket = work(&desk.web, &other).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("HostQueryRq")));
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    assert_eq!(desk.next(&ticket).await, None);
    assert_eq!(desk.jobs().await.len(), 1);
    drop(asking);
}
