//! The bound on the number of jobs that wait.

use counterfoil_core::model::desktop::job::JOBS_MOST;
use counterfoil_core::service::desktop::ask::{AskError, active_connection, ask};

use super::harness::{ANSWER, Desk, PATIENCE, checks, wanted, work};
use crate::harness::eventually;

#[tokio::test]
async fn a_hundred_jobs_wait_at_most_and_all_are_sent() {
    let desk = Desk::new().await;
    let mut waiting = Vec::new();
    for number in 1..=JOBS_MOST {
        let (app, name) = (desk.app.clone(), desk.user.name.clone());
        let wanted = wanted(&checks(u32::try_from(number).expect("small")));
        waiting.push(tokio::spawn(async move { ask(&app, &name, wanted).await }));
    }
    eventually("a hundred jobs", async || desk.jobs().await.len() == JOBS_MOST).await;
    let refused = active_connection(&desk.app, &desk.user.name).await;
    assert!(matches!(refused, Err(AskError::TooMany)));

    let ticket = work(&desk.web, &desk.user).await;
    let mut sent = 0;
    let mut request = desk.first(&ticket).await;
    while request.is_some() {
        sent += 1;
        desk.answered(&ticket, ANSWER).await;
        active_connection(&desk.app, &desk.user.name).await.expect("room for one more");
        request = desk.next(&ticket).await;
    }
    assert_eq!(sent, JOBS_MOST);
    for caller in waiting {
        assert!(desk.end(caller).await.is_ok());
    }
}

#[tokio::test]
async fn jobs_whose_callers_are_gone_do_not_stand_in_the_way() {
    let desk = Desk::new().await;
    let mut gone = Vec::new();
    for _ in 0..JOBS_MOST {
        let (app, name) = (desk.app.clone(), desk.user.name.clone());
        gone.push(tokio::spawn(async move { ask(&app, &name, wanted(&checks(1))).await }));
    }
    eventually("a hundred jobs", async || desk.jobs().await.len() == JOBS_MOST).await;
    for caller in gone {
        caller.abort();
    }
    desk.clock.advance(PATIENCE);
    active_connection(&desk.app, &desk.user.name).await.expect("they do not count");
    let asking = desk.asking(&checks(7)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.first(&ticket).await.is_some_and(|request| request.contains("<MaxReturned>7<")));
    desk.answered(&ticket, ANSWER).await;
    assert_eq!(asking.end(&desk).await.ok().as_deref(), Some(ANSWER));
}
