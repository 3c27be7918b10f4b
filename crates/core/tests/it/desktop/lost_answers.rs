//! A new sign-in while a request is outstanding: its answer is lost.

use counterfoil_core::Error;
use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::receive::{Progress, Received, receive};
use counterfoil_core::service::desktop::sign_in::SignIn;
use counterfoil_core::service::job::ask::{Ask, AskError};
use counterfoil_desktop::protocol::Protocol;
use counterfoil_testkit::wire::{Fault, Rule};

use super::answers::incompressible;
use super::harness::{ANSWER, Asking, Desk, checks, hash, new_check, signed_in, wanted, work};
use crate::harness::eventually;

#[tokio::test]
async fn a_read_is_sent_three_times_each_time_with_half_of_its_page() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(100)).await;
    for most in [100, 50, 25] {
        let ticket = work(&desk.web, &desk.user).await;
        let request = desk.first(&ticket).await.expect("a request");
        assert!(request.contains(&format!("<MaxReturned>{most}<")), "{request}");
        assert!(request.contains("iterator=\"Start\"") && request.contains("requestID=\"1\""), "{request}");
    }
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
    assert!(matches!(asking.end(&desk).await, Err(AskError::Failed(JobFailure::AnswerLost))));
}

#[tokio::test]
async fn a_read_that_is_sent_again_is_answered() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(100)).await;
    let lost = work(&desk.web, &desk.user).await;
    desk.first(&lost).await.expect("a request");
    // The table stores the second try, and its answer is lost.
    desk.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply).when("REMOVE #sent_in"));
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    assert_eq!(desk.answered(&lost, "<Late/>").await, Progress::UnknownSession);
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn a_page_without_an_iterator_is_sent_again_as_it_is() {
    let desk = Desk::new().await;
    // A caller could not tell a smaller page from the whole list.
    let asking = desk.asking(&checks(100).replace(" iterator=\"Start\"", "")).await;
    for _ in 0..2 {
        let ticket = work(&desk.web, &desk.user).await;
        assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>100<")));
    }
    drop(asking);
}

#[tokio::test]
async fn a_write_is_not_sent_again_and_its_outcome_is_unknown() {
    let desk = Desk::new().await;
    let asking = desk.asking_for(new_check("lost")).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
    assert!(desk.jobs().await.is_empty());
    assert!(matches!(asking.end(&desk).await, Err(AskError::Failed(JobFailure::OutcomeUnknown))));
}

#[tokio::test]
async fn a_page_of_an_iterator_is_sent_only_in_the_session_of_the_iterator() {
    let desk = Desk::new().await;
    let first = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    let answer = desk.end(first.0).await.expect("an answer");
    assert!(answer.session.matches(&hash(&ticket)));

    let in_session = |document: &str| Ask { session: Some(answer.session.clone()), ..wanted(document) };
    let sent = desk.asking_for(in_session(&checks(3))).await;
    assert!(desk.next(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>3<")));
    let waiting = desk.asking_for(in_session(&checks(4))).await;
    let other = desk.asking(&checks(5)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>5<")));
    for lost in [sent, waiting] {
        assert!(matches!(lost.end(&desk).await, Err(AskError::Failed(JobFailure::IteratorLost))));
    }
    drop(other);
}

/// `QuickBooks` has moved the iterator on: the page would be left out.
#[tokio::test]
async fn a_page_of_an_iterator_is_not_sent_again_in_its_own_session() {
    let desk = Desk::new().await;
    let first = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    let session = desk.end(first.0).await.expect("an answer").session;
    let lost = desk.asking_for(Ask { session: Some(session), ..wanted(&checks(3)) }).await;
    desk.next(&ticket).await.expect("the next page");
    assert_eq!(desk.next(&ticket).await, None);
    assert!(matches!(lost.end(&desk).await, Err(AskError::Failed(JobFailure::IteratorLost))));
}

/// The caller has the iterator of an answer, and continues it by itself.
#[tokio::test]
async fn a_request_that_continues_an_iterator_is_not_sent_again() {
    let desk = Desk::new().await;
    let continued = checks(3).replace("iterator=\"Start\"", "iterator=\"Continue\" iteratorID=\"{1}\"");
    let asking = desk.asking(&continued).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("Continue")));
    assert_eq!(desk.next(&ticket).await, None);
    assert!(matches!(asking.end(&desk).await, Err(AskError::Failed(JobFailure::AnswerLost))));
}

#[tokio::test]
async fn an_answer_of_a_session_that_has_ended_does_not_replace_that_of_the_next_one() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking(&checks(100)).await;
    let old = work(&desk.web, &desk.user).await;
    desk.first(&old).await.expect("a request");
    let (late, in_time) = (incompressible(1, 900_000), incompressible(2, 900_000));
    wire.inject(Rule::on("PutItem", Fault::UntilReleased).when("JOB_END"));
    let overtaking = async {
        eventually("a part", async || wire.requests().iter().any(|request| request.body.contains("JOB_END#"))).await;
        let new = work(&desk.web, &desk.user).await;
        desk.first(&new).await.expect("the request again");
        assert_eq!(desk.answered(&new, &in_time).await, Progress::GoOn);
        wire.release();
    };
    tokio::join!(desk.answered(&old, &late), overtaking);
    assert!(asking.end(&desk).await.is_ok_and(|answer| answer == in_time));
}

