//! The refresh protocol under a model checker: the step function that the code runs, in a small model of one connection, explored
//! over every order of its steps. `MODEL=long` explores more. See `docs/checker.md`.
//!
//! The model keeps the stated times and varies everything else: workers crash and stall, answers are lost or late, writes fail before
//! and after they were applied, clocks differ, customers consent and withdraw in between.

mod actions;
mod guards;
mod invariants;
mod parking;
mod provider;
mod scope;
mod table;
mod times;
mod worker;
mod world;

use actions::Vault;
use provider::RotationPolicy;
use scope::{Left, NO_FAULTS, Scope};
use stateright::{Checker, HasDiscoveries, Model};
use times::{LEASE, REST, RUN_TIME};

/// Each fault once.
const ONE_FAULT: [Left; 3] =
    [Left { crashes: 1, ..NO_FAULTS }, Left { bad_answers: 1, ..NO_FAULTS }, Left { store_faults: 1, ..NO_FAULTS }];

/// Each test run has these. Whatever the strict platform refuses, the one that revokes the family refuses too. The long run has all.
const DISTINCT: [RotationPolicy; 3] = [RotationPolicy::Stable, RotationPolicy::Grace, RotationPolicy::Family];

#[test]
fn two_workers_one_fault_and_one_interruption() {
    for policy in DISTINCT {
        for fault in ONE_FAULT {
            explore("2 workers, a fault, an interruption", Scope::new(2, policy, Left { interruptions: 1, ..fault }));
        }
    }
}

#[test]
fn two_workers_one_fault_and_stalls() {
    for policy in DISTINCT {
        for fault in ONE_FAULT {
            explore("2 workers, a fault, a stall each", Scope { stalls: vec![1, 1], ..Scope::new(2, policy, fault) });
        }
    }
}

/// A worker that stalls before it sends the token again must notice that its lease no longer covers the request.
#[test]
fn two_workers_a_bad_answer_and_a_long_stall() {
    let fault = Left { bad_answers: 1, ..NO_FAULTS };
    let scope = Scope::new(2, RotationPolicy::Strict, fault);
    explore("2 workers, a bad answer, a stall of three ticks", Scope { stalls: vec![3, 0], ..scope });
}

#[test]
fn two_workers_one_listens_past_the_rest() {
    for policy in DISTINCT {
        explore("2 workers, one listens past the rest, a stall of eight ticks", listening(policy, NO_FAULTS));
    }
}

/// A worker of the refresher waits longer than the rest, and may be frozen with the answer in its socket.
fn listening(policy: RotationPolicy, faults: Left) -> Scope {
    Scope { run_times: vec![LEASE + REST + 5, RUN_TIME], stalls: vec![8, 0], ..Scope::new(2, policy, faults) }
}

#[test]
fn three_workers_one_fault() {
    for policy in [RotationPolicy::Stable, RotationPolicy::Family] {
        for fault in ONE_FAULT {
            explore("3 workers, a fault", Scope::new(3, policy, fault));
        }
    }
}

#[test]
fn long_two_workers_everything_at_once() {
    if !is_long() {
        return;
    }
    for policy in RotationPolicy::ALL {
        let each = Left { crashes: 1, bad_answers: 1, store_faults: 1, interruptions: 1 };
        explore("2 workers, every fault, an interruption", Scope::new(2, policy, each));
        let parked = Left { store_faults: 2, ..NO_FAULTS };
        explore("2 workers, two failing writes, stalls", Scope { stalls: vec![2, 2], ..Scope::new(2, policy, parked) });
        let lost = Left { crashes: 1, bad_answers: 1, ..NO_FAULTS };
        explore("2 workers that retry, a crash and a bad answer", Scope { runs: 2, ..Scope::new(2, policy, lost) });
    }
}

#[test]
fn long_two_workers_one_fault_and_stalls_or_long_listening() {
    if !is_long() {
        return;
    }
    for fault in ONE_FAULT {
        explore("2 workers, a fault, a stall each", Scope { stalls: vec![1, 1], ..Scope::new(2, RotationPolicy::Strict, fault) });
    }
    for policy in RotationPolicy::ALL {
        let fault = Left { bad_answers: 1, ..NO_FAULTS };
        explore("2 workers, one listens past the rest, a bad answer", listening(policy, fault));
    }
}

/// Against the strictest platform.
#[test]
fn long_two_workers_every_drift() {
    if !is_long() {
        return;
    }
    for fault in ONE_FAULT {
        let scope = Scope::new(2, RotationPolicy::Family, Left { interruptions: 1, ..fault }).with_every_drift();
        explore("2 workers, every drift, a stall each", Scope { stalls: vec![1, 1], ..scope });
    }
}

#[test]
fn long_three_workers_one_fault_and_one_interruption() {
    if !is_long() {
        return;
    }
    for policy in RotationPolicy::ALL {
        for fault in ONE_FAULT {
            explore("3 workers, a fault, an interruption", Scope::new(3, policy, Left { interruptions: 1, ..fault }));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "which tests to run is no setting of the product")]
fn is_long() -> bool {
    std::env::var("MODEL").is_ok_and(|mode| mode == "long")
}

/// Explores everything within a scope, and fails with a schedule that violates an invariant.
#[expect(clippy::print_stdout, reason = "the counts are for whoever runs it with --nocapture")]
fn explore(what: &str, scope: Scope) {
    let policy = scope.policy;
    let checker = Vault { scope }.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!("{what}, {policy:?}: {} states, {} steps deep", checker.unique_state_count(), checker.max_depth());
    if let Some((invariant, path)) = checker.discoveries().into_iter().next() {
        let schedule: Vec<_> = path.into_actions().iter().map(|action| format!("  {action:?}")).collect();
        panic!("{what}, {policy:?}: {invariant} is broken by\n{}", schedule.join("\n"));
    }
}
