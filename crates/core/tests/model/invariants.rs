//! The invariants of every reachable state.

use std::collections::BTreeSet;

use counterfoil_core::model::connection::GrantState;
use stateright::Property;

use crate::actions::Vault;
use crate::worker::Worker;
use crate::world::World;

/// An invariant that a step can violate. Two more are properties of a state: a grant does not stay dead if the valid one of its
/// consent was parked (I3, [`Vault::is_parked_grant_lost`]), and every run ends (I4, [`Vault::ends_in_time`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Flaw {
    /// A refresh token is never at the platform twice at once.
    I1NeverTwiceAtOnce,
    /// A write of a grant never replaces a newer one, a consent, or a disconnect; the epoch rises with it.
    I2NeverOverwritten,
    /// A grant is marked dead only if the platform refused that very refresh token.
    I5DeadOnlyWhenRefused,
    /// Without a fault, a grant lives until its customer withdraws it.
    I6NoFaultNoDeath,
    /// A refresh token is never sent by an attempt whose lease was taken after the table had replaced the token. So a process that
    /// raises the epoch and waits for the end of the lease is the only one with the old token.
    I7NeverPresentedOnceReplaced,
    /// A grant whose refresh token was rotated by a lost answer is never called revoked.
    I8CauseIsTrue,
    /// The partner gets one event for each end and for each revival.
    I9ToldOnce,
}

/// The invariants that were violated on the way to a state.
pub(crate) type Flaws = BTreeSet<Flaw>;

/// The invariants in the checker's form.
pub(crate) fn all() -> Vec<Property<Vault>> {
    use Flaw as I;
    vec![
        Property::always("I1", |_, world: &World| !world.flaws.contains(&I::I1NeverTwiceAtOnce)),
        Property::always("I2", |_, world: &World| !world.flaws.contains(&I::I2NeverOverwritten)),
        Property::always("I3", |vault: &Vault, world: &World| !vault.is_parked_grant_lost(world)),
        Property::always("I4", |vault: &Vault, world: &World| vault.ends_in_time(world)),
        Property::always("I5", |_, world: &World| !world.flaws.contains(&I::I5DeadOnlyWhenRefused)),
        Property::always("I6", |_, world: &World| !world.flaws.contains(&I::I6NoFaultNoDeath)),
        Property::always("I7", |_, world: &World| !world.flaws.contains(&I::I7NeverPresentedOnceReplaced)),
        Property::always("I8", |_, world: &World| !world.flaws.contains(&I::I8CauseIsTrue)),
        Property::always("I9", |_, world: &World| !world.flaws.contains(&I::I9ToldOnce)),
    ]
}

impl Vault {
    /// Whether everything has ended and the grant is dead, although the platform would accept a parked one.
    fn is_parked_grant_lost(&self, world: &World) -> bool {
        let is_over = world.parking.is_empty() && !world.workers.iter().any(|worker| matches!(worker, Worker::Running(_)));
        let dead = matches!(world.table.grant_state(), GrantState::NeedsReauthorization { .. });
        let lives = |token| world.provider.honours(token, self.scope.policy, world.now);
        let family = world.table.grant.token.family;
        is_over && dead && world.parking.ever().iter().any(|token| token.family == family && lives(*token))
    }

    /// Whether every run is within its time and its stalls, however often it is overtaken.
    fn ends_in_time(&self, world: &World) -> bool {
        world.workers.iter().zip(&self.scope.run_times).all(|(worker, time)| match worker {
            Worker::Running(run) => world.now - run.began <= time + self.scope.stalls.iter().max().unwrap_or(&0),
            Worker::Idle { .. } | Worker::Gone => true,
        })
    }
}
