//! The bounds on the numbers of jobs that wait, and of end users.

use counterfoil_core::model::desktop::end_user::END_USERS_MOST;
use counterfoil_core::model::desktop::job::{JOBS_MOST, JobFailure};
use counterfoil_core::service::desktop::end_users::{NewEndUser, create_end_user, delete_end_user, list_end_users};
use counterfoil_core::service::desktop::receive::connection_failed;
use counterfoil_core::service::job::ask::{AskError, active_connection, ask};

use super::answers::incompressible;
use super::harness::{ANSWER, Desk, PATIENCE, checks, partition, partners_key, wanted, work};
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

/// A page of the table has 1 MB.
#[tokio::test]
async fn large_requests_that_wait_are_all_seen() {
    let desk = Desk::new().await;
    let mut waiting = Vec::new();
    for seed in 0..9 {
        let large = checks(1).replace("requestID", &format!("m=\"{}\" requestID", incompressible(seed, 280_000)));
        let (app, name) = (desk.app.clone(), desk.user.name.clone());
        waiting.push(tokio::spawn(async move { ask(&app, &name, wanted(&large)).await }));
    }
    let room = async || desk.app.jobs.room(&desk.user.name).await.expect("a table").expect("a connection");
    eventually("nine jobs", async || room().await.jobs.len() == 9).await;
    let ticket = work(&desk.web, &desk.user).await;
    connection_failed(&desk.web, &ticket, "0x80040420", "denied").await.expect("stored");
    for asking in waiting {
        let ended = desk.end(asking).await.map(drop);
        assert!(matches!(ended, Err(AskError::Failed(JobFailure::QuickBooks { .. }))), "{ended:?}");
    }
    assert!(desk.jobs().await.is_empty());
}

/// End users like the one of the desk.
async fn more_end_users(desk: &Desk, count: usize) {
    let items = desk.installation.items_under(&partition(&desk.user)).await;
    let (_, own) = items.into_iter().find(|(key, _)| key == "END_USER").expect("an end user");
    let other = |number: usize| {
        let id = format!("end_usr_{number:032x}");
        vec![("PK", format!("DESKTOP#default#{id}")), ("list_sk", id.clone()), ("end_user_id", id)]
    };
    desk.installation.put_copies(&own, &(0..count).map(other).collect::<Vec<_>>()).await;
}

#[tokio::test]
async fn a_partner_has_ten_thousand_end_users_at_most() {
    let desk = Desk::new().await;
    more_end_users(&desk, END_USERS_MOST - 2).await;
    let key = partners_key();
    let created = async |source_id: &str| {
        let (company_name, email) = ("Larkspur".to_owned(), "x@example.com".to_owned());
        create_end_user(&desk.app, &key, NewEndUser { company_name, source_id: source_id.to_owned(), email }).await
    };
    let last = created("last").await.expect("the last one");
    assert_eq!(created("none").await.map_err(|error| error.code()).err(), Some("too_many_end_users"));
    assert_eq!(list_end_users(&desk.app, &key.partner).await.map(|all| all.len()), Ok(END_USERS_MOST));
    let ends_at = desk.app.clock.elapsed() + PATIENCE;
    delete_end_user(&desk.app, &key, &last.name, ends_at).await.expect("deleted");
    created("another").await.expect("room for one");
}