#[tokio::test]
async fn a_late_answer_does_not_end_a_job_that_another_session_has() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking(&checks(100)).await;
    let old = work(&desk.web, &desk.user).await;
    desk.first(&old).await.expect("a request");
    wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    let overtaking = async {
        eventually("the late answer", async || wire.counts().contains_key("TransactWriteItems")).await;
        let new = work(&desk.web, &desk.user).await;
        desk.first(&new).await.expect("the request again");
        wire.release();
        new
    };
    let (_, new) = tokio::join!(desk.answered(&old, "<Late/>"), overtaking);
    assert_eq!(desk.answered(&new, ANSWER).await, Progress::GoOn);
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn an_answer_is_stored_even_if_the_connection_for_imports_cannot_be() {
    let desk = Desk::before_setup().await;
    let wire = &desk.installation.wire;
    wire.inject(Rule::on("TransactWriteItems", Fault::InternalServerError).when("connected_file").times(20));
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    let is_connected = async || {
        let read = desk.web.connections.read(&desk.user.name.connection_id()).await;
        read.expect("the table answers").is_some()
    };
    assert!(!is_connected().await);
    wire.reset();
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, ANSWER).await;
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
    assert!(is_connected().await);
}

/// Stores an answer while the table conflicts this number of times.
async fn stored_despite(conflicts: usize) -> (Desk, Asking, Result<Progress, Error>) {
    let desk = Desk::new().await;
    let asking = desk.asking_for(new_check("stored late")).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict).times(conflicts));
    let storing = tokio::spawn({
        let web = desk.web.clone();
        let received = Received { document: Secret::new(ANSWER), hresult: String::new(), message: String::new() };
        async move { receive(&web, &ticket, received, &Protocol).await }
    });
    let progress = desk.end(storing).await;
    (desk, asking, progress)
}

#[tokio::test]
async fn an_answer_that_meets_other_transactions_is_stored_in_the_end() {
    let (desk, asking, progress) = stored_despite(5).await;
    assert_eq!(progress, Ok(Progress::GoOn));
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}

#[tokio::test]
async fn an_answer_is_not_tried_to_be_stored_for_ever() {
    let (_, asking, progress) = stored_despite(1_000).await;
    assert!(matches!(progress, Err(Error::TryLater { .. })), "{progress:?}");
    drop(asking);
}

#[tokio::test]
async fn a_lost_write_whose_answer_arrives_at_the_same_time_ends_once() {
    let desk = Desk::new().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking_for(new_check("late")).await;
    let old = work(&desk.web, &desk.user).await;
    desk.first(&old).await.expect("a request");
    wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    let overtaking = async {
        eventually("the late answer", async || wire.counts().contains_key("TransactWriteItems")).await;
        assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
        wire.release();
    };
    tokio::join!(desk.answered(&old, ANSWER), overtaking);
    assert!(matches!(asking.end(&desk).await, Err(AskError::Failed(JobFailure::OutcomeUnknown))));
}
