//! One token request at a time, for any number of callers and whatever happens to them.

use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_testkit::fixture::Fixture;
use counterfoil_testkit::platform::{Reply, RotationPolicy};
use tokio::task::JoinSet;

use crate::harness::{Stage, eventually, in_time, read, reading, row};

const PROCESSES: usize = 4;
const READERS_EACH: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn r1_readers_in_several_processes_make_one_request_and_all_get_its_token() {
    let installation = Fixture::in_real_time(RotationPolicy::Family).await;
    let processes = [(); PROCESSES].map(|()| installation.process());
    let id = installation.connect_expired(&processes[0], "acme").await;
    installation.wire.reset();
    let gate = installation.platform.hold();
    let mut readers = JoinSet::new();
    for app in processes.iter().flat_map(|app| std::iter::repeat_n(app, READERS_EACH)) {
        let (app, id) = (app.clone(), id.clone());
        readers.spawn(async move { read(&app, &id).await });
    }
    gate.reached_by(1).await;
    eventually("every reader has looked", async || installation.wire.counts()["BatchGetItem"] >= PROCESSES * READERS_EACH).await;
    gate.open();
    let tokens = readers.join_all().await;
    assert_eq!(tokens.len(), PROCESSES * READERS_EACH);
    assert!(tokens.iter().all(|token| token.as_deref() == Ok("access-0-2")), "{tokens:?}");
    assert_eq!((installation.platform.refreshes(), installation.platform.most_in_flight()), (1, 1));
    assert_eq!(row(&processes[0], &id).await.epoch, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn t4_forced_refreshes_at_once_make_one_request() {
    let installation = Fixture::in_real_time(RotationPolicy::Family).await;
    let processes = [(); 2].map(|()| installation.process());
    let id = installation.connect(&processes[0], "acme").await;
    let mut callers = JoinSet::new();
    for app in processes.iter().flat_map(|app| std::iter::repeat_n(app, 10)) {
        let (app, id) = (app.clone(), id.clone());
        callers.spawn(async move {
            let found = app.connections.read(&id).await?.ok_or(Error::NO_CONNECTION)?;
            let token = counterfoil_core::service::vault::read::force_refresh(&app, found, in_time(&app)).await?;
            Ok::<_, Error>(token.access_token.expose().to_owned())
        });
    }
    let tokens = callers.join_all().await;
    assert!(tokens.iter().all(|token| token.as_deref() == Ok("access-0-2")), "{tokens:?}");
    assert_eq!(installation.platform.refreshes(), 1);
}

#[tokio::test]
async fn t4_a_forced_refresh_within_ten_seconds_returns_the_one_before() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    assert_eq!(stage.force(&id).await.as_deref(), Ok("access-0-2"));
    stage.clock.advance(Duration::from_secs(9));
    assert_eq!(stage.force(&id).await.as_deref(), Ok("access-0-2"));
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(stage.force(&id).await.as_deref(), Ok("access-0-3"));
    assert_eq!(stage.refreshes(), 2);
}

#[tokio::test]
async fn r9_a_reader_that_waited_long_enough_gets_a_retry_after() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let gate = stage.installation.platform.hold();
    let holder = reading(&stage.app, &id);
    gate.reached_by(1).await;
    let other = stage.installation.process_at(&stage.clock);
    match read(&other, &id).await {
        Err(Error::TryLater { code: "refresh_in_progress", retry_after, .. }) => {
            assert!(retry_after <= stage.app.settings.lease, "{retry_after:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.refreshes(), 1, "a waiter sent without the lease");
    gate.open();
    assert_eq!(holder.await.expect("no panic").as_deref(), Ok("access-0-2"));
}

#[tokio::test]
async fn r10_a_reader_gets_a_valid_token_while_another_process_refreshes() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.short_lived("acme").await;
    let gate = stage.installation.platform.hold();
    let holder = reading(&stage.app, &id);
    gate.reached_by(1).await;
    // With a clock that stands still, a wait would never end.
    let beside = tokio::time::timeout(Duration::from_secs(10), stage.read(&id)).await.expect("no wait");
    assert_eq!(beside.as_deref(), Ok("access-0-1"));
    gate.open();
    assert_eq!(holder.await.expect("no panic").as_deref(), Ok("access-0-2"));
}

#[tokio::test]
async fn r14_a_caller_that_disconnects_does_not_cancel_the_refresh() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let gate = stage.installation.platform.hold();
    let caller = reading(&stage.app, &id);
    gate.reached_by(1).await;
    caller.abort();
    assert!(caller.await.expect_err("aborted").is_cancelled());
    gate.open();
    eventually("the grant is stored", async || stage.row(&id).await.epoch == 2).await;
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(stage.refreshes(), 1);
}

#[tokio::test]
async fn r14_a_panic_in_one_refresh_harms_no_other_and_its_own_token_rests() {
    let stage = Stage::new(RotationPolicy::Daily).await;
    let (broken, sound) = (stage.expired("broken").await, stage.expired("sound").await);
    stage.installation.platform.script([Reply::Panic]);
    assert!(matches!(stage.read(&broken).await, Err(Error::Internal(_))));
    assert_eq!(stage.read(&sound).await.as_deref(), Ok("access-1-2"));
    stage.clock.advance(Duration::from_secs(47));
    assert_eq!(stage.read(&broken).await.expect_err("it rests").code(), "refresh_outcome_unknown");
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(stage.read(&broken).await.as_deref(), Ok("access-0-2"));
}
