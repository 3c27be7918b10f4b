//! The settings of a connection's imports. Its partner sets them.

use std::fmt;

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr};

use crate::model::connection::ConnectionId;
use crate::model::secret::Fingerprint;

/// The settings of a connection's imports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncSettings {
    /// How often runs begin without a request.
    pub schedule: Schedule,
    /// Whether the platform's own JSON of each record is stored.
    pub keeps_source: bool,
    /// Which records count as checks, on a platform without a type for checks.
    pub check_rule: CheckRule,
}

/// How often runs begin without a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Schedule {
    /// Never.
    #[default]
    Off,
    /// Every hour.
    Hourly,
    /// Every six hours.
    #[strum(serialize = "every_6_hours")]
    Every6Hours,
    /// Every day.
    Daily,
}

impl Schedule {
    /// The words of all schedules.
    pub const WORDS: &str = "off, hourly, every_6_hours, daily";

    /// The first time after `now` at which a run of the connection begins; `None` if the schedule is off. A connection's times are an
    /// interval apart. A hash of its name gives their offset in the interval, so that the runs of all connections are spread evenly.
    pub fn next(self, connection: &ConnectionId, now: Timestamp) -> Option<Timestamp> {
        let interval = self.interval()?;
        let offset = i64::from(Fingerprint::of(&format!("schedule {connection}")).number()) % interval;
        let since_last = (now.as_second() - offset).rem_euclid(interval);
        Timestamp::from_second(now.as_second() - since_last + interval).ok()
    }

    /// In seconds.
    const fn interval(self) -> Option<i64> {
        match self {
            Self::Off => None,
            Self::Hourly => Some(3_600),
            Self::Every6Hours => Some(6 * 3_600),
            Self::Daily => Some(86_400),
        }
    }
}

/// Which records count as checks, on a platform without a type for checks (Xero).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CheckRule {
    /// Records whose reference is 1 to 12 digits, alone or after a word for check.
    #[default]
    NumberLike,
    /// All payments.
    AllSpend,
    /// Records whose reference begins with this text.
    Prefix(String),
}

impl CheckRule {
    /// The longest prefix, in characters.
    pub const PREFIX_LONGEST: usize = 32;

    /// Reads `number_like`, `all_spend` or `prefix:…`. A prefix has 1 to [`Self::PREFIX_LONGEST`] characters, none of them a
    /// control character, and does not begin with a space: references are compared without the spaces around them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "number_like" => return Some(Self::NumberLike),
            "all_spend" => return Some(Self::AllSpend),
            _ => {}
        }
        let prefix = text.strip_prefix("prefix:")?;
        let fits = (1..=Self::PREFIX_LONGEST).contains(&prefix.chars().count());
        let is_found = !prefix.starts_with(char::is_whitespace) && !prefix.chars().any(char::is_control);
        (fits && is_found).then(|| Self::Prefix(prefix.to_owned()))
    }
}

impl fmt::Display for CheckRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NumberLike => f.write_str("number_like"),
            Self::AllSpend => f.write_str("all_spend"),
            Self::Prefix(prefix) => write!(f, "prefix:{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::model::name::{CompanyKey, PartnerId};

    use super::*;

    fn connection(number: u32) -> ConnectionId {
        let company_key = CompanyKey::parse(&format!("company-{number}")).expect("a key");
        ConnectionId { partner: PartnerId::default_partner(), company_key }
    }

    #[test]
    fn the_times_of_a_connection_are_fixed_and_an_interval_apart() {
        let now = Timestamp::from_millisecond(1_767_225_600_123).expect("a time");
        for (schedule, seconds) in [(Schedule::Hourly, 3_600), (Schedule::Every6Hours, 21_600), (Schedule::Daily, 86_400)] {
            let next = |now| schedule.next(&connection(1), now).expect("a time");
            let first = next(now);
            assert!((1..=seconds).contains(&(first.as_second() - now.as_second())), "{schedule:?}");
            assert_eq!(next(now), first, "the same again");
            assert_eq!(next(first).as_second() - first.as_second(), seconds);
            assert_eq!(next(Timestamp::from_second(first.as_second() - 1).expect("a time")), first);
        }
        assert_eq!(Schedule::Off.next(&connection(1), now), None);
    }

    #[test]
    fn connections_are_spread_over_the_hour() {
        let now = Timestamp::from_second(1_767_225_600).expect("a time");
        let wait = |number| Schedule::Hourly.next(&connection(number), now).expect("a time").as_second() - now.as_second();
        let minute = |number| (wait(number) - 1) / 60;
        let mut minutes: Vec<_> = (0..6_000).map(minute).collect();
        minutes.sort_unstable();
        assert_eq!(minutes.iter().collect::<BTreeSet<_>>().len(), 60);
        let fullest = minutes.chunk_by(|one, other| one == other).map(<[_]>::len).max();
        assert!(fullest.is_some_and(|fullest| fullest < 150), "100 in a minute on average, at most {fullest:?}");
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for word in Schedule::WORDS.split(", ") {
            assert_eq!(word.parse::<Schedule>().map(Into::<&str>::into), Ok(word));
        }
        let longest = format!("prefix:{}", "ü".repeat(32));
        for rule in ["number_like", "all_spend", "prefix:CHK ", longest.as_str()] {
            assert_eq!(CheckRule::parse(rule).map(|rule| rule.to_string()).as_deref(), Some(rule));
        }
        let longer = format!("prefix:{}", "x".repeat(33));
        for text in ["", "prefix:", "prefix: CHK", "prefix:a\nb", "NUMBER_LIKE", "chk", longer.as_str()] {
            assert_eq!(CheckRule::parse(text), None, "{text:?}");
        }
    }
}
