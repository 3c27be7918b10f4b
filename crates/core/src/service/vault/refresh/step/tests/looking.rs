//! The decisions after a look at the connection: nothing to do, wait, or take the lease.

use super::*;

#[test]
fn the_status_of_the_connection_decides_before_anything_else() {
    let dead = GrantState::NeedsReauthorization { grant: (), cause: DeathCause::Revoked };
    for (view, outcome) in [
        (View { grant_state: dead, ..stale() }, Outcome::Dead(DeathCause::Revoked)),
        (View { grant_state: GrantState::Disconnected, ..stale() }, Outcome::Disconnected),
        (View { has_refresh_token: false, ..stale() }, Outcome::NoRefreshToken),
    ] {
        assert_eq!(Bench::shown(READ, view).1, Next::Finish(outcome));
    }
    let mut bench = Bench::new(READ);
    bench.step(Observation::Begin);
    assert_eq!(bench.step(Observation::View(None)), Next::Finish(Outcome::Gone));
}

#[test]
fn each_reason_has_its_own_condition_for_a_fresh_token() {
    let just_refreshed = View { refreshed_at: Some(START - jiff::SignedDuration::from_secs(9)), ..valid_for(3_000) };
    let refreshed_before = View { refreshed_at: Some(START - jiff::SignedDuration::from_secs(10)), ..valid_for(3_000) };
    let not_due = View { due_at: Some(in_seconds(1)), ..stale() };
    for (reason, view, satisfied) in [
        (READ, valid_for(300), true),
        (READ, valid_for(299), false),
        (Reason::Read { min_valid: Duration::ZERO }, valid_for(1), true),
        (Reason::Read { min_valid: Duration::ZERO }, valid_for(0), false),
        (Reason::Forced, just_refreshed.clone(), true),
        (Reason::Forced, refreshed_before, false),
        (Reason::Forced, View { refreshed_at: None, ..valid_for(3_000) }, false),
        (Reason::Forced, View { expires_at: START, ..just_refreshed }, false),
        (Reason::Due, not_due, true),
        (Reason::Due, View { due_at: None, ..stale() }, true),
        (Reason::Due, valid_for(3_000), false),
    ] {
        let (_, next) = Bench::shown(reason, view.clone());
        assert_eq!(next == Next::Finish(Outcome::AlreadyFresh), satisfied, "{reason:?} {view:?} {next:?}");
        assert_eq!(matches!(next, Next::TakeLease { .. }), !satisfied, "{reason:?} {view:?} {next:?}");
    }
}

#[test]
fn r9_a_reader_waits_for_another_process_only_without_a_valid_token() {
    let until = in_seconds(10);
    let held = Next::Finish(Outcome::Held { retry_at: until });
    let beside = |reason, view: View| Bench::shown(reason, View { lease: Some(lease("theirs", until)), ..view }).1;
    assert_eq!(beside(READ, valid_for(200)), held);
    assert_eq!(beside(Reason::Due, stale()), held);
    assert!(matches!(beside(READ, stale()), Next::Wait(_)));
    assert!(matches!(beside(Reason::Forced, valid_for(3_000)), Next::Wait(_)));
}

#[test]
fn r9_a_waiting_reader_looks_until_its_bound_and_then_returns_a_retry_time() {
    let settings = Settings::default();
    let view = View { lease: Some(lease("theirs", in_seconds(16))), ..stale() };
    let (mut bench, mut next) = Bench::shown(READ, view.clone());
    let mut waited = Duration::ZERO;
    let mut looks = 0;
    while let Next::Wait(pause) = next {
        assert!(pause <= settings.poll * 8, "{pause:?}");
        waited += pause;
        bench.pass(pause);
        assert_eq!(bench.step(Observation::Waited), Next::Look);
        next = bench.step(observe(view.clone()));
        looks += 1;
    }
    assert_eq!(next, Next::Finish(Outcome::Held { retry_at: in_seconds(16) }));
    assert_eq!(waited, settings.wait);
    assert!((10..=100).contains(&looks), "{looks} looks");
}

#[test]
fn r9_a_refresh_without_the_lease_waits_and_returns_what_the_other_stored() {
    let (mut bench, next) = Bench::shown(READ, stale());
    assert!(matches!(next, Next::TakeLease { seen: None, .. }));
    let Next::Wait(pause) = bench.step(Observation::LeaseHeld) else { panic!("it must wait") };
    bench.pass(pause);
    assert_eq!(bench.step(Observation::Waited), Next::Look);
    let next = bench.step(observe(View { epoch: EPOCH + 1, ..valid_for(3_600) }));
    assert_eq!(next, Next::Finish(Outcome::AlreadyFresh));
    let (mut refresher, _) = Bench::shown(Reason::Due, stale());
    assert!(matches!(refresher.step(Observation::LeaseHeld), Next::Finish(Outcome::Held { .. })));
}

#[test]
fn r7_an_open_lease_rests_past_its_end_and_is_then_replaced_in_doubt() {
    let ends_after = |seconds: i64| {
        let ended = START - jiff::SignedDuration::from_secs(seconds);
        Bench::shown(READ, View { lease: Some(lease("lost", ended)), ..stale() }).1
    };
    assert_eq!(ends_after(0), Next::Finish(Outcome::Resting { retry_at: in_seconds(30) }));
    assert_eq!(ends_after(29), Next::Finish(Outcome::Resting { retry_at: in_seconds(1) }));
    let follows = Next::TakeLease { epoch: EPOCH, seen: Some(LeaseId::new("lost")), doubtful: true };
    assert_eq!(ends_after(30), follows);
}

