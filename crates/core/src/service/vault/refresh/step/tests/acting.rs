//! What happens once the lease is ours: the second look, the answer, the store.

use super::*;

#[test]
fn r2_the_second_look_stops_whoever_was_overtaken() {
    let dead = Standing::NeedsReauthorization { grant: (), cause: DeathCause::Revoked };
    for second in [
        Some(View { epoch: EPOCH + 1, ..stale() }),
        Some(View { standing: dead, ..stale() }),
        Some(View { standing: Standing::Disconnected, ..stale() }),
        None,
    ] {
        let (mut bench, _) = Bench::shown(READ, stale());
        bench.step(bench.lease_taken());
        assert_eq!(bench.step(Saw::View(second.map(Box::new))), Next::Look);
    }
}

#[test]
fn r3_nothing_is_sent_unless_the_lease_outlasts_the_request_and_the_commit() {
    let second_look_after = |time: Duration| {
        let (mut bench, _) = Bench::shown(READ, stale());
        let taken = bench.lease_taken();
        bench.pass(time);
        bench.step(taken);
        (bench.step(saw(stale())), bench)
    };
    assert!(matches!(second_look_after(Duration::from_secs(4)).0, Next::Send { .. }));
    let (late, bench) = second_look_after(Duration::from_millis(4_001));
    taken_back(bench, &late);
}

/// It looks again after a pause, and takes a lease over its own.
fn taken_back(mut bench: Bench, next: &Next) {
    let Next::Wait(pause) = next else { panic!("{next:?}") };
    bench.pass(*pause);
    assert_eq!(bench.step(Saw::Waited), Next::Look);
    let own = later(bench.now.wall, Settings::default().lease);
    let next = bench.step(saw(View { lease: Some(lease("ours", own)), ..stale() }));
    assert_eq!(next, Next::TakeLease { epoch: EPOCH, seen: Some("ours".to_owned()), doubtful: false });
}

#[test]
fn r3_the_lease_is_measured_by_the_clock_that_does_not_jump() {
    let (mut bench, _) = Bench::shown(READ, stale());
    let taken = bench.lease_taken();
    bench.now.elapsed += Duration::from_millis(4_500);
    bench.now.wall = START - jiff::SignedDuration::from_secs(3_600);
    bench.step(taken);
    let next = bench.step(saw(stale()));
    assert!(matches!(next, Next::Wait(_)), "{next:?}");
}

#[test]
fn a_lease_that_came_too_late_for_another_need_not_be_waited_out() {
    let (mut bench, _) = Bench::shown(READ, stale());
    let taken = bench.lease_taken();
    bench.pass(Duration::from_secs(6));
    bench.step(taken);
    let late = recorded(bench.step(saw(stale())));
    assert_eq!((late.code, late.settled_lease.as_deref()), (FailureCode::LeaseTimeout, Some("ours")));
    assert!(!late.doubtful, "nothing was sent");
    assert_eq!(bench.step(Saw::Stored), Next::Finish(Outcome::LeaseTimeout));
}

#[test]
fn a_lease_of_unknown_outcome_is_taken_over_by_the_next() {
    let (mut bench, _) = Bench::shown(READ, stale());
    let next = bench.step(Saw::LeaseUnknown { id: "ours".to_owned() });
    taken_back(bench, &next);
}

#[test]
fn r1_a_lease_of_ours_is_remembered_until_something_is_sent_under_it() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.step(Saw::LeaseUnknown { id: "first".to_owned() });
    bench.step(Saw::Waited);
    bench.step(saw(stale()));
    assert_eq!(bench.step(bench.lease_taken()), Next::LookAgain);
    assert!(matches!(bench.step(saw(stale())), Next::Send { .. }));
    assert_eq!(bench.machine.unused(), ["first"], "the other is used");
}

#[test]
fn r2_a_lease_that_the_second_look_finds_outdated_is_not_waited_out() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.step(bench.lease_taken());
    // The late commit of another attempt, whose access token is over too.
    let outdated = View { epoch: EPOCH + 1, commit_id: "another".to_owned(), ..stale() };
    assert_eq!(bench.step(saw(outdated.clone())), Next::Look);
    assert_eq!(bench.machine.unused(), ["ours"]);
    let next = bench.step(saw(View { lease: Some(lease("ours", in_seconds(18))), ..outdated }));
    assert_eq!(next, Next::TakeLease { epoch: EPOCH + 1, seen: Some("ours".to_owned()), doubtful: false });
}

