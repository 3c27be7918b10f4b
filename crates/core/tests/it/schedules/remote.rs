//! A platform that takes time: requests are under way, answers get lost, and a request may be processed after its caller has given
//! up. Its state is the truth that a schedule is judged by.

mod caller;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{Platform as _, Refresh, TokenFailure};
use counterfoil_testkit::platform::ScriptedPlatform;
use futures_util::FutureExt as _;
use jiff::Timestamp;

pub(super) use self::caller::Caller;

use super::chance::Chance;
use super::{COMPANY, Mood};

/// The time-out of a gateway before the platform.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time for which a request may stay at the platform: well within a lease and its rest.
const LINGERS_MOST: Duration = Duration::from_secs(28);

/// The platform, which all processes share.
pub(super) struct Remote {
    pub(super) scripted: Arc<ScriptedPlatform>,
    chance: Arc<Chance>,
    mood: Mood,
    truth: Mutex<Truth>,
}

#[derive(Default)]
struct Truth {
    requests: u64,
    /// The requests to process, by time and number.
    to_do: BTreeMap<(Duration, u64), (Secret, Timestamp)>,
    done: BTreeMap<u64, Result<Grant, TokenFailure>>,
    /// The token and the end of each request so far.
    flights: Vec<(String, Duration)>,
    twice_at_once: Option<String>,
    newest: BTreeMap<String, String>,
    ended: BTreeSet<String>,
    exchanged: usize,
    answers_lost: usize,
    is_over: bool,
}

/// The fate of a request.
enum Fate {
    /// It is processed, and answered after this time.
    Answer(Duration),
    /// It is processed after this time, and answered then.
    Late(Duration),
    /// It is processed after `acts`, and its answer is lost. The caller sees `shown` after `after`.
    Lose { acts: Duration, shown: TokenFailure, after: Duration },
    /// It is not processed, and the caller sees this failure after this time.
    Fail(TokenFailure, Duration),
    /// The customer has just withdrawn the access.
    Revoked(Duration),
}

impl Remote {
    pub(super) fn new(scripted: Arc<ScriptedPlatform>, chance: Arc<Chance>, mood: Mood) -> Self {
        Self { scripted, chance, mood, truth: Mutex::default() }
    }

    /// The customer withdraws the access.
    pub(super) fn revoke(&self, now: Duration) {
        self.act(now);
        self.scripted.revoke(COMPANY);
        let mut truth = self.truth();
        for grant in 0..=truth.exchanged {
            truth.ended.insert(grant.to_string());
        }
    }

    /// A token with two requests at once, if there was one.
    pub(super) fn twice_at_once(&self) -> Option<String> {
        self.truth().twice_at_once.clone()
    }

    /// Whether this is the newest refresh token of a grant that is valid at the platform.
    pub(super) fn honours(&self, token: &str) -> bool {
        let grant = grant_of(token);
        let truth = self.truth();
        let newest = truth.newest.get(&grant).cloned().unwrap_or_else(|| format!("refresh-{grant}-0"));
        !truth.ended.contains(&grant) && newest == token
    }

    /// Whether this grant was ended, by the customer or because of reuse.
    pub(super) fn ended(&self, token: &str) -> bool {
        self.truth().ended.contains(&grant_of(token))
    }

    /// Stops all faults.
    pub(super) fn heal(&self) {
        self.truth().is_over = true;
    }

    /// The number of lost answers.
    pub(super) fn answers_lost(&self) -> usize {
        self.truth().answers_lost
    }

    /// Processes the requests that are due, in order.
    pub(super) fn act(&self, now: Duration) {
        loop {
            let next = {
                let mut truth = self.truth();
                let due = truth.to_do.first_key_value().is_some_and(|((at, _), _)| *at <= now);
                if !due {
                    return;
                }
                truth.to_do.pop_first().expect("it was there")
            };
            let ((_, request), (token, sent_at)) = next;
            let refresh = Refresh { refresh_token: &token, redirect_uri: None, region: None, sent_at, listen: Duration::ZERO };
            let answer = self.scripted.refresh(refresh).now_or_never().expect("no gate");
            let grant = grant_of(token.expose());
            let mut truth = self.truth();
            match &answer {
                Ok(Grant { refresh_token: Some(newest), .. }) => {
                    truth.newest.insert(grant, newest.expose().to_owned());
                }
                Err(TokenFailure::Refused) if self.mood.ends_families() => {
                    truth.ended.insert(grant);
                }
                _ => {}
            }
            truth.done.insert(request, answer);
        }
    }

    /// The fate of a request whose caller waits for `listen`.
    fn fate(&self, listen: Duration) -> Fate {
        let chance = &self.chance;
        let soon = chance.between(Duration::from_millis(20), Duration::from_millis(3_500));
        if self.truth().is_over || !chance.happens(self.mood.failures()) {
            return Fate::Answer(soon);
        }
        let harmless = [
            TokenFailure::ClientRefused,
            TokenFailure::Throttled { retry_after: None },
            TokenFailure::Throttled { retry_after: Some(Duration::from_secs(20)) },
            TokenFailure::NotSent,
        ];
        if self.mood == Mood::Mild || chance.happens(0.35) {
            return Fate::Fail(chance.one_of(&harmless).clone(), soon);
        }
        let broken = TokenFailure::Broken { status: 502 };
        match chance.one_of(&[0, 1, 2, 3, 4, 5]) {
            0 => Fate::Fail(broken, soon),
            1 => Fate::Fail(TokenFailure::NoAnswer, TIMEOUT),
            2 => Fate::Lose { acts: soon / 2, shown: broken, after: soon },
            3 => Fate::Lose { acts: soon, shown: TokenFailure::NoAnswer, after: listen },
            4 if chance.happens(0.3) => Fate::Revoked(soon),
            _ => {
                let acts = chance.between(TIMEOUT, LINGERS_MOST);
                if acts < listen { Fate::Late(acts) } else { Fate::Lose { acts, shown: TokenFailure::NoAnswer, after: listen } }
            }
        }
    }

    /// Records a request that begins now, and its end.
    fn fly(&self, token: &Secret, now: Duration, until: Duration) {
        let mut truth = self.truth();
        let token = token.expose().to_owned();
        if truth.flights.iter().any(|(other, end)| *other == token && *end > now) {
            truth.twice_at_once.get_or_insert(token.clone());
        }
        truth.flights.push((token, until));
    }

    fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().expect("nothing panics while it holds this")
    }
}

/// The grant of a token `refresh-{grant}-{rotation}`.
fn grant_of(token: &str) -> String {
    token.split('-').nth(1).expect("a token of the scripted platform").to_owned()
}
