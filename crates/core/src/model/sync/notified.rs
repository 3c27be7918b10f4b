//! What notifications of a platform ask for: the runs that are to begin, and when.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::sync::SyncKind;
use crate::model::time::later;

/// The shortest time between two runs of a connection that begin because of notifications.
pub const NOTIFIED_EVERY: Duration = Duration::from_secs(300);

/// The runs of a connection that notifications ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notified {
    /// Their kinds. A kind is named once, however many notifications ask for it.
    pub kinds: BTreeSet<SyncKind>,
    /// The earliest time at which they, or else those of the next notification, may begin. `None` before the first notification.
    pub from: Option<Timestamp>,
}

impl Notified {
    /// When the runs are due; `None` if there are none.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.from.filter(|_| !self.kinds.is_empty())
    }

    /// With runs that a notification asks for now.
    #[must_use]
    pub fn with(mut self, kinds: &BTreeSet<SyncKind>, now: Timestamp) -> Self {
        if self.kinds.is_empty() {
            self.from = self.from.max(Some(now));
        }
        self.kinds.extend(kinds);
        self
    }

    /// Without the runs, which are not to begin before the next notification.
    #[must_use]
    pub fn dropped(self) -> Self {
        Self { kinds: BTreeSet::new(), ..self }
    }

    /// With no run before the pause is over.
    #[must_use]
    pub fn paused(self, now: Timestamp) -> Self {
        Self { from: Some(later(now, NOTIFIED_EVERY)), ..self }
    }

    /// After a run of that kind has begun, which reads the changes that earlier notifications reported.
    #[must_use]
    pub fn without(mut self, kind: SyncKind) -> Self {
        self.kinds.remove(&kind);
        self
    }
}