#[test]
fn r7_a_lease_that_was_never_used_hands_on_its_doubt() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.step(Saw::LeaseUnknown { id: "ours".to_owned() });
    bench.step(Saw::Waited);
    let own = Lease { doubtful: true, ..lease("ours", in_seconds(10)) };
    let next = bench.step(saw(View { lease: Some(own), ..stale() }));
    assert_eq!(next, Next::TakeLease { epoch: EPOCH, seen: Some("ours".to_owned()), doubtful: true });
}

#[test]
fn a_lease_is_not_tried_for_longer_than_it_could_be_used() {
    let (mut bench, mut next) = Bench::shown(READ, stale());
    let began = bench.now.elapsed;
    let mut tries = 0;
    while let Next::TakeLease { .. } = next {
        tries += 1;
        next = bench.step(Saw::LeaseUnknown { id: format!("lease {tries}") });
        if let Next::Wait(pause) = next {
            bench.pass(pause);
            assert_eq!(bench.step(Saw::Waited), Next::Look);
            next = bench.step(saw(stale()));
        }
    }
    assert_eq!(next, Next::Finish(Outcome::StoreFailed));
    assert!((5..100).contains(&tries), "{tries}");
    assert!(bench.now.elapsed <= began + Duration::from_secs(5));
}

#[test]
fn the_sender_listens_until_its_time_is_spent_but_for_storing() {
    let mut bench = Bench::sending(READ, stale());
    let settings = Settings::default();
    let kept = settings.commit_budget + settings.store_timeout;
    let Next::Send { listen } = Bench::shown_sending(READ) else { panic!("it sends") };
    assert_eq!(listen + kept, settings.refresh_time());
    assert!(listen > settings.lease, "longer than anybody waits for it");
    bench.pass(listen);
    assert_eq!(bench.step(Saw::Granted), Next::Commit, "an answer is stored however late it is");
}

