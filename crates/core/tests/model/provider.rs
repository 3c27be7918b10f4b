//! A platform: the valid refresh tokens, the treatment of a repeated token by the rotation policy, and the requests under way.

use std::collections::BTreeSet;

use crate::times::{GRACE, Tick};

/// How a platform treats refresh tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RotationPolicy {
    /// One permanent refresh token.
    Stable,
    /// A new token each time. The previous one works for a while.
    Grace,
    /// A new token each time. The old one is invalid immediately.
    Strict,
    /// As `Strict`, and an old token, or two requests at once, end the grant.
    Family,
}

impl RotationPolicy {
    pub(crate) const ALL: [Self; 4] = [Self::Stable, Self::Grace, Self::Strict, Self::Family];
}

/// A refresh token: the number of its consent, and its rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Token {
    pub(crate) family: usize,
    pub(crate) generation: u8,
}

/// The grant of a token request or of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Grant {
    pub(crate) token: Token,
    /// The number of the grant at this platform: a greater number is a newer grant.
    pub(crate) serial: u8,
}

/// A token request that the platform has not finished.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) token: Token,
    /// The worker that waits for the answer; `None` after it gave up or crashed.
    pub(crate) caller: Option<usize>,
    /// The time by which the platform has finished it if nobody waits.
    pub(crate) done_by: Tick,
}

/// The tokens of one consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Family {
    newest: u8,
    rotated_at: Tick,
    /// The customer withdrew the access.
    withdrawn: bool,
    /// A refresh token was presented twice.
    revoked: bool,
}

/// The platform.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    families: Vec<Family>,
    given: u8,
    refused: BTreeSet<Token>,
    /// The tokens that were rotated by a lost answer.
    lost: BTreeSet<Token>,
    pub(crate) in_flight: Vec<Request>,
}

impl Provider {
    /// A platform with one grant.
    pub(crate) fn new() -> (Self, Grant) {
        let mut provider =
            Self { families: Vec::new(), given: 0, refused: BTreeSet::new(), lost: BTreeSet::new(), in_flight: Vec::new() };
        let grant = provider.consent();
        (provider, grant)
    }

    /// A customer consents. Earlier grants stay valid, which is the worst case for a late write of one.
    pub(crate) fn consent(&mut self) -> Grant {
        self.families.push(Family::default());
        self.give(Token { family: self.families.len() - 1, generation: 0 })
    }

    /// The customer withdraws the last consent.
    pub(crate) fn withdraw(&mut self) {
        let family = self.families.last_mut().expect("there is one from the beginning");
        family.withdrawn = true;
    }

    /// A request arrives. Returns whether the same token is under way already.
    pub(crate) fn receive(&mut self, request: Request, policy: RotationPolicy) -> bool {
        let twice = self.in_flight.iter().any(|other| other.token == request.token);
        if twice && policy == RotationPolicy::Family {
            self.families[request.token.family].revoked = true;
        }
        self.in_flight.push(request);
        twice
    }

    /// Processes a token; `None` if it is refused.
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

    /// Whether a token would be accepted now.
    pub(crate) fn honours(&self, token: Token, policy: RotationPolicy, now: Tick) -> bool {
        let family = &self.families[token.family];
        let in_grace =
            policy == RotationPolicy::Grace && token.generation + 1 == family.newest && now - family.rotated_at < GRACE;
        !family.withdrawn && !family.revoked && (token.generation == family.newest || in_grace)
    }

    /// Whether a token was refused before.
    pub(crate) fn has_refused(&self, token: Token) -> bool {
        self.refused.contains(&token)
    }

    /// Whether a token was rotated by a request whose answer was lost.
    pub(crate) fn has_lost(&self, token: Token) -> bool {
        self.lost.contains(&token)
    }

    /// The answer to a token is lost.
    pub(crate) fn lose(&mut self, presented: Token) {
        if self.families[presented.family].newest > presented.generation {
            self.lost.insert(presented);
        }
    }

    /// Whether the customer withdrew the consent of a token.
    pub(crate) fn is_withdrawn(&self, token: Token) -> bool {
        self.families[token.family].withdrawn
    }

    /// A worker no longer waits for its request.
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
