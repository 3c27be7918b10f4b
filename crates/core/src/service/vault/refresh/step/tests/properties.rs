//! Properties that hold for any sequence of inputs.

use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn failures() -> impl Strategy<Value = TokenFailure> {
    prop_oneof![
        Just(TokenFailure::Refused),
        Just(TokenFailure::ClientRefused),
        (0_u64..100_000).prop_map(|seconds| TokenFailure::Throttled { retry_after: Some(Duration::from_secs(seconds)) }),
        (200_u16..600).prop_map(|status| TokenFailure::Broken { status }),
        Just(TokenFailure::Unreadable { status: 200, answer: UnreadAnswer::new("<html>") }),
        (0_u64..100_000).prop_map(|seconds| TokenFailure::Overloaded { retry_after: Duration::from_secs(seconds) }),
        Just(TokenFailure::NoAnswer),
        Just(TokenFailure::NotSent),
    ]
}

fn moments() -> impl Strategy<Value = Timestamp> {
    (-200_i64..200).prop_map(|seconds| START + jiff::SignedDuration::from_secs(seconds))
}

prop_compose! {
    fn leases()(id in prop_oneof![Just("a"), Just("b")], until in moments(), epoch in EPOCH - 1..=EPOCH + 1) -> Lease {
        Lease { epoch, ..lease(id, until) }
    }
}

prop_compose! {
    fn last_failures()(
        failures in 0_u32..50,
        retry_at in moments(),
        ended_lease in proptest::option::of(prop_oneof![Just("a"), Just("b")]),
        doubtful: bool,
    ) -> LastFailure {
        LastFailure { ended_lease: ended_lease.map(LeaseId::new), doubtful, ..last_failure(failures, retry_at) }
    }
}

prop_compose! {
    fn views()(
        epoch in EPOCH..EPOCH + 2,
        grant_state in prop_oneof![
            9 => Just(GrantState::Active(())),
            1 => Just(GrantState::Disconnected),
            1 => Just(GrantState::NeedsReauthorization { grant: (), cause: DeathCause::Revoked }),
        ],
        has_refresh_token in proptest::bool::weighted(0.9),
        expires_at in moments(),
        refreshed_at in proptest::option::of(moments()),
        commit_id in prop_oneof![Just("a"), Just("b")],
        due_at in proptest::option::of(moments()),
        last_failure in proptest::option::of(last_failures()),
        lease in proptest::option::of(leases()),
    ) -> View {
        View { epoch, grant_state, has_refresh_token, expires_at, refreshed_at, commit_id: CommitId::new(commit_id), due_at, last_failure, lease, ..stale() }
    }
}

fn reasons() -> impl Strategy<Value = Reason> {
    prop_oneof![
        (0_u64..600).prop_map(|seconds| Reason::Read { min_valid: Duration::from_secs(seconds) }),
        Just(Reason::Forced),
        Just(Reason::Due),
    ]
}

/// An input that answers a step, and the time that it takes.
#[derive(Debug, Clone)]
struct Happening {
    view: Option<View>,
    failure: Option<TokenFailure>,
    takes: Duration,
    /// 0 to 9: the result of writes and leases.
    luck: u8,
    chance: f64,
}

prop_compose! {
    fn answers()(
        view in proptest::option::weighted(0.95, views()),
        failure in proptest::option::weighted(0.7, failures()),
        takes in (0_u64..4_000).prop_map(Duration::from_millis),
        luck in 0_u8..10,
        chance in 0.0..1.0,
    ) -> Happening {
        Happening { view, failure, takes, luck, chance }
    }
}

impl Happening {
    /// A possible answer to the action. After a lease it is mostly the same connection again.
    fn to(&self, next: &Next, now: Now, seen: Option<&View>) -> Observation {
        match next {
            Next::LookAgain if self.luck == 0 => Observation::StoreFailed,
            Next::LookAgain if self.luck < 8 => Observation::View(seen.cloned().map(Box::new)),
            Next::Look | Next::LookAgain => Observation::View(self.view.clone().map(Box::new)),
            Next::TakeLease { .. } => match self.luck {
                0 => Observation::LeaseUnknown { id: LeaseId::new(format!("{:?}", now.elapsed)) },
                1 | 2 => Observation::LeaseHeld,
                _ => Observation::LeaseTaken {
                    id: LeaseId::new("ours"),
                    until: later(now.wall, Settings::default().lease),
                    limits: LIMITS,
                },
            },
            Next::Send { .. } => self.failure.clone().map_or(Observation::Granted, Observation::Failed),
            Next::Commit | Next::RecordFailure(_) | Next::EndGrant(_) => match self.luck {
                0..4 => Observation::StoreFailed,
                4 => Observation::Overtaken,
                _ => Observation::Stored,
            },
            Next::Park if self.luck < 4 => Observation::StoreFailed,
            Next::Park => Observation::Parked,
            Next::Wait(_) => Observation::Waited,
            Next::Finish(_) => unreachable!("nothing follows the end"),
        }
    }
}

/// A step as seen from outside.
struct Seen {
    next: Next,
    at: Now,
    observed: Option<Observation>,
}