#[test]
fn a_grant_is_stored_until_the_commit_budget_is_spent() {
    let settings = Settings::default();
    let mut bench = Bench::sending(READ, stale());
    let began = bench.now.elapsed;
    let mut next = bench.step(Saw::Granted);
    let mut tries = 0;
    while next == Next::Commit {
        tries += 1;
        match bench.step(Saw::StoreFailed) {
            Next::Wait(pause) => {
                bench.pass(pause);
                next = bench.step(Saw::Waited);
            }
            other => next = other,
        }
    }
    assert_eq!(next, Next::Park, "R-6");
    assert!(tries > 10, "{tries}");
    assert!(bench.now.elapsed < began + settings.commit_budget);
    let mut parked = bench.machine.clone();
    assert_eq!(parked.step(bench.now, Saw::Parked), Next::Finish(Outcome::Parked));
    let spent = bench.machine.ends_at;
    let (mut commits, mut parkings) = (0, 1);
    let outcome = loop {
        match bench.step(Saw::StoreFailed) {
            Next::Wait(pause) => {
                bench.pass(pause);
                assert_eq!(bench.step(Saw::Waited), Next::Commit);
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
fn r6_a_grant_that_both_places_refused_is_stored_when_either_takes_it() {
    for taken in [Saw::Stored, Saw::Parked] {
        let mut bench = Bench::sending(READ, stale());
        bench.step(Saw::Granted);
        bench.pass(Settings::default().commit_budget);
        assert_eq!(bench.step(Saw::StoreFailed), Next::Park);
        let Next::Wait(pause) = bench.step(Saw::StoreFailed) else { panic!("it gives up") };
        bench.pass(pause);
        assert_eq!(bench.step(Saw::Waited), Next::Commit);
        let outcome = if taken == Saw::Stored { Outcome::Refreshed } else { Outcome::Parked };
        if taken == Saw::Parked {
            assert_eq!(bench.step(Saw::StoreFailed), Next::Park);
        }
        assert_eq!(bench.step(taken), Next::Finish(outcome));
    }
}

#[test]
fn r4_a_commit_that_is_stored_at_the_second_try_is_a_refresh() {
    let mut bench = Bench::sending(READ, stale());
    assert_eq!(bench.step(Saw::Granted), Next::Commit);
    assert!(matches!(bench.step(Saw::StoreFailed), Next::Wait(_)));
    assert_eq!(bench.step(Saw::Waited), Next::Commit);
    assert_eq!(bench.step(Saw::Stored), Next::Finish(Outcome::Refreshed));
}

#[test]
fn r4_a_commit_that_was_overtaken_serves_what_the_other_stored() {
    let mut bench = Bench::sending(READ, stale());
    bench.step(Saw::Granted);
    assert_eq!(bench.step(Saw::Overtaken), Next::Look);
    let winner = View { epoch: EPOCH + 1, ..valid_for(3_600) };
    assert_eq!(bench.step(saw(winner)), Next::Finish(Outcome::AlreadyFresh));
}

#[test]
fn r8_a_refusal_ends_the_grant_unless_it_changed_meanwhile() {
    let mut bench = Bench::sending(READ, stale());
    assert_eq!(bench.step(Saw::Failed(TokenFailure::Refused)), Next::EndGrant(DeathCause::Revoked));
    let mut overtaken = Bench { machine: bench.machine.clone(), now: bench.now };
    assert_eq!(bench.step(Saw::Stored), Next::Finish(Outcome::Ended(DeathCause::Revoked)));
    assert_eq!(overtaken.step(Saw::Overtaken), Next::Look);
    let changed = View { epoch: EPOCH + 1, ..valid_for(3_600) };
    assert_eq!(overtaken.step(saw(changed)), Next::Finish(Outcome::AlreadyFresh));
}

#[test]
fn r7_a_refusal_in_doubt_is_a_rotation_lost() {
    let lost = View { lease: Some(lease("lost", START - jiff::SignedDuration::from_secs(30))), ..stale() };
    let doubted = View { last_failure: Some(LastFailure { doubtful: true, ..last_failure(1, START) }), ..stale() };
    for view in [lost, doubted] {
        let mut bench = Bench::sending(READ, view);
        assert_eq!(bench.step(Saw::Failed(TokenFailure::Refused)), Next::EndGrant(DeathCause::RotationLost));
    }
}

#[test]
fn each_failure_says_whether_the_attempt_is_over_and_whether_there_is_doubt() {
    let broken = TokenFailure::Broken { status: 500 };
    let throttled = TokenFailure::Throttled { retry_after: None };
    let unreadable = TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new("<html>") };
    for (failure, code, settled, doubtful) in [
        (TokenFailure::ClientRefused, FailureCode::ClientRefused, true, false),
        (throttled, FailureCode::PlatformThrottled, true, false),
        (TokenFailure::NotSent, FailureCode::PlatformUnreachable, true, false),
        (broken, FailureCode::PlatformFault, true, true),
        (unreadable, FailureCode::PlatformUnreadable, true, true),
        (TokenFailure::NoAnswer, FailureCode::PlatformNoAnswer, false, true),
    ] {
        let mut bench = Bench::sending(Reason::Forced, stale());
        let last_failure = recorded(bench.step(Saw::Failed(failure)));
        assert_eq!(last_failure.code, code);
        assert_eq!(last_failure.settled_lease.is_some(), settled, "{code:?}");
        assert_eq!(last_failure.doubtful, doubtful, "{code:?}");
        assert_eq!(last_failure.failures, 1);
        assert!(last_failure.retry_at > bench.now.wall);
        for stored in [Saw::Stored, Saw::Overtaken, Saw::StoreFailed] {
            let mut then = Bench { machine: bench.machine.clone(), now: bench.now };
            assert!(matches!(then.step(stored), Next::Finish(_)));
        }
    }
}

#[test]
fn r1_after_no_answer_the_token_rests_past_the_lease() {
    let mut bench = Bench::sending(READ, stale());
    let lease_until = later(bench.now.wall, Settings::default().lease);
    bench.pass(Duration::from_secs(10));
    let last_failure = recorded(bench.step(Saw::Failed(TokenFailure::NoAnswer)));
    assert_eq!(last_failure.retry_at, later(lease_until, Settings::default().rest));
}

#[test]
fn a_platform_that_is_not_to_be_asked_twice_is_asked_once() {
    let limits = TokenLimits { resends_most: 0, quota: None };
    let (mut bench, _) = Bench::shown(READ, stale());
    assert_eq!(bench.step(bench.lease_taken_under(limits)), Next::LookAgain);
    assert!(matches!(bench.step(saw(stale())), Next::Send { .. }));
    assert_eq!(recorded(bench.step(Saw::Failed(TokenFailure::Broken { status: 503 }))).code, FailureCode::PlatformFault);
}

#[test]
fn an_answered_fault_is_followed_once_within_the_lease() {
    let fault = || Saw::Failed(TokenFailure::Broken { status: 503 });
    let mut bench = Bench::sending(READ, stale());
    let Next::Wait(pause) = bench.step(fault()) else { panic!("it must try again") };
    bench.pass(pause);
    assert!(matches!(bench.step(Saw::Waited), Next::Send { .. }));
    let last_failure = recorded(bench.step(fault()));
    assert!(last_failure.doubtful && last_failure.settled_lease.is_some());
    assert_eq!(last_failure.failures, 1, "one attempt, whatever it took");
}

#[test]
fn an_answered_fault_that_came_late_is_not_followed() {
    let mut bench = Bench::sending(READ, stale());
    bench.pass(Duration::from_secs(4));
    recorded(bench.step(Saw::Failed(TokenFailure::Broken { status: 503 })));
}

#[test]
fn r3_time_is_measured_again_before_the_second_try() {
    let mut bench = Bench::sending(READ, stale());
    assert!(matches!(bench.step(Saw::Failed(TokenFailure::Broken { status: 503 })), Next::Wait(_)));
    bench.pass(Duration::from_secs(20));
    let next = bench.step(Saw::Waited);
    assert!(!matches!(next, Next::Send { .. }), "the pause outlasted the lease");
    assert!(recorded(next).doubtful);
}

#[test]
fn t4_a_forced_refresh_sends_once() {
    let mut bench = Bench::sending(Reason::Forced, valid_for(3_000));
    recorded(bench.step(Saw::Failed(TokenFailure::Broken { status: 503 })));
}

#[test]
fn r8_a_retry_after_is_honoured_within_bounds() {
    let retry_at = |retry_after: Option<Duration>| {
        let mut bench = Bench::sending(READ, stale());
        let failure = TokenFailure::Throttled { retry_after };
        let last_failure = recorded(bench.step(Saw::Failed(failure)));
        until(bench.now.wall, last_failure.retry_at)
    };
    let backoff = Duration::from_millis(750);
    assert_eq!(retry_at(None), backoff);
    assert_eq!(retry_at(Some(Duration::ZERO)), backoff);
    assert_eq!(retry_at(Some(Duration::from_secs(60))), Duration::from_secs(60));
    assert_eq!(retry_at(Some(Duration::MAX)), Duration::from_secs(3_600));
}

#[test]
fn a_second_look_that_fails_is_tried_again_while_there_is_time_and_leaves_nothing_open() {
    let (mut bench, _) = Bench::shown(READ, stale());
    bench.machine.ends_at = bench.now.elapsed + Settings::default().needed_from_lease();
    let mut next = bench.step(bench.lease_taken());
    let mut looks = 0;
    while next == Next::LookAgain {
        looks += 1;
        next = bench.step(Saw::StoreFailed);
        if let Next::Wait(pause) = next {
            bench.pass(pause);
            next = bench.step(Saw::Waited);
        }
    }
    assert!((10..100).contains(&looks), "{looks} looks");
    let last_failure = recorded(next);
    assert_eq!(last_failure.settled_lease.as_deref(), Some("ours"));
    assert!(!last_failure.doubtful, "nothing was sent");
    assert_eq!(bench.step(Saw::StoreFailed), Next::Finish(Outcome::StoreFailed));
}

#[test]
fn r8_a_refusal_is_recorded_as_stubbornly_as_a_grant() {
    let mut bench = Bench::sending(READ, stale());
    let end = Next::EndGrant(DeathCause::Revoked);
    assert_eq!(bench.step(Saw::Failed(TokenFailure::Refused)), end);
    let Next::Wait(pause) = bench.step(Saw::StoreFailed) else { panic!("it must try again") };
    bench.pass(pause);
    assert_eq!(bench.step(Saw::Waited), end);
    bench.pass(bench.machine.ends_at.saturating_sub(bench.now.elapsed));
    assert_eq!(bench.step(Saw::StoreFailed), Next::Finish(Outcome::StoreFailed));
}

#[test]
fn a_connection_that_never_stands_still_is_left_alone_in_the_end() {
    let (mut bench, mut next) = Bench::shown(READ, stale());
    let mut leases = 0;
    while matches!(next, Next::TakeLease { .. }) {
        leases += 1;
        assert_eq!(bench.step(bench.lease_taken()), Next::LookAgain);
        assert_eq!(bench.step(saw(View { epoch: EPOCH + 1, ..stale() })), Next::Look);
        next = bench.step(saw(stale()));
    }
    assert!(matches!(next, Next::Finish(Outcome::Held { .. })), "{next:?}");
    assert_eq!(leases, 3);
}
