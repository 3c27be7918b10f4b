//! The lease: taking it, the second look under it, and the time it leaves.

use super::*;

#[test]
fn r2_the_second_look_stops_a_refresh_that_was_overtaken() {
    let dead = GrantState::NeedsReauthorization { grant: (), cause: DeathCause::Revoked };
    for second in [
        Some(View { epoch: EPOCH + 1, ..stale() }),
        Some(View { grant_state: dead, ..stale() }),
        Some(View { grant_state: GrantState::Disconnected, ..stale() }),
        None,
    ] {
        let (mut bench, _) = Bench::shown(READ, stale());
        bench.step(bench.lease_taken());
        assert_eq!(bench.step(Observation::View(second.map(Box::new))), Next::Look);
    }
}

#[test]
fn r3_nothing_is_sent_unless_the_lease_outlasts_the_request_and_the_commit() {
    let second_look_after = |time: Duration| {
        let (mut bench, _) = Bench::shown(READ, stale());
        let taken = bench.lease_taken();
        bench.pass(time);
        bench.step(taken);
        (bench.step(observe(stale())), bench)
    };
    assert!(matches!(second_look_after(Duration::from_secs(4)).0, Next::Send { .. }));
    let (late, bench) = second_look_after(Duration::from_millis(4_001));
    taken_back(bench, &late);
}

/// Checks that the refresh looks again after a pause and replaces its own lease.
fn taken_back(mut bench: Bench, next: &Next) {
    let Next::Wait(pause) = next else { panic!("{next:?}") };
    bench.pass(*pause);
    assert_eq!(bench.step(Observation::Waited), Next::Look);
    let own = later(bench.now.wall, Settings::default().lease);
    let next = bench.step(observe(View { lease: Some(lease("ours", own)), ..stale() }));
    assert_eq!(next, Next::TakeLease { epoch: EPOCH, seen: Some(LeaseId::new("ours")), doubtful: false });
}

#[test]
fn r3_the_lease_is_measured_by_the_monotonic_clock() {
    let (mut bench, _) = Bench::shown(READ, stale());
    let taken = bench.lease_taken();
    bench.now.elapsed += Duration::from_millis(4_500);
    bench.now.wall = START - jiff::SignedDuration::from_secs(3_600);
    bench.step(taken);
    let next = bench.step(observe(stale()));
    assert!(matches!(next, Next::Wait(_)), "{next:?}");
}

#[test]
fn a_lease_taken_too_late_need_not_be_waited_for() {
    let (mut bench, _) = Bench::shown(READ, stale());
    let taken = bench.lease_taken();
    bench.pass(Duration::from_secs(6));
    bench.step(taken);
    let late = recorded(bench.step(observe(stale())));
    assert_eq!((late.code, late.ended_lease.as_ref().map(LeaseId::as_str)), (FailureCode::LeaseTimeout, Some("ours")));
    assert!(!late.doubtful, "nothing was sent");
    assert_eq!(bench.step(Observation::Stored), Next::Finish(Outcome::LeaseTimeout));
}

#[test]
fn a_lease_of_unknown_outcome_is_taken_over_by_the_next() {
    let (mut bench, _) = Bench::shown(READ, stale());
    let next = bench.step(Observation::LeaseUnknown { id: LeaseId::new("ours") });
    taken_back(bench, &next);
}

#[test]
fn r1_a_lease_of_ours_is_remembered_until_something_is_sent_under_it() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.step(Observation::LeaseUnknown { id: LeaseId::new("first") });
    bench.step(Observation::Waited);
    bench.step(observe(stale()));
    assert_eq!(bench.step(bench.lease_taken()), Next::LookAgain);
    assert!(matches!(bench.step(observe(stale())), Next::Send { .. }));
    assert_eq!(bench.machine.unused(), [LeaseId::new("first")], "the other is used");
}

#[test]
fn r2_a_lease_that_the_second_look_finds_outdated_is_not_waited_for() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.step(bench.lease_taken());
    // Another attempt committed late, and its access token has expired too.
    let outdated = View { epoch: EPOCH + 1, commit_id: CommitId::new("another"), ..stale() };
    assert_eq!(bench.step(observe(outdated.clone())), Next::Look);
    assert_eq!(bench.machine.unused(), [LeaseId::new("ours")]);
    let next = bench.step(observe(View { lease: Some(lease("ours", in_seconds(18))), ..outdated }));
    assert_eq!(next, Next::TakeLease { epoch: EPOCH + 1, seen: Some(LeaseId::new("ours")), doubtful: false });
}

#[test]
fn r7_an_unused_lease_keeps_the_doubt_of_the_one_before() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.step(Observation::LeaseUnknown { id: LeaseId::new("ours") });
    bench.step(Observation::Waited);
    let own = Lease { doubtful: true, ..lease("ours", in_seconds(10)) };
    let next = bench.step(observe(View { lease: Some(own), ..stale() }));
    assert_eq!(next, Next::TakeLease { epoch: EPOCH, seen: Some(LeaseId::new("ours")), doubtful: true });
}

#[test]
fn a_lease_is_not_tried_for_longer_than_it_could_be_used() {
    let (mut bench, mut next) = Bench::shown(READ, stale());
    let began = bench.now.elapsed;
    let mut tries = 0;
    while let Next::TakeLease { .. } = next {
        tries += 1;
        next = bench.step(Observation::LeaseUnknown { id: LeaseId::new(format!("lease {tries}")) });
        if let Next::Wait(pause) = next {
            bench.pass(pause);
            assert_eq!(bench.step(Observation::Waited), Next::Look);
            next = bench.step(observe(stale()));
        }
    }
    assert_eq!(next, Next::Finish(Outcome::StoreFailed));
    assert!((5..100).contains(&tries), "{tries}");
    assert!(bench.now.elapsed <= began + Duration::from_secs(5));
}

#[test]
fn a_failed_second_look_is_repeated_while_there_is_time_and_leaves_no_open_lease() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.machine.ends_at = bench.now.elapsed + Settings::default().needed_from_lease();
    let mut next = bench.step(bench.lease_taken());
    let mut looks = 0;
    while next == Next::LookAgain {
        looks += 1;
        next = bench.step(Observation::StoreFailed);
        if let Next::Wait(pause) = next {
            bench.pass(pause);
            next = bench.step(Observation::Waited);
        }
    }
    assert!((10..100).contains(&looks), "{looks} looks");
    let last_failure = recorded(next);
    assert_eq!(last_failure.ended_lease.as_ref().map(LeaseId::as_str), Some("ours"));
    assert!(!last_failure.doubtful, "nothing was sent");
    assert_eq!(bench.step(Observation::StoreFailed), Next::Finish(Outcome::StoreFailed));
}

#[test]
fn a_connection_that_keeps_changing_is_given_up_after_three_leases() {
    let (mut bench, mut next) = Bench::shown(READ, stale());
    let mut leases = 0;
    while matches!(next, Next::TakeLease { .. }) {
        leases += 1;
        assert_eq!(bench.step(bench.lease_taken()), Next::LookAgain);
        assert_eq!(bench.step(observe(View { epoch: EPOCH + 1, ..stale() })), Next::Look);
        next = bench.step(observe(stale()));
    }
    assert!(matches!(next, Next::Finish(Outcome::Held { .. })), "{next:?}");
    assert_eq!(leases, 3);
}
