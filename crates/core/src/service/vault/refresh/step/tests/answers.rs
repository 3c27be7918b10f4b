//! The platform's answer: what follows from each outcome, and when the request is sent again.

use super::*;

#[test]
fn r8_a_refusal_ends_the_grant_unless_it_changed_meanwhile() {
    let mut bench = Bench::sending(READ, stale());
    assert_eq!(bench.step(Observation::Failed(TokenFailure::Refused)), Next::EndGrant(DeathCause::Revoked));
    let mut overtaken = Bench { machine: bench.machine.clone(), now: bench.now };
    assert_eq!(bench.step(Observation::Stored), Next::Finish(Outcome::Ended(DeathCause::Revoked)));
    assert_eq!(overtaken.step(Observation::Overtaken), Next::Look);
    let changed = View { epoch: EPOCH + 1, ..valid_for(3_600) };
    assert_eq!(overtaken.step(observe(changed)), Next::Finish(Outcome::AlreadyFresh));
}

#[test]
fn r7_a_refusal_in_doubt_is_a_rotation_lost() {
    let lost = View { lease: Some(lease("lost", START - jiff::SignedDuration::from_secs(30))), ..stale() };
    let doubted = View { last_failure: Some(LastFailure { doubtful: true, ..last_failure(1, START) }), ..stale() };
    for view in [lost, doubted] {
        let mut bench = Bench::sending(READ, view);
        assert_eq!(bench.step(Observation::Failed(TokenFailure::Refused)), Next::EndGrant(DeathCause::RotationLost));
    }
}

#[test]
fn each_failure_records_whether_the_attempt_has_ended_and_whether_there_is_doubt() {
    let broken = TokenFailure::Broken { status: 500 };
    let throttled = TokenFailure::Throttled { retry_after: None };
    let unreadable = TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new("<html>") };
    for (failure, code, ended, doubtful) in [
        (TokenFailure::ClientRefused, FailureCode::ClientRefused, true, false),
        (throttled, FailureCode::PlatformThrottled, true, false),
        (TokenFailure::NotSent, FailureCode::PlatformUnreachable, true, false),
        (broken, FailureCode::PlatformFault, true, true),
        (unreadable, FailureCode::PlatformUnreadable, true, true),
        (TokenFailure::NoAnswer, FailureCode::PlatformNoAnswer, false, true),
    ] {
        let mut bench = Bench::sending(Reason::Forced, stale());
        let last_failure = recorded(bench.step(Observation::Failed(failure)));
        assert_eq!(last_failure.code, code);
        assert_eq!(last_failure.ended_lease.is_some(), ended, "{code:?}");
        assert_eq!(last_failure.doubtful, doubtful, "{code:?}");
        assert_eq!(last_failure.failures, 1);
        assert!(last_failure.retry_at > bench.now.wall);
        for stored in [Observation::Stored, Observation::Overtaken, Observation::StoreFailed] {
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
    let last_failure = recorded(bench.step(Observation::Failed(TokenFailure::NoAnswer)));
    assert_eq!(last_failure.retry_at, later(lease_until, Settings::default().rest));
}

#[test]
fn a_platform_that_is_not_to_be_asked_twice_is_asked_once() {
    let limits = TokenLimits { resends_most: 0, quota: None };
    let (mut bench, _) = Bench::shown(READ, stale());
    assert_eq!(bench.step(bench.lease_taken_under(limits)), Next::LookAgain);
    assert!(matches!(bench.step(observe(stale())), Next::Send { .. }));
    assert_eq!(recorded(bench.step(Observation::Failed(TokenFailure::Broken { status: 503 }))).code, FailureCode::PlatformFault);
}

#[test]
fn an_answered_fault_is_retried_once_within_the_lease() {
    let fault = || Observation::Failed(TokenFailure::Broken { status: 503 });
    let mut bench = Bench::sending(READ, stale());
    let Next::Wait(pause) = bench.step(fault()) else { panic!("it must try again") };
    bench.pass(pause);
    assert!(matches!(bench.step(Observation::Waited), Next::Send { .. }));
    let last_failure = recorded(bench.step(fault()));
    assert!(last_failure.doubtful && last_failure.ended_lease.is_some());
    assert_eq!(last_failure.failures, 1, "one attempt, whatever it took");
}

#[test]
fn an_answered_fault_that_came_late_is_not_retried() {
    let mut bench = Bench::sending(READ, stale());
    bench.pass(Duration::from_secs(4));
    recorded(bench.step(Observation::Failed(TokenFailure::Broken { status: 503 })));
}

#[test]
fn r3_time_is_measured_again_before_the_second_try() {
    let mut bench = Bench::sending(READ, stale());
    assert!(matches!(bench.step(Observation::Failed(TokenFailure::Broken { status: 503 })), Next::Wait(_)));
    bench.pass(Duration::from_secs(20));
    let next = bench.step(Observation::Waited);
    assert!(!matches!(next, Next::Send { .. }), "the pause outlasted the lease");
    assert!(recorded(next).doubtful);
}

#[test]
fn t4_a_forced_refresh_sends_once() {
    let mut bench = Bench::sending(Reason::Forced, valid_for(3_000));
    recorded(bench.step(Observation::Failed(TokenFailure::Broken { status: 503 })));
}

#[test]
fn r8_a_retry_after_is_respected_within_bounds() {
    let retry_at = |retry_after: Option<Duration>| {
        let mut bench = Bench::sending(READ, stale());
        let failure = TokenFailure::Throttled { retry_after };
        let last_failure = recorded(bench.step(Observation::Failed(failure)));
        until(bench.now.wall, last_failure.retry_at)
    };
    let backoff = Duration::from_millis(750);
    assert_eq!(retry_at(None), backoff);
    assert_eq!(retry_at(Some(Duration::ZERO)), backoff);
    assert_eq!(retry_at(Some(Duration::from_secs(60))), Duration::from_secs(60));
    assert_eq!(retry_at(Some(Duration::MAX)), Duration::from_secs(3_600));
}

#[test]
fn r8_a_refusal_is_retried_until_it_is_stored_like_a_grant() {
    let mut bench = Bench::sending(READ, stale());
    let end = Next::EndGrant(DeathCause::Revoked);
    assert_eq!(bench.step(Observation::Failed(TokenFailure::Refused)), end);
    let Next::Wait(pause) = bench.step(Observation::StoreFailed) else { panic!("it must try again") };
    bench.pass(pause);
    assert_eq!(bench.step(Observation::Waited), end);
    bench.pass(bench.machine.ends_at.saturating_sub(bench.now.elapsed));
    assert_eq!(bench.step(Observation::StoreFailed), Next::Finish(Outcome::StoreFailed));
}
