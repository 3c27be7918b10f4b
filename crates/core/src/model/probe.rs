//! A connection whose platform is to be asked whether it still gives access (T-7), because somebody hinted that it does not, or
//! because it did not when it was last asked.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::platform::PlatformName;
use crate::model::time::later;

/// How long after access was first refused the platform is asked again, before the grant ends.
pub const CONFIRMED_AFTER: Duration = Duration::from_secs(600);
/// How long after the end of a grant, and after each probe that found no access, the platform is asked whether it gives access again.
const ASKED_BACK_AFTER: [Duration; 3] =
    [Duration::from_secs(3_600), Duration::from_secs(86_400), Duration::from_secs(7 * 86_400)];
/// How long after a probe without a clear answer the next one is made, and how many of these there are before it is given up.
const REPEATED_AFTER: Duration = Duration::from_secs(600);
const UNANSWERED_MOST: u32 = 12;

/// A probe that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Of which connection.
    pub connection: ConnectionId,
    /// What it is to find out.
    pub aim: Aim,
    /// How many probes found no access.
    pub denied: u32,
    /// How many probes since then brought no clear answer.
    pub unanswered: u32,
    /// When.
    pub due_at: Timestamp,
}

/// What a probe is to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Aim {
    /// Whether a grant that is alive here has lost its access.
    Suspected,
    /// Whether a grant that ended because access was withdrawn has it back.
    Withdrawn,
}

impl Aim {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Probe {
    /// Of a living connection, from then on.
    pub fn suspected(connection: ConnectionId, denied: u32, due_at: Timestamp) -> Self {
        Self { connection, aim: Aim::Suspected, denied, unanswered: 0, due_at }
    }

    /// The first of a connection whose access was withdrawn at that time.
    pub fn withdrawn(connection: ConnectionId, at: Timestamp) -> Self {
        Self { connection, aim: Aim::Withdrawn, denied: 0, unanswered: 0, due_at: later(at, ASKED_BACK_AFTER[0]) }
    }

    /// The one that follows where this one found no access; `None` where none does.
    pub fn after_denial(self, now: Timestamp) -> Option<Self> {
        let denied = self.denied.saturating_add(1);
        let pause = match self.aim {
            Aim::Suspected => (denied == 1).then_some(CONFIRMED_AFTER),
            Aim::Withdrawn => usize::try_from(denied).ok().and_then(|denied| ASKED_BACK_AFTER.get(denied)).copied(),
        };
        pause.map(|pause| Self { denied, unanswered: 0, due_at: later(now, pause), ..self })
    }

    /// The one that follows where this one brought no clear answer; `None` where none does.
    pub fn after_no_answer(self, now: Timestamp) -> Option<Self> {
        let unanswered = self.unanswered.saturating_add(1);
        (unanswered < UNANSWERED_MOST).then(|| Self { unanswered, due_at: later(now, REPEATED_AFTER), ..self })
    }
}

/// A company that somebody says was disconnected at its platform.
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

/// What is due of all that has to do with suspicions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suspicion {
    /// Hints that nobody has followed yet.
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

    /// The seconds between a probe and those that follow it, each finding no access.
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
    fn t7_a_suspicion_is_probed_twice_ten_minutes_apart() {
        assert_eq!(pauses(Probe::suspected(connection(), 0, Timestamp::UNIX_EPOCH)), [600]);
    }

    #[test]
    fn t7_withdrawn_access_is_asked_for_after_an_hour_a_day_and_a_week() {
        let probe = Probe::withdrawn(connection(), Timestamp::UNIX_EPOCH);
        assert_eq!(probe.due_at.as_second(), 3_600);
        assert_eq!(pauses(probe), [86_400, 7 * 86_400]);
    }

    #[test]
    fn probes_without_an_answer_come_to_an_end() {
        let mut next = Some(Probe::suspected(connection(), 0, Timestamp::UNIX_EPOCH));
        let mut made = 0;
        while let Some(probe) = next {
            made += 1;
            next = probe.after_no_answer(Timestamp::UNIX_EPOCH);
        }
        assert_eq!(made, 12);
    }
}
