//! Every step that is possible in a state, and its result.

use counterfoil_core::service::vault::refresh::step::Next;
use counterfoil_core::service::vault::refresh::step::Observation;
use stateright::{Model, Property};

use crate::invariants;
use crate::scope::Scope;
use crate::times::{HORIZON, PLATFORM_TIMEOUT, seconds};
use crate::worker::{Run, Stage, Worker};
use crate::world::World;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Time passes.
    Tick,
    /// A worker starts a refresh.
    Begin(usize),
    /// A worker's request is executed.
    Do { worker: usize, fault: Option<StoreFault>, heard: Heard },
    /// A late answer arrives, or a pause ends.
    GoOn(usize),
    /// A worker has waited for the platform in vain, or gets an unknown outcome.
    TimeOut(usize),
    /// A worker crashes.
    Crash(usize),
    /// The platform processes a request.
    Answer { request: usize, answer: Answer, heard: Heard },
    /// A request that nobody waits for never arrives.
    Vanish { request: usize },
    /// The late write of an abandoned lease reaches the table.
    LateLease,
    /// The parking worker takes a step.
    Unpark,
    /// The customer consents again.
    Consent,
    /// The partner disconnects.
    Disconnect,
    /// The customer withdraws the access at the platform.
    Withdraw,
}

/// How a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreFault {
    /// It was not applied.
    NotApplied,
    /// It was applied, and the answer was lost.
    AnswerLost,
    /// It may be applied at any later time. Only for a lease.
    Late,
}

/// When an answer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// In the same tick. What a worker decides concerns no other worker before it acts, so nothing is missed if it decides
    /// immediately.
    AtOnce,
    /// In a later tick.
    Late,
}

/// The result of the platform's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It arrives.
    Plain,
    /// It is lost.
    Lost,
    /// A fault comes instead, although the platform has processed the request.
    FaultAfter,
    /// A fault comes, and the platform has not processed the request.
    FaultBefore,
}

/// The model of the vault for one connection.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    pub(crate) scope: Scope,
}

impl Model for Vault {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        self.scope.drifts.iter().map(|drifts| World::new(&self.scope, drifts)).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (index, worker) in world.workers.iter().enumerate() {
            match worker {
                Worker::Idle { runs, .. } if *runs > 0 && world.now <= HORIZON => actions.push(Action::Begin(index)),
                Worker::Running(run) => worker_actions(world, index, run, actions),
                Worker::Idle { .. } | Worker::Gone => {}
            }
        }
        request_actions(world, actions);
        if world.late_lease.is_some() {
            actions.push(Action::LateLease);
        }
        if !world.parking.is_empty() {
            actions.push(Action::Unpark);
        }
        if world.left.interruptions > 0 && world.now <= HORIZON {
            actions.extend([Action::Consent, Action::Disconnect, Action::Withdraw]);
        }
        if may_tick(world) {
            actions.push(Action::Tick);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut world = world.clone();
        world.take(&self.scope, action);
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        invariants::all()
    }
}

fn worker_actions(world: &World, worker: usize, run: &Run, actions: &mut Vec<Action>) {
    match &run.stage {
        Stage::Doing { next, .. } => {
            actions.push(Action::Do { worker, fault: None, heard: Heard::AtOnce });
            if run.stalls > 0 {
                actions.push(Action::Do { worker, fault: None, heard: Heard::Late });
            }
            if world.left.store_faults > 0 && !matches!(next, Next::Look | Next::LookAgain) {
                for fault in [StoreFault::NotApplied, StoreFault::AnswerLost] {
                    actions.push(Action::Do { worker, fault: Some(fault), heard: Heard::AtOnce });
                }
                if matches!(next, Next::TakeLease { .. }) && world.late_lease.is_none() {
                    actions.push(Action::Do { worker, fault: Some(StoreFault::Late), heard: Heard::AtOnce });
                }
            }
        }
        Stage::Answered(_) => actions.push(Action::GoOn(worker)),
        Stage::Asleep { until } if seconds(world.now) >= *until => actions.push(Action::GoOn(worker)),
        Stage::Asleep { .. } => {}
        Stage::AtPlatform { sent, until } => {
            let waits_in_vain = !world.is_at_platform(worker);
            let is_over = seconds(world.now) >= *until && (waits_in_vain || world.left.bad_answers > 0);
            // A gateway may have given up before that.
            let is_told = world.now == sent + PLATFORM_TIMEOUT && !waits_in_vain && world.left.bad_answers > 0;
            if is_over || is_told {
                actions.push(Action::TimeOut(worker));
            }
        }
    }
    if world.left.crashes > 0 {
        actions.push(Action::Crash(worker));
    }
}

fn request_actions(world: &World, actions: &mut Vec<Action>) {
    for (index, request) in world.provider.in_flight.iter().enumerate() {
        let mut answer = |answer, heard| actions.push(Action::Answer { request: index, answer, heard });
        answer(Answer::Plain, Heard::AtOnce);
        let Some(caller) = request.caller else {
            actions.push(Action::Vanish { request: index });
            continue;
        };
        if world.run(caller).is_some_and(|run| run.stalls > 0) {
            answer(Answer::Plain, Heard::Late);
        }
        if world.left.bad_answers > 0 {
            answer(Answer::Lost, Heard::AtOnce);
            answer(Answer::FaultAfter, Heard::AtOnce);
            answer(Answer::FaultBefore, Heard::AtOnce);
        }
    }
}

/// Whether time may pass: as far as the stated times allow, and while there is something to wait for.
fn may_tick(world: &World) -> bool {
    let runs = || world.workers.iter().filter_map(|worker| if let Worker::Running(run) = worker { Some(run) } else { None });
    let idle = world.workers.iter().any(|worker| matches!(worker, Worker::Idle { runs, .. } if *runs > 0));
    let in_flight = &world.provider.in_flight;
    let is_abandoned = in_flight.iter().any(|request| request.caller.is_none());
    // Time starts with the first run.
    let is_awaited = runs().next().is_some() || is_abandoned || idle && (1..HORIZON).contains(&world.now);
    is_awaited && runs().all(|run| may_wait(world, run)) && in_flight.iter().all(|request| world.now < request.done_by)
}

fn may_wait(world: &World, run: &Run) -> bool {
    match run.stage {
        Stage::AtPlatform { until, .. } => seconds(world.now) < until,
        Stage::Asleep { until } if seconds(world.now) < until => true,
        Stage::Asleep { .. } | Stage::Doing { .. } | Stage::Answered(_) => {
            let in_time = run.must_by.is_none_or(|by| world.now < by);
            in_time && (run.stalls > 0 || run.must_by.is_some())
        }
    }
}

/// The input of a worker that gets a fault from the platform.
pub(crate) const fn fault() -> Observation {
    Observation::Failed(counterfoil_core::port::platform::TokenFailure::Broken { status: 503 })
}