#[test]
fn r7_a_platform_can_have_its_own_rest() {
    let mut settings = Settings::default();
    settings.rests[PlatformName::Quickbooks as usize] = Some(Duration::from_secs(90));
    let mut bench = Bench::with(READ, settings);
    bench.step(Observation::Begin);
    let resting = Next::Finish(Outcome::Resting { retry_at: in_seconds(90) });
    assert_eq!(bench.step(observe(View { lease: Some(lease("lost", START)), ..stale() })), resting);
}

#[test]
fn a_lease_of_an_ended_attempt_is_replaced_immediately_and_without_doubt() {
    let ended = LastFailure { ended_lease: Some(LeaseId::new("theirs")), ..last_failure(1, START) };
    let view = View { lease: Some(lease("theirs", in_seconds(10))), last_failure: Some(ended), ..stale() };
    let follows = Next::TakeLease { epoch: EPOCH, seen: Some(LeaseId::new("theirs")), doubtful: false };
    assert_eq!(Bench::shown(READ, view.clone()).1, follows);
    let another = View { lease: Some(lease("another", in_seconds(10))), ..view };
    assert!(matches!(Bench::shown(READ, another).1, Next::Wait(_)), "only the attempt that was named is over");
}

#[test]
fn a_stored_doubt_stays_after_the_end_of_its_lease() {
    let doubted = LastFailure { ended_lease: Some(LeaseId::new("theirs")), doubtful: true, ..last_failure(1, START) };
    let view = View { lease: Some(lease("theirs", START)), last_failure: Some(doubted), ..stale() };
    assert!(matches!(Bench::shown(READ, view).1, Next::TakeLease { doubtful: true, .. }));
}

#[test]
fn a_lease_is_outdated_by_its_own_commit_and_by_a_consent() {
    let old = Lease { epoch: EPOCH - 1, ..lease("old", in_seconds(10)) };
    let view = View { lease: Some(old), ..stale() };
    for view in [View { commit_id: CommitId::new("old"), ..view.clone() }, View { refreshed_at: None, ..view }] {
        let next = Bench::shown(READ, view).1;
        assert_eq!(next, Next::TakeLease { epoch: EPOCH, seen: Some(LeaseId::new("old")), doubtful: false });
    }
}

#[test]
fn r1_a_late_commit_leaves_the_attempt_that_it_overtook_open() {
    let overtaken = |until| Lease { epoch: EPOCH - 1, ..lease("overtaken", until) };
    let (mut bench, next) = Bench::shown(READ, View { lease: Some(overtaken(in_seconds(5))), ..stale() });
    assert!(matches!(next, Next::Wait(_)), "the token may be the same: {next:?}");
    bench.pass(Duration::from_secs(5));
    bench.step(Observation::Waited);
    let resting = Next::Finish(Outcome::Resting { retry_at: in_seconds(35) });
    assert_eq!(bench.step(observe(View { lease: Some(overtaken(in_seconds(5))), ..stale() })), resting);
    let rested = View { lease: Some(overtaken(START - jiff::SignedDuration::from_secs(30))), ..stale() };
    let follows = Next::TakeLease { epoch: EPOCH, seen: Some(LeaseId::new("overtaken")), doubtful: true };
    assert_eq!(Bench::shown(READ, rested).1, follows);
}

#[test]
fn the_stored_backoff_applies_to_every_reason() {
    let view = View { last_failure: Some(last_failure(3, in_seconds(5))), ..stale() };
    for reason in [READ, Reason::Forced, Reason::Due] {
        let (_, next) = Bench::shown(reason, view.clone());
        assert_eq!(next, Next::Finish(Outcome::BackingOff { retry_at: in_seconds(5) }), "{reason:?}");
    }
    let over = View { last_failure: Some(last_failure(3, START)), ..stale() };
    assert!(matches!(Bench::shown(READ, over).1, Next::TakeLease { .. }));
}

#[test]
fn t4_a_forced_refresh_keeps_its_distance_from_an_attempt_that_failed() {
    let failed = LastFailure { ended_lease: Some(LeaseId::new("failed")), ..last_failure(1, START) };
    let lease = Lease { started_at: START - jiff::SignedDuration::from_secs(4), ..lease("failed", in_seconds(12)) };
    let view = View { last_failure: Some(failed), lease: Some(lease), ..valid_for(3_000) };
    let (_, next) = Bench::shown(Reason::Forced, view.clone());
    assert_eq!(next, Next::Finish(Outcome::BackingOff { retry_at: in_seconds(6) }));
    let stale = View { expires_at: START, ..view };
    assert!(matches!(Bench::shown(READ, stale).1, Next::TakeLease { .. }), "a reader keeps no such distance");
}

#[test]
fn a_look_that_fails_ends_it() {
    let mut bench = Bench::new(READ);
    bench.step(Observation::Begin);
    assert_eq!(bench.step(Observation::StoreFailed), Next::Finish(Outcome::StoreFailed));
}
