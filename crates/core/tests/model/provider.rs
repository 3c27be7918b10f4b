//! A platform: which refresh tokens are good, what a rotation policy makes of one that comes twice, and what is in flight.

use std::collections::BTreeSet;

use crate::times::{GRACE, Tick};

/// How a platform treats refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RotationPolicy {
    /// One refresh token for ever.
    Stable,
    /// A new one each time; the one before works a while longer.
    Grace,
    /// A new one each time, and the old one is dead at once.
    Strict,
    /// The same, and an old one, or two at once, take the whole grant away.
    Family,
}

impl RotationPolicy {
    pub(crate) const ALL: [Self; 4] = [Self::Stable, Self::Grace, Self::Strict, Self::Family];
}

/// A refresh token: of which consent, and which one since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Token {
    pub(crate) family: usize,
    pub(crate) generation: u8,
}

/// What a token request or a consent brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Grant {
    pub(crate) token: Token,
    /// Counts what this platform has given: a greater number is a younger grant.
    pub(crate) serial: u8,
}

/// A token request that the platform is not done with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) token: Token,
    /// Who waits for the answer; `None` once they have given up or vanished.
    pub(crate) caller: Option<usize>,
    /// When the platform is done with it at the latest, though nobody waits.
    pub(crate) done_by: Tick,
}

/// What the platform has given for one consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Family {
    newest: u8,
    rotated_at: Tick,
    /// The customer took the access away.
    withdrawn: bool,
    /// A refresh token came twice.
    revoked: bool,
}

/// The platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    families: Vec<Family>,
    given: u8,
    refused: BTreeSet<Token>,
    /// Those that were rotated, and nobody heard of it.
    lost: BTreeSet<Token>,
    pub(crate) in_flight: Vec<Request>,
}

impl Provider {
    /// A platform that has given one grant.
    pub(crate) fn new() -> (Self, Grant) {
        let mut provider =
            Self { families: Vec::new(), given: 0, refused: BTreeSet::new(), lost: BTreeSet::new(), in_flight: Vec::new() };
        let grant = provider.consent();
        (provider, grant)
    }

    /// A customer consents. Earlier grants live on: that is the worst case for whoever stores one of them too late.
    pub(crate) fn consent(&mut self) -> Grant {
        self.families.push(Family::default());
        self.give(Token { family: self.families.len() - 1, generation: 0 })
    }

    /// The customer takes away what they last gave.
    pub(crate) fn withdraw(&mut self) {
        let family = self.families.last_mut().expect("there is one from the beginning");
        family.withdrawn = true;
    }

    /// A request arrives. Says whether the same token is in flight already.
    pub(crate) fn receive(&mut self, request: Request, policy: RotationPolicy) -> bool {
        let twice = self.in_flight.iter().any(|other| other.token == request.token);
        if twice && policy == RotationPolicy::Family {
            self.families[request.token.family].revoked = true;
        }
        self.in_flight.push(request);
        twice
    }

    /// Acts on a presented token; `None` where it is refused.
    pub(crate) fn refresh(&mut self, token: Token, policy: RotationPolicy, now: Tick) -> Option<Grant> {
        if !self.honours(token, policy, now) {
            self.families[token.family].revoked |= policy == RotationPolicy::Family;
            self.refused.insert(token);
            return None;
        }
        let family = &mut self.families[token.family];
        if policy == RotationPolicy::Stable {
            return Some(self.give(token));
        }
        family.newest += 1;
        family.rotated_at = now;
        let newest = Token { generation: family.newest, ..token };
        Some(self.give(newest))
    }

    /// Whether a token would be honoured now.
    pub(crate) fn honours(&self, token: Token, policy: RotationPolicy, now: Tick) -> bool {
        let family = &self.families[token.family];
        let in_grace =
            policy == RotationPolicy::Grace && token.generation + 1 == family.newest && now - family.rotated_at < GRACE;
        !family.withdrawn && !family.revoked && (token.generation == family.newest || in_grace)
    }

    /// Whether a token was ever presented and refused.
    pub(crate) fn has_refused(&self, token: Token) -> bool {
        self.refused.contains(&token)
    }

    /// Whether a token was rotated by a request whose answer nobody heard.
    pub(crate) fn has_lost(&self, token: Token) -> bool {
        self.lost.contains(&token)
    }

    /// The answer to a presented token is not heard.
    pub(crate) fn lose(&mut self, presented: Token) {
        if self.families[presented.family].newest > presented.generation {
            self.lost.insert(presented);
        }
    }

    /// Whether the customer took away what a token belongs to.
    pub(crate) fn is_withdrawn(&self, token: Token) -> bool {
        self.families[token.family].withdrawn
    }

    /// Nobody waits for a worker's request any more.
    pub(crate) fn abandon(&mut self, worker: usize) {
        for request in self.in_flight.iter_mut().filter(|request| request.caller == Some(worker)) {
            request.caller = None;
        }
    }

    fn give(&mut self, token: Token) -> Grant {
        self.given += 1;
        Grant { token, serial: self.given }
    }
}
