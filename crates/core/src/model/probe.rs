//! Probes (T-7): requests that ask a platform whether a connection still has access. A hint or a refused probe causes the next one.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::platform::PlatformName;
use crate::model::time::later;

/// Pause between the first refusal of access and the second probe. If that is refused too, the grant ends.
pub(crate) const CONFIRMED_AFTER: Duration = Duration::from_secs(600);
/// Pauses before the probes that check whether access is back: after the end of the grant, and after each refused probe.
const ASKED_BACK_AFTER: [Duration; 3] =
    [Duration::from_secs(3_600), Duration::from_secs(86_400), Duration::from_secs(7 * 86_400)];
/// Pause after a probe without a clear answer.
const REPEATED_AFTER: Duration = Duration::from_secs(600);
/// The number of probes without a clear answer after which no more are made.
const UNANSWERED_MOST: u32 = 12;

/// A scheduled probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The connection.
    pub connection: ConnectionId,
    /// What it checks.
    pub kind: ProbeKind,
    /// The number of probes that were refused.
    pub denied: u32,
    /// The number of probes without a clear answer since then.
    pub unanswered: u32,
    /// When it is due.
    pub due_at: Timestamp,
}

/// What a probe checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ProbeKind {
    /// Whether an active grant has lost its access.
    Suspected,
    /// Whether access is back, after a grant ended because it was withdrawn.
    Withdrawn,
}

impl ProbeKind {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Probe {
    /// A probe of an active connection.
    pub fn suspected(connection: ConnectionId, denied: u32, due_at: Timestamp) -> Self {
        Self { connection, kind: ProbeKind::Suspected, denied, unanswered: 0, due_at }
    }

    /// The first probe after access was withdrawn at `at`.
    pub(crate) fn withdrawn(connection: ConnectionId, at: Timestamp) -> Self {
        Self { connection, kind: ProbeKind::Withdrawn, denied: 0, unanswered: 0, due_at: later(at, ASKED_BACK_AFTER[0]) }
    }

    /// The next probe after this one was refused; `None` if it is the last.
    pub(crate) fn after_denial(self, now: Timestamp) -> Option<Self> {
        let denied = self.denied.saturating_add(1);
        let pause = match self.kind {
            ProbeKind::Suspected => (denied == 1).then_some(CONFIRMED_AFTER),
            ProbeKind::Withdrawn => usize::try_from(denied).ok().and_then(|denied| ASKED_BACK_AFTER.get(denied)).copied(),
        };
        pause.map(|pause| Self { denied, unanswered: 0, due_at: later(now, pause), ..self })
    }

    /// The next probe after this one brought no clear answer; `None` if it is the last.
    pub(crate) fn after_no_answer(self, now: Timestamp) -> Option<Self> {
        let unanswered = self.unanswered.saturating_add(1);
        (unanswered < UNANSWERED_MOST).then(|| Self { unanswered, due_at: later(now, REPEATED_AFTER), ..self })
    }
}

/// A platform's answer to a request for a connection's company that a caller caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum AccessAnswer {
    /// The connection has access.
    Given,
    /// The platform accepts the token and refuses the request (403).
    Forbidden,
    /// The platform refuses the token for the company, and also a fresh one.
    Withdrawn,
    /// The platform gave no clear answer.
    Unclear,
}

impl AccessAnswer {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether a caller may have the platform asked for a connection's company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Nobody did lately.
    Permitted,
    /// Somebody did lately. The last known answer, if there is one.
    TooSoon(Option<AccessAnswer>),
}

/// An unconfirmed report that a company was disconnected at its platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The platform.
    pub platform: PlatformName,
    /// The platform's id of the company.
    pub company_id: String,
}

/// The hints of one shard and one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintsId {
    /// The shard.
    pub shard: u8,
    /// Minutes since 1970.
    pub minute: i64,
}

/// A due item of the workers that check access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DueProbe {
    /// Hints that are not processed yet.
    Hints(HintsId),
    /// A probe of this connection.
    Probe(ConnectionId),
}

#[cfg(test)]
mod tests {
    use crate::model::name::{CompanyKey, PartnerId};

    use super::*;

    fn connection() -> ConnectionId {
        let company_key = CompanyKey::parse("acme").expect("a company key");
        ConnectionId { partner: PartnerId::default_partner(), company_key }
    }

    /// The seconds between a probe and the next ones if each is refused.
    fn pauses(probe: Probe) -> Vec<i64> {
        let mut pauses = Vec::new();
        let mut next = Some(probe);
        while let Some(probe) = next {
            let at = probe.due_at;
            next = probe.after_denial(at);
            pauses.extend(next.as_ref().map(|next| next.due_at.as_second() - at.as_second()));
        }
        pauses
    }

    #[test]
    fn t7_a_hint_causes_two_probes_ten_minutes_apart() {
        assert_eq!(pauses(Probe::suspected(connection(), 0, Timestamp::UNIX_EPOCH)), [600]);
    }

    #[test]
    fn t7_withdrawn_access_is_probed_after_an_hour_a_day_and_a_week() {
        let probe = Probe::withdrawn(connection(), Timestamp::UNIX_EPOCH);
        assert_eq!(probe.due_at.as_second(), 3_600);
        assert_eq!(pauses(probe), [86_400, 7 * 86_400]);
    }

    #[test]
    fn probes_without_a_clear_answer_end_after_twelve() {
        let mut next = Some(Probe::suspected(connection(), 0, Timestamp::UNIX_EPOCH));
        let mut made = 0;
        while let Some(probe) = next {
            made += 1;
            next = probe.after_no_answer(Timestamp::UNIX_EPOCH);
        }
        assert_eq!(made, 12);
    }
}
