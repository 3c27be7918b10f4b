//! Removes each guard of the protocol once. The checker must find the violation that the guard prevents.

use stateright::{Checker, HasDiscoveries, Model};

use crate::actions::Vault;
use crate::provider::RotationPolicy;
use crate::scope::{Broken, Left, NO_FAULTS, Scope};

/// A guard, the least faults that make it necessary, and the invariant that is violated without it.
struct Guard {
    broken: Broken,
    workers: usize,
    policy: RotationPolicy,
    faults: Left,
    /// The number of ticks that the first worker may stall.
    stalls: u8,
    /// The number of runs that each worker may start.
    runs: u8,
    finds: &'static str,
}

const CRASH: Left = Left { crashes: 1, ..NO_FAULTS };
const BAD_ANSWER: Left = Left { bad_answers: 1, ..NO_FAULTS };
const FAILING_WRITE: Left = Left { store_faults: 1, ..NO_FAULTS };
const INTERRUPTION: Left = Left { interruptions: 1, ..NO_FAULTS };

const GUARDS: [Guard; 19] = [
    guard(Broken::LeaseCondition, NO_FAULTS, "I1"),
    Guard { workers: 3, ..guard(Broken::SeenCondition, CRASH, "I1") },
    guard(Broken::SecondLook, INTERRUPTION, "I7"),
    Guard { stalls: 3, ..guard(Broken::TimeLeft, NO_FAULTS, "I1") },
    guard(Broken::Rest, BAD_ANSWER, "I1"),
    guard(Broken::OpenIntent, BAD_ANSWER, "I1"),
    guard(Broken::Clocks, BAD_ANSWER, "I1"),
    guard(Broken::CommitEpoch, INTERRUPTION, "I2"),
    guard(Broken::CommitStatus, FAILING_WRITE, "I9"),
    Guard { workers: 3, policy: RotationPolicy::Stable, ..guard(Broken::OutdatedLease, FAILING_WRITE, "I1") },
    guard(Broken::ConsentRaisesEpoch, INTERRUPTION, "I2"),
    guard(Broken::EndGrantEpoch, Left { interruptions: 1, ..BAD_ANSWER }, "I5"),
    Guard { stalls: 5, ..guard(Broken::EndGrantStatus, INTERRUPTION, "I9") },
    guard(Broken::DeathKeepsEpoch, FAILING_WRITE, "I3"),
    guard(Broken::Revive, FAILING_WRITE, "I3"),
    guard(Broken::ReviveEpoch, Left { interruptions: 1, ..FAILING_WRITE }, "I2"),
    guard(Broken::Doubt, BAD_ANSWER, "I8"),
    Guard { runs: 2, ..guard(Broken::UsedLease, Left { store_faults: 1, ..BAD_ANSWER }, "I1") },
    guard(Broken::UnusedDoubt, Left { store_faults: 1, ..CRASH }, "I8"),
];

const fn guard(broken: Broken, faults: Left, finds: &'static str) -> Guard {
    Guard { broken, workers: 2, policy: RotationPolicy::Strict, faults, stalls: 0, runs: 1, finds }
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is for whoever runs it with --nocapture")]
fn without_each_guard_the_checker_finds_a_violation() {
    for guard in GUARDS {
        let mut scope = Scope { runs: guard.runs, ..Scope::new(guard.workers, guard.policy, guard.faults).without(guard.broken) };
        scope.stalls[0] = guard.stalls;
        if guard.broken == Broken::Clocks {
            scope.drifts = vec![vec![2, -2], vec![-2, 2]];
        }
        let checker = Vault { scope }.checker().finish_when(HasDiscoveries::AnyOf([guard.finds].into())).spawn_bfs().join();
        let found = checker.discoveries();
        let states = checker.unique_state_count();
        let Some(path) = found.get(guard.finds) else {
            panic!("without {:?}, {} holds in all {states} states; broken: {:?}", guard.broken, guard.finds, found.keys());
        };
        let steps = path.clone().into_actions().len();
        println!("{:?}: {} after {states} states, {steps} steps", guard.broken, guard.finds);
    }
}