fn run(reason: Reason, answers: &[Happening]) -> Vec<Seen> {
    let mut bench = Bench::new(reason);
    let mut history = Vec::new();
    let mut shown = None;
    let mut observed = Observation::Begin;
    for answer in answers.iter().cycle().take(2_000) {
        bench.now.chance = answer.chance;
        let next = bench.step(observed);
        if matches!(next, Next::Finish(_)) {
            history.push(Seen { next, at: bench.now, observed: None });
            return history;
        }
        let at = bench.now;
        bench.pass(if let Next::Wait(pause) = next { pause } else { answer.takes });
        observed = answer.to(&next, at, shown.as_ref());
        if let (Next::Look, Observation::View(view)) = (&next, &observed) {
            shown = view.as_deref().cloned();
        }
        history.push(Seen { next, at, observed: Some(observed.clone()) });
    }
    panic!("it did not end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_refresh_ends_and_keeps_its_order_for_any_input(reason in reasons(), answers in prop::collection::vec(answers(), 1..40)) {
        let settings = Settings::default();
        let history = run(reason, &answers);
        let mut lease_since = None;
        let mut looked_again = false;
        let mut sends = 0;
        let mut in_doubt = false;
        for (place, Seen { next, at, observed }) in history.iter().enumerate() {
            match next {
                Next::TakeLease { doubtful, .. } => {
                    (lease_since, looked_again, sends, in_doubt) = (None, false, 0, *doubtful);
                    if matches!(observed, Some(Observation::LeaseTaken { .. })) {
                        lease_since = Some(at.elapsed);
                    }
                }
                Next::LookAgain => {
                    prop_assert!(lease_since.is_some(), "it looks again under no lease");
                    looked_again = true;
                }
                Next::Send { .. } => {
                    let since = lease_since.expect("R-9: it sends without a lease");
                    prop_assert!(looked_again, "R-2: it sends without the second look");
                    let outlasts = at.elapsed + settings.platform_timeout + settings.commit_budget <= since + settings.lease;
                    prop_assert!(outlasts, "R-3: the lease does not outlast what is sent");
                    sends += 1;
                    prop_assert!(sends <= 2, "it sends and sends");
                    let followed = &history[place + 1].next;
                    match observed {
                        Some(Observation::Granted) => prop_assert_eq!(followed, &Next::Commit),
                        Some(Observation::Failed(TokenFailure::Refused)) => {
                            let cause = if in_doubt { DeathCause::RotationLost } else { DeathCause::Revoked };
                            prop_assert_eq!(followed, &Next::EndGrant(cause));
                        }
                        Some(Observation::Failed(failure)) => {
                            let is_answered = matches!(failure, TokenFailure::Broken { .. } | TokenFailure::Unreadable { .. });
                            let again = is_answered && matches!(followed, Next::Wait(_));
                            prop_assert!(again || matches!(followed, Next::RecordFailure(_)), "{:?} after {:?}", followed, failure);
                            in_doubt |= is_answered || matches!(failure, TokenFailure::Overloaded { .. } | TokenFailure::NoAnswer);
                        }
                        other => prop_assert!(false, "{:?}", other),
                    }
                }
                Next::RecordFailure(last_failure) => {
                    prop_assert!(last_failure.failures > 0);
                    prop_assert_eq!(last_failure.doubtful, in_doubt);
                    prop_assert!(matches!(history[place + 1].next, Next::Finish(_)));
                }
                Next::Wait(pause) => prop_assert!(*pause <= settings.wait),
                Next::Finish(Outcome::Refreshed) => prop_assert_eq!(&history[place - 1].next, &Next::Commit),
                _ => {}
            }
        }
    }

    #[test]
    fn a_backoff_stays_between_half_the_first_and_the_longest(failures: u32, chance in 0.0..1.0) {
        let settings = Settings::default();
        let bench = Bench::new(READ);
        let backoff = bench.machine.backoff(Now { chance, ..bench.now }, failures, None);
        prop_assert!(backoff >= settings.backoff_first / 2);
        prop_assert!(backoff <= settings.backoff_longest);
    }

    /// One connection must not cause 60,000 failing refreshes a day, however many readers ask.
    #[test]
    fn a_dead_platform_is_asked_at_most_twelve_hundred_times_a_day(failure in failures(), luck in 0.0..1.0) {
        prop_assume!(failure != TokenFailure::Refused);
        let sends = sends_in(DAY, &failure, LIMITS, luck);
        prop_assert!((20..=1_200).contains(&sends), "{:?}: {} times", failure, sends);
    }

    /// Zoho gives ten access tokens in ten minutes, and then none for ten minutes.
    #[test]
    fn a_quota_is_never_spent_by_failures(failure in failures(), luck in 0.0..1.0) {
        prop_assume!(failure != TokenFailure::Refused);
        let ten_minutes = Duration::from_secs(600);
        let limits = TokenLimits { resends_most: 0, quota: Some(Quota { requests: 10, per: ten_minutes }) };
        let sends = sends_in(ten_minutes, &failure, limits, luck);
        prop_assert!(sends < 10, "{:?}: {} times", failure, sends);
    }
}

/// The number of requests to a platform that always fails in this way, if the token is read at every possible moment.
fn sends_in(time: Duration, failure: &TokenFailure, limits: TokenLimits, chance: f64) -> u32 {
    let mut view = stale();
    let mut now = Now { wall: START, elapsed: Duration::ZERO, chance };
    let mut sends = 0;
    while now.elapsed < time {
        let mut bench = Bench {
            machine: Refresh::new(READ, Settings::default(), now, now.elapsed + Settings::default().refresh_time(), Vec::new()),
            now,
        };
        bench.step(Observation::Begin);
        let next = bench.step(observe(view.clone()));
        assert!(matches!(next, Next::TakeLease { .. }), "{next:?}");
        bench.step(bench.lease_taken_under(limits));
        let mut next = bench.step(observe(view.clone()));
        let last_failure = loop {
            next = match next {
                Next::Send { .. } => {
                    sends += 1;
                    bench.step(Observation::Failed(failure.clone()))
                }
                Next::Wait(pause) => {
                    bench.pass(pause);
                    bench.step(Observation::Waited)
                }
                next => break recorded(next),
            };
        };
        bench.pass(until(bench.now.wall, last_failure.retry_at));
        view.last_failure = Some(last_failure);
        now = bench.now;
    }
    sends
}
