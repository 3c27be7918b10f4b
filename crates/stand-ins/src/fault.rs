//! Faults: which one is due, and for how many requests. `desk` applies them to answers.
//!
//! | `kind` | What the caller sees | State |
//! |---|---|---|
//! | `timeout` | nothing, until the caller disconnects or the platform's own time-out (120 s) | unchanged |
//! | `status` | `status` (default 503) with the platform's fault body | unchanged |
//! | `throttled` | the platform's throttle answer | unchanged |
//! | `reset` | the connection closed without an answer | unchanged |
//! | `garbage` | 200 with a body that is not JSON | unchanged |
//! | `oversized` | 200 with a body of 8 MiB | unchanged |
//! | `slow` | the right answer after `delay_ms` | changed when the request arrives |
//! | `answer_lost_after_rotating` | the connection closed without an answer | changed, the refresh token rotated |
//! | `status_after_rotating` | `status` (default 503) with the platform's fault body | changed, the refresh token rotated |
//!
//! | what [`RecordFault`] names | a page of records with that fault | unchanged |
//!
//! If the settings say that a refresh token never changes, a fault does not rotate it either.
//!
//! `at` is `authorize`, `token`, `revoke`, `api` or `records`. The kinds `after_rotating` are for `token` and `revoke` only. Those of
//! [`RecordFault`] are for `records` only, which takes no others; `api` applies to requests for records too. `delay_ms` (at most 120,000)
//! is for every kind but `timeout`. `times` is the number of requests that get the fault; without it, all requests until the faults are
//! cleared. Faults at one place apply in the order in which they were added.

use std::sync::Mutex;
use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

pub use crate::books::mangle::RecordFault;

/// The largest number of waiting faults.
const MAX_FAULTS: usize = 100;
/// The longest delay, in milliseconds: Intuit cuts slow calls off after 120 s.
pub(crate) const MAX_DELAY_MS: u32 = 120_000;

/// The requests that a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The consent page and its form.
    Authorize,
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revoke,
    /// The data API, on every host it has.
    Api,
    /// The lists of records in the data API.
    Records,
}

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No answer.
    Timeout,
    /// An error status, nothing changed.
    Status,
    /// The platform's throttle answer.
    Throttled,
    /// The connection closed, nothing changed.
    Reset,
    /// A success that cannot be parsed.
    Garbage,
    /// A success with a body that is far too large.
    Oversized,
    /// The right answer after a delay.
    Slow,
    /// The connection closed after the change was made.
    AnswerLostAfterRotating,
    /// An error status after the change was made.
    StatusAfterRotating,
    /// A faulty page of records.
    #[serde(untagged)]
    Records(RecordFault),
}

/// A fault, as the control route takes and lists it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The requests that it applies to.
    pub at: Place,
    /// Its kind.
    pub kind: Kind,
    /// The status of the kinds that answer one: 400 to 599, by default 503.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The delay of the answer, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u32>,
    /// The number of requests that still get the fault; `None` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// Why a fault was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadFault {
    #[error("status goes with the kinds status and status_after_rotating only")]
    StatusNotUsed,
    #[error("status must be between 400 and 599")]
    StatusNoError,
    #[error("the kind slow needs delay_ms")]
    SlowWithoutDelay,
    #[error("delay_ms must be at most {MAX_DELAY_MS}, and goes with every kind but timeout")]
    BadDelay,
    #[error("times must be at least 1")]
    NeverStrikes,
    #[error("the kinds that act after rotating go with token and revoke only")]
    NothingToChange,
    #[error("at records there are the kinds of records only, and those nowhere else")]
    RecordsApart,
    #[error("there are {MAX_FAULTS} faults already: clear them first")]
    TooMany,
}

impl Kind {
    /// The fault of a page of records, if it is one.
    pub(crate) fn of_records(self) -> Option<RecordFault> {
        match self {
            Self::Records(fault) => Some(fault),
            _ => None,
        }
    }
}

