//! The setup: until QuickBooks has answered once, a cheap request waits for every sign-in.

use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::EndUserId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::auth_flow::{LinkState, rotate_qwc};
use counterfoil_core::service::desktop::receive::{Progress, connection_failed};
use counterfoil_core::service::desktop::sign_in::{SignIn, sign_in};
use counterfoil_core::service::job::ask::{AskError, active_connection};
use counterfoil_desktop::protocol::Protocol;
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{ANSWER, Desk, Link, User, checks, partition, shown_password, signed_in, work};
use crate::harness::eventually;

#[tokio::test]
async fn quickbooks_is_asked_for_its_version_until_it_has_answered_once() {
    let desk = Desk::before_setup().await;
    for _ in 0..3 {
        let ticket = work(&desk.web, &desk.user).await;
        assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("HostQueryRq")));
        assert_eq!(desk.jobs().await.len(), 1);
        connection_failed(&desk.web, &ticket, "0x80040418", "no access").await.expect("stored");
        assert!(matches!(active_connection(&desk.app, &desk.user.name).await, Err(AskError::NotSetUp)));
    }
    desk.set_up(&desk.user).await;
    assert!(active_connection(&desk.app, &desk.user.name).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_is_an_error_or_cannot_be_read_does_not_complete_the_setup() {
    let desk = Desk::before_setup().await;
    let error =
        |code| format!("<QBXML><QBXMLMsgsRs><HostQueryRs statusCode=\"{code}\" statusSeverity=\"Error\"/></QBXMLMsgsRs></QBXML>");
    for document in [&*error(1010), &*error(3261), "<QBXML><QBXMLMsgsRs><HostQ", "<QBXML><QBXMLMsgsRs/></QBXML>", "x"] {
        let ticket = work(&desk.web, &desk.user).await;
        desk.first(&ticket).await.expect("a request");
        assert_eq!(desk.answered(&ticket, document).await, Progress::GoOn);
        assert!(matches!(active_connection(&desk.app, &desk.user.name).await, Err(AskError::NotSetUp)), "{document}");
        let connected = desk.web.connections.read(&desk.user.name.connection_id()).await.expect("a table");
        assert!(connected.is_none(), "{document}");
    }
    desk.set_up(&desk.user).await;
}

#[tokio::test]
async fn a_new_link_ends_when_quickbooks_has_answered_again() {
    let desk = Desk::new().await;
    let link = Link::new(&desk.app, &desk.user.name).await;
    desk.clock.advance(Duration::from_secs(60));
    let user = User { password: link.shown_password(&desk.app).await, ..desk.user.clone() };
    let has_signed_in = async || {
        let opened = link.opened(&desk.app).await;
        opened.session.has_signed_in(opened.connection.as_ref())
    };
    assert!(!has_signed_in().await);
    desk.clock.advance(Duration::from_secs(60));
    let ticket = work(&desk.web, &user).await;
    assert!(has_signed_in().await);
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("HostQueryRq")));
    active_connection(&desk.app, &user.name).await.expect("still set up");
    assert_eq!(link.opened(&desk.app).await.link, LinkState::Open);
    desk.answered(&ticket, ANSWER).await;
    assert_eq!(link.opened(&desk.app).await.link, LinkState::Used);
    assert!(matches!(signed_in(&desk.web, &user).await, SignIn::Idle));
}

#[tokio::test]
async fn another_qwc_file_is_connected_by_the_next_sign_in() {
    let desk = Desk::new().await;
    let link = Link::new(&desk.app, &desk.user.name).await;
    rotate_qwc(&desk.app, &link.opened(&desk.app).await, &Protocol).await.expect("another file");
    desk.set_up(&desk.user).await;
    let connection = desk.connection().await;
    assert_eq!(connection.connected_file, Some(connection.file_id));
}

#[tokio::test]
async fn a_password_is_taken_with_the_white_space_around_it() {
    let desk = Desk::new().await;
    let password = Secret::new(format!(" \t{}\r\n", desk.user.password.expose()));
    let signed_in = sign_in(&desk.web, &desk.user.name.user_name(), &password, &Protocol).await.expect("an answer");
    assert!(matches!(signed_in, SignIn::Idle));
}

#[tokio::test]
async fn an_end_user_who_has_not_begun_the_setup_is_not_set_up_and_an_unknown_one_not_found() {
    let desk = Desk::before_setup().await;
    let unknown = EndUserName { id: EndUserId::of_digits(&"0".repeat(32)), ..desk.user.name.clone() };
    assert!(matches!(active_connection(&desk.app, &unknown).await, Err(AskError::Other(Error::NotFound(_)))));
    desk.installation.delete(&partition(&desk.user), "CONNECTION").await;
    assert!(matches!(active_connection(&desk.app, &desk.user.name).await, Err(AskError::NotSetUp)));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_name_are_refused_and_change_nothing() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    let user_name = desk.user.name.user_name();
    let unknown = format!("qbd_default_{}", "0".repeat(32));
    let long = "x".repeat(1_000_000);
    for (user_name, password) in
        [(&*user_name, ""), (&*user_name, "wrong"), (&*user_name, &*long), (&*unknown, "wrong"), ("", ""), (&*long, "wrong")]
    {
        let refused = sign_in(&desk.web, user_name, &Secret::new(password), &Protocol).await.expect("an answer");
        assert!(matches!(refused, SignIn::Refused));
    }
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_new_password_ends_the_session_and_the_old_one_is_refused() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    let new = User { password: shown_password(&desk.app, &desk.user.name).await, ..desk.user.clone() };
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Refused));
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::UnknownSession);
    assert_eq!(desk.next(&ticket).await, None);
    let ticket = work(&desk.web, &new).await;
    assert!(desk.first(&ticket).await.is_some());
    desk.answered(&ticket, ANSWER).await;
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_password_that_is_replaced_during_a_sign_in_does_not_sign_in() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking(&checks(1)).await;
    wire.inject(Rule::on("UpdateItem", Fault::UntilReleased).when("last_polled_at"));
    let replacing = async {
        eventually("a sign-in", async || wire.counts().contains_key("UpdateItem")).await;
        shown_password(&desk.app, &desk.user.name).await;
        wire.release();
    };
    let (late, ()) = tokio::join!(signed_in(&desk.web, &desk.user), replacing);
    assert!(matches!(late, SignIn::Refused));
    assert!(desk.connection().await.session.is_none());
    drop(asking);
}
