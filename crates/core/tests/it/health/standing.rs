//! The numbers of connections and the list of those that need somebody follow every change, whatever is repeated or lost.

use std::collections::BTreeMap;

use counterfoil_core::model::connection::{ConnectionId, DeathCause, Status};
use counterfoil_core::model::health::{Problem, Standing};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::store::health::{Connections, ReplacedStanding};
use counterfoil_core::service::health::partner::health_of;
use counterfoil_testkit::fixture::{START, connection_id};
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};
use futures_util::future::join_all;

use super::{dispatch_all, numbers, of_the_platform, read};
use crate::harness::Stage;

async fn connections(stage: &Stage) -> Connections {
    of_the_platform(&read(&stage.app).await).connections
}

/// Stores the standing of a connection that has none.
async fn stand(stage: &Stage, connection: &ConnectionId, problem: Option<Problem>) {
    let standing = Standing {
        platform: PlatformName::Quickbooks,
        environment: Environment::Production,
        status: if problem.is_some() { Status::NeedsReauthorization } else { Status::Active },
        problem,
    };
    let id = stage.app.new_id("");
    let replaced = ReplacedStanding { connection, before: None, standing, at: stage.app.now(), id };
    stage.app.health.replace_standing(&replaced).await.expect("a table");
}

#[tokio::test]
async fn s7_the_numbers_and_the_list_follow_consents_ends_and_disconnects() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let dead = stage.expired("dead").await;
    stage.installation.connect(&stage.app, "alive").await;
    let gone = stage.installation.connect(&stage.app, "gone").await;
    dispatch_all(&stage.app).await;
    assert_eq!(connections(&stage).await, numbers(3, 0, 0));
    stage.installation.platform.revoke("dead");
    stage.read(&dead).await.expect_err("refused");
    stage.disconnect(&gone).await;
    for _ in 0..2 {
        dispatch_all(&stage.app).await;
        assert_eq!(connections(&stage).await, numbers(1, 1, 1), "every event is dispatched again");
    }
    let attention = read(&stage.app).await.attention;
    let found: Vec<_> = attention.iter().map(|it| (it.company_key.as_str(), it.problem)).collect();
    assert_eq!(found, [("dead", Problem::GrantEnded(DeathCause::Revoked))]);
    stage.installation.connect(&stage.app, "dead").await;
    dispatch_all(&stage.app).await;
    assert_eq!((connections(&stage).await, read(&stage.app).await.attention), (numbers(2, 0, 1), Vec::new()));
}

#[tokio::test]
async fn s7_a_connection_is_counted_once_by_processes_that_note_it_at_the_same_time() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    for key in ["one", "two", "three"] {
        stage.installation.connect(&stage.app, key).await;
    }
    let processes: Vec<_> = (0..6).map(|_| stage.installation.process_at(&stage.clock)).collect();
    join_all(processes.iter().map(|app| dispatch_all(app))).await;
    assert_eq!(connections(&stage).await, numbers(3, 0, 0));
}

#[tokio::test]
async fn s7_a_write_whose_answer_was_lost_counts_once_and_a_lost_write_is_made_up_for_by_the_next_event() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let one = stage.expired("one").await;
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply).when("STANDING"));
    dispatch_all(&stage.app).await;
    assert_eq!(connections(&stage).await, numbers(1, 0, 0));
    stage.installation.platform.revoke("one");
    stage.read(&one).await.expect_err("refused");
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::InternalServerError).when("STANDING").times(3));
    dispatch_all(&stage.app).await;
    assert_eq!(connections(&stage).await, numbers(1, 0, 0), "the end is not counted yet");
    stage.disconnect(&one).await;
    dispatch_all(&stage.app).await;
    assert_eq!(connections(&stage).await, numbers(0, 0, 1));
}

#[tokio::test]
async fn s7_a_partner_sees_its_own_figures_connections_and_problems_only() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.read(&id).await.expect("a token");
    dispatch_all(&stage.app).await;
    // The ids of one partner begin with the other's id, and one key has a partner's id in it.
    for other in ["default-two", "defaul", "defaultt"] {
        let partner = PartnerId::parse(other).expect("an id");
        let connection = ConnectionId { partner: partner.clone(), company_key: CompanyKey::parse("default").expect("a key") };
        stand(&stage, &connection, Some(Problem::GrantEnded(DeathCause::Revoked))).await;
        let theirs = health_of(&stage.app, &partner).await.expect("a table");
        assert_eq!((theirs.platforms.len(), theirs.attention.len()), (1, 1), "{other}");
        assert_eq!(theirs.platforms[0].connections, numbers(0, 1, 0));
    }
    let ours = super::health(&stage).await;
    assert_eq!((of_the_platform(&ours).connections, ours.attention), (numbers(1, 0, 0), Vec::new()));
}

#[tokio::test]
async fn s7_the_health_of_500_connections_costs_as_many_requests_and_bytes_as_that_of_one() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let cost = async || -> (BTreeMap<String, usize>, u64) {
        stage.installation.wire.reset();
        let health = read(&stage.app).await;
        (stage.installation.wire.counts(), of_the_platform(&health).connections.active)
    };
    stand(&stage, &connection_id("company-0"), None).await;
    let (of_one, active) = cost().await;
    assert_eq!((active, of_one.values().sum::<usize>()), (1, 3), "{of_one:?}");
    for number in 1..500 {
        stand(&stage, &connection_id(&format!("company-{number}")), None).await;
    }
    assert_eq!(cost().await, (of_one, 500));
}

#[tokio::test]
async fn s7_the_latest_hundred_problems_are_listed_and_the_list_says_that_there_are_more() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for number in 0..101_u64 {
        stage.clock.advance(std::time::Duration::from_millis(1));
        stand(&stage, &connection_id(&format!("company-{number}")), Some(Problem::GrantEnded(DeathCause::RotationLost))).await;
    }
    let health = read(&stage.app).await;
    assert_eq!((health.attention.len(), health.is_cut), (100, true));
    assert_eq!(
        (health.attention[0].company_key.as_str(), health.attention[99].company_key.as_str()),
        ("company-100", "company-1")
    );
    assert!(stage.app.now() > START);
}