impl Fault {
    fn check(&self) -> Result<(), BadFault> {
        let answers_status = matches!(self.kind, Kind::Status | Kind::StatusAfterRotating);
        let after_change = matches!(self.kind, Kind::AnswerLostAfterRotating | Kind::StatusAfterRotating);
        let delay_fits = match self.delay_ms {
            Some(delay) => delay <= MAX_DELAY_MS && self.kind != Kind::Timeout,
            None => true,
        };
        if self.status.is_some() && !answers_status {
            Err(BadFault::StatusNotUsed)
        } else if self.status.is_some_and(|status| !(400..=599).contains(&status)) {
            Err(BadFault::StatusNoError)
        } else if self.kind == Kind::Slow && self.delay_ms.is_none() {
            Err(BadFault::SlowWithoutDelay)
        } else if !delay_fits {
            Err(BadFault::BadDelay)
        } else if self.times == Some(0) {
            Err(BadFault::NeverStrikes)
        } else if after_change && !matches!(self.at, Place::Token | Place::Revoke) {
            Err(BadFault::NothingToChange)
        } else if (self.at == Place::Records) != self.kind.of_records().is_some() {
            Err(BadFault::RecordsApart)
        } else {
            Ok(())
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// The delay of the answer. A time-out ends at the platform's own one.
    pub(crate) fn delay(&self) -> Duration {
        let milliseconds = match self.kind {
            Kind::Timeout => MAX_DELAY_MS,
            _ => self.delay_ms.unwrap_or_default(),
        };
        Duration::from_millis(milliseconds.into())
    }
}

/// The waiting faults, in the order in which they were added.
#[derive(Default)]
pub(crate) struct Faults {
    waiting: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Adds a fault at the end.
    pub(crate) fn add(&self, fault: Fault) -> Result<(), BadFault> {
        fault.check()?;
        let mut waiting = self.waiting.lock().expect("no holder panics");
        if waiting.len() == MAX_FAULTS {
            return Err(BadFault::TooMany);
        }
        waiting.push(fault);
        Ok(())
    }

    /// The fault that applies to this request. Its number of requests is reduced by one.
    pub(crate) fn take(&self, at: Place) -> Option<Fault> {
        let mut waiting = self.waiting.lock().expect("no holder panics");
        let index = waiting.iter().position(|fault| fault.at == at)?;
        if let Some(times) = &mut waiting[index].times {
            *times -= 1;
            if *times == 0 {
                return Some(waiting.remove(index));
            }
        }
        Some(waiting[index].clone())
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.waiting.lock().expect("no holder panics").clone()
    }

    pub(crate) fn clear(&self) {
        self.waiting.lock().expect("no holder panics").clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(at: Place, kind: Kind) -> Fault {
        Fault { at, kind, status: None, delay_ms: None, times: None }
    }

    #[test]
    fn faults_at_one_place_are_used_up_in_order() {
        let faults = Faults::default();
        let twice = Fault { times: Some(2), ..fault(Place::Token, Kind::Reset) };
        faults.add(twice).expect("fits");
        faults.add(fault(Place::Token, Kind::Garbage)).expect("fits");
        let kinds: Vec<_> = (0..4).filter_map(|_| faults.take(Place::Token)).map(|f| f.kind).collect();
        assert_eq!(kinds, [Kind::Reset, Kind::Reset, Kind::Garbage, Kind::Garbage]);
        assert!(faults.take(Place::Api).is_none());
    }

    #[test]
    fn an_impossible_fault_is_refused() {
        let check = |change: fn(&mut Fault)| {
            let mut candidate = fault(Place::Token, Kind::Status);
            change(&mut candidate);
            candidate.check()
        };
        assert_eq!(check(|_| ()), Ok(()));
        assert_eq!(check(|f| f.status = Some(200)), Err(BadFault::StatusNoError));
        assert_eq!(check(|f| f.times = Some(0)), Err(BadFault::NeverStrikes));
        assert_eq!(check(|f| f.delay_ms = Some(120_001)), Err(BadFault::BadDelay));
        assert_eq!(check(|f| f.kind = Kind::Slow), Err(BadFault::SlowWithoutDelay));
        let reset_with_status = |f: &mut Fault| (f.kind, f.status) = (Kind::Reset, Some(500));
        assert_eq!(check(reset_with_status), Err(BadFault::StatusNotUsed));
        let lost_at_api = |f: &mut Fault| (f.kind, f.at) = (Kind::AnswerLostAfterRotating, Place::Api);
        assert_eq!(check(lost_at_api), Err(BadFault::NothingToChange));
        let short_page_at_token = |f: &mut Fault| f.kind = Kind::Records(RecordFault::ShortPage);
        assert_eq!(check(short_page_at_token), Err(BadFault::RecordsApart));
        assert_eq!(check(|f| f.at = Place::Records), Err(BadFault::RecordsApart));
    }

    #[test]
    fn the_list_of_faults_is_bounded() {
        let faults = Faults::default();
        for _ in 0..MAX_FAULTS {
            faults.add(fault(Place::Api, Kind::Reset)).expect("fits");
        }
        assert_eq!(faults.add(fault(Place::Api, Kind::Reset)), Err(BadFault::TooMany));
    }
}
