//! An end user who is deleted while the Web Connector works.

use counterfoil_core::service::desktop::end_users::delete_end_user;
use counterfoil_core::service::desktop::receive::{Progress, connection_failed};
use counterfoil_core::service::desktop::sign_in::SignIn;
use counterfoil_core::service::job::ask::{AskError, ask};
use counterfoil_testkit::wire::{Fault, Rule};

use super::answers::incompressible;
use super::harness::{ANSWER, Desk, PATIENCE, checks, new_check, partners_key, signed_in, wanted, work};
use crate::harness::eventually;

async fn delete(desk: &Desk) {
    let ends_at = desk.app.clock.elapsed() + PATIENCE;
    delete_end_user(&desk.app, &partners_key(), &desk.user.name, ends_at).await.expect("deleted");
}

/// As [`Desk::new`], without the answer to the request of the setup, which TTL deletes.
async fn desk() -> Desk {
    let desk = Desk::new().await;
    for item in desk.everything().await {
        let key = |name: &str| item[name].as_s().expect("a text").clone();
        if key("PK").starts_with("JOB_END#") {
            desk.installation.delete(&key("PK"), &key("SK")).await;
        }
    }
    desk
}

/// The keys of the items that belong to the end user. What was deleted must stay deleted.
async fn left(desk: &Desk) -> Vec<String> {
    let keys = desk.everything().await.into_iter().map(|item| format!("{:?} {:?}", item["PK"], item["SK"]));
    let id = desk.user.name.id.to_string();
    keys.filter(|key| key.contains(&id) && (key.contains("DESKTOP#") || key.contains("JOB_END#"))).collect()
}

#[tokio::test]
async fn nothing_is_written_for_an_end_user_who_is_gone() {
    let desk = desk().await;
    let sent = desk.asking_for(new_check("sent")).await;
    let waiting = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    delete(&desk).await;
    assert_eq!(desk.next(&ticket).await, None);
    assert_eq!(desk.answered(&ticket, ANSWER).await, Progress::UnknownSession);
    connection_failed(&desk.web, &ticket, "0x80040420", "denied").await.expect("no error");
    assert!(desk.last_words(&ticket).await.is_some());
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Refused));
    assert!(sent.end(&desk).await.is_err());
    assert!(waiting.end(&desk).await.is_err());
    assert_eq!(left(&desk).await, [""; 0]);
}

#[tokio::test]
async fn a_request_that_is_stored_at_the_same_time_leaves_nothing() {
    let desk = desk().await;
    let wire = &desk.installation.wire;
    wire.inject(Rule::on("PutItem", Fault::UntilReleased).when("JOB#"));
    let asking = {
        let (app, name) = (desk.app.clone(), desk.user.name.clone());
        let wanted = wanted(&checks(1));
        tokio::spawn(async move { ask(&app, &name, wanted).await })
    };
    eventually("a job", async || wire.requests().iter().any(|request| request.body.contains("JOB#"))).await;
    delete(&desk).await;
    wire.release();
    let ended = desk.end(asking).await;
    assert!(matches!(ended, Err(AskError::NotFetched)));
    assert_eq!(left(&desk).await, [""; 0]);
}

#[tokio::test]
async fn a_sign_in_at_the_same_time_leaves_nothing() {
    let desk = Desk::before_setup().await;
    let wire = &desk.installation.wire;
    wire.inject(Rule::on("PutItem", Fault::UntilReleased).when("JOB#"));
    let deleting = async {
        eventually("a job", async || wire.requests().iter().any(|request| request.body.contains("JOB#"))).await;
        delete(&desk).await;
        wire.release();
    };
    let (signed_in, ()) = tokio::join!(signed_in(&desk.web, &desk.user), deleting);
    assert!(matches!(signed_in, SignIn::Refused));
    assert_eq!(left(&desk).await, [""; 0]);
}

#[tokio::test]
async fn an_answer_at_the_same_time_leaves_nothing() {
    let desk = desk().await;
    let wire = &desk.installation.wire;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    wire.reset();
    wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    let deleting = async {
        eventually("an end", async || wire.counts().contains_key("TransactWriteItems")).await;
        delete(&desk).await;
        wire.release();
    };
    let large = incompressible(1, 900_000);
    let (progress, ()) = tokio::join!(desk.answered(&ticket, &large), deleting);
    assert_eq!(progress, Progress::GoOn);
    asking.0.abort();
    assert_eq!(left(&desk).await, [""; 0]);
}
