//! Selects the requests that get a fault.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fault::Fault;

/// A fault for the next requests of one operation.
#[derive(Clone, Debug)]
#[must_use]
pub struct Rule {
    /// `None` is every operation.
    operation: Option<String>,
    when: Option<String>,
    fault: Fault,
    spared: usize,
    times: usize,
}

impl Rule {
    /// `fault` for the next request of `operation` (`PutItem`, `TransactWriteItems`, ...).
    pub fn on(operation: &str, fault: Fault) -> Self {
        Self { operation: Some(operation.to_owned()), ..Self::on_any(fault) }
    }

    /// `fault` for the next request, whatever its operation is.
    pub fn on_any(fault: Fault) -> Self {
        Self { operation: None, when: None, fault, spared: 0, times: 1 }
    }

    /// Only for requests whose body, JSON as the client wrote it, contains `text`.
    pub fn when(mut self, text: &str) -> Self {
        self.when = Some(text.to_owned());
        self
    }

    /// Skips the first `requests` requests that match.
    pub fn after(mut self, requests: usize) -> Self {
        self.spared = requests;
        self
    }

    /// Applies the fault to this number of requests instead of one.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, operation: &str, body: &[u8]) -> bool {
        let contained = |text| std::str::from_utf8(body).is_ok_and(|body| body.contains(text));
        let is_meant = self.operation.as_deref().is_none_or(|meant| meant == operation);
        self.times > 0 && is_meant && self.when.as_deref().is_none_or(contained)
    }
}

/// The rules of one wire, in the order they were added.
#[derive(Debug, Default)]
pub(super) struct Rules(Mutex<Vec<Rule>>);

impl Rules {
    pub(super) fn add(&self, rule: Rule) {
        let operation = rule.operation.as_deref().unwrap_or_default();
        assert!(rule.fault.can_befall(operation), "{operation} never fails with {:?}", rule.fault);
        self.rules().push(rule);
    }

    pub(super) fn clear(&self) {
        self.rules().clear();
    }

    /// The fault for this request. It counts as used once.
    pub(super) fn take(&self, operation: &str, body: &[u8]) -> Option<Fault> {
        let mut rules = self.rules();
        let rule = rules.iter_mut().find(|rule| rule.matches(operation, body))?;
        if rule.spared > 0 {
            rule.spared -= 1;
            return None;
        }
        rule.times -= 1;
        Some(rule.fault)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
