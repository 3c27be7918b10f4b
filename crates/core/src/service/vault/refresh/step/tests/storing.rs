//! The store of a grant: the commit, the parking queue, and the time for both.

use super::*;

#[test]
fn the_sender_waits_until_only_the_time_for_storing_is_left() {
    let mut bench = Bench::sending(READ, stale());
    let settings = Settings::default();
    let kept = settings.commit_budget + settings.store_timeout;
    let Next::Send { listen } = Bench::shown_sending(READ) else { panic!("it sends") };
    assert_eq!(listen + kept, settings.refresh_time());
    assert!(listen > settings.lease, "longer than anybody waits for it");
    bench.pass(listen);
    assert_eq!(bench.step(Observation::Granted), Next::Commit, "an answer is stored however late it is");
}

#[test]
fn a_grant_is_stored_until_the_commit_budget_is_spent() {
    let settings = Settings::default();
    let mut bench = Bench::sending(READ, stale());
    let began = bench.now.elapsed;
    let mut next = bench.step(Observation::Granted);
    let mut tries = 0;
    while next == Next::Commit {
        tries += 1;
        match bench.step(Observation::StoreFailed) {
            Next::Wait(pause) => {
                bench.pass(pause);
                next = bench.step(Observation::Waited);
            }
            other => next = other,
        }
    }
    assert_eq!(next, Next::Park, "R-6");
    assert!(tries > 10, "{tries}");
    assert!(bench.now.elapsed < began + settings.commit_budget);
    let mut parked = bench.machine.clone();
    assert_eq!(parked.step(bench.now, Observation::Parked), Next::Finish(Outcome::Parked));
    let spent = bench.machine.ends_at;
    let (mut commits, mut parkings) = (0, 1);
    let outcome = loop {
        match bench.step(Observation::StoreFailed) {
            Next::Wait(pause) => {
                bench.pass(pause);
                assert_eq!(bench.step(Observation::Waited), Next::Commit);
                commits += 1;
            }
            Next::Park => parkings += 1,
            Next::Finish(outcome) => break outcome,
            next => panic!("{next:?}"),
        }
    };
    assert_eq!((outcome, commits, parkings), (Outcome::Unstored, commits, commits + 1), "both in turn");
    assert!(commits > 10, "{commits}");
    assert!(bench.now.elapsed + Duration::from_secs(5) > spent && bench.now.elapsed < spent, "to the end of its time");
}

#[test]
fn r6_a_grant_that_table_and_queue_refused_is_stored_when_either_works_again() {
    for taken in [Observation::Stored, Observation::Parked] {
        let mut bench = Bench::sending(READ, stale());
        bench.step(Observation::Granted);
        bench.pass(Settings::default().commit_budget);
        assert_eq!(bench.step(Observation::StoreFailed), Next::Park);
        let Next::Wait(pause) = bench.step(Observation::StoreFailed) else { panic!("it gives up") };
        bench.pass(pause);
        assert_eq!(bench.step(Observation::Waited), Next::Commit);
        let outcome = if taken == Observation::Stored { Outcome::Refreshed } else { Outcome::Parked };
        if taken == Observation::Parked {
            assert_eq!(bench.step(Observation::StoreFailed), Next::Park);
        }
        assert_eq!(bench.step(taken), Next::Finish(outcome));
    }
}

#[test]
fn r4_a_commit_that_is_stored_at_the_second_try_is_a_refresh() {
    let mut bench = Bench::sending(READ, stale());
    assert_eq!(bench.step(Observation::Granted), Next::Commit);
    assert!(matches!(bench.step(Observation::StoreFailed), Next::Wait(_)));
    assert_eq!(bench.step(Observation::Waited), Next::Commit);
    assert_eq!(bench.step(Observation::Stored), Next::Finish(Outcome::Refreshed));
}

#[test]
fn r4_an_overtaken_commit_returns_what_the_other_stored() {
    let mut bench = Bench::sending(READ, stale());
    bench.step(Observation::Granted);
    assert_eq!(bench.step(Observation::Overtaken), Next::Look);
    let winner = View { epoch: EPOCH + 1, ..valid_for(3_600) };
    assert_eq!(bench.step(observe(winner)), Next::Finish(Outcome::AlreadyFresh));
}
