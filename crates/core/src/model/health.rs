//! The health of a partner's integrations: what is counted, and the standing of each connection.

use std::time::Duration;

use jiff::Timestamp;
use strum::VariantArray as _;

use crate::model::connection::{DeathCause, Status};
use crate::model::failure_code::FailureCode;
use crate::model::platform::{Environment, PlatformName};
use crate::model::sync::{SyncFailure, SyncKind};
use crate::model::time::{earlier, later};

/// The period in which figures are counted together, from a multiple of it on.
pub const SLOT: Duration = Duration::from_secs(300);

/// The beginning of the slot of a time.
pub fn slot_of(at: Timestamp) -> Timestamp {
    let seconds = u64::try_from(at.as_second()).unwrap_or_default();
    later(Timestamp::UNIX_EPOCH, Duration::from_secs(seconds - seconds % SLOT.as_secs()))
}

/// The first slot of a period that ends now.
pub(crate) fn slot_before(now: Timestamp, period: Duration) -> Timestamp {
    slot_of(earlier(now, period))
}

/// What is counted of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Counted {
    /// Refreshes that gave a new token.
    RefreshesSucceeded,
    /// Refreshes that gave none, except those of [`Self::RefreshesLost`].
    RefreshesFailed,
    /// Refreshes that ended a grant because an answer of the platform was lost.
    RefreshesLost,
    /// Imports that read every page.
    SyncsCompleted,
    /// Imports that failed.
    SyncsFailed,
    /// Records that imports could not read or store.
    RecordErrors,
    /// Times that a refresh or an import had to wait for a limit of the platform.
    Throttled,
}

/// A figure, and the name under which it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Figure {
    /// A count of a platform.
    Of(PlatformName, Counted),
    /// Connections that were due for so many seconds when the refresher came to them, rounded up by [`bucket`].
    Overdue(PlatformName, u64),
    /// Events that waited for so many milliseconds for their first attempt to be delivered, rounded up by [`bucket`].
    Delay(u64),
}

/// The next power of two. The numbers of a distribution are counted by it, so a percentile is at most twice the exact one.
pub fn bucket(number: u64) -> u64 {
    number.checked_next_power_of_two().unwrap_or(1 << 63)
}

impl Figure {
    /// The name in the table.
    pub fn name(self) -> String {
        match self {
            Self::Of(platform, counted) => format!("{platform}_{}", <&str>::from(counted)),
            Self::Overdue(platform, seconds) => format!("{platform}_overdue_{seconds}"),
            Self::Delay(milliseconds) => format!("delay_{milliseconds}"),
        }
    }

    /// The figure with this name; `None` for one of a later version.
    pub fn of_name(name: &str) -> Option<Self> {
        if let Some(milliseconds) = name.strip_prefix("delay_") {
            return milliseconds.parse().ok().map(Self::Delay);
        }
        let (platform, rest) = PlatformName::at_start_of(name)?;
        match rest.strip_prefix("overdue_") {
            Some(seconds) => seconds.parse().ok().map(|seconds| Self::Overdue(platform, seconds)),
            None => Counted::VARIANTS.iter().find(|counted| <&str>::from(**counted) == rest).map(|it| Self::Of(platform, *it)),
        }
    }
}

/// The standing of a connection, as its partner's totals and list of problems have it. It follows the connection by moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// The status.
    pub status: Status,
    /// Why it needs somebody.
    pub problem: Option<Problem>,
}

/// Why a connection needs somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// Its grant has ended.
    GrantEnded(DeathCause),
    /// The last import of a kind failed.
    ImportFailed(SyncKind, SyncFailure),
}

impl Problem {
    /// A sentence or two for people.
    pub fn in_words(self) -> String {
        match self {
            Self::GrantEnded(cause) => FailureCode::from(cause).in_words().to_owned(),
            Self::ImportFailed(_, failure) => format!("The last import failed. {}", failure.in_words()),
        }
    }

    /// The word in the table.
    pub fn to_text(self) -> String {
        match self {
            Self::GrantEnded(cause) => format!("grant.{}", cause.as_str()),
            Self::ImportFailed(kind, failure) => format!("{}.{}", <&str>::from(kind), <&str>::from(failure)),
        }
    }

    /// The problem of a word; `None` for one of a later version.
    pub fn parse(text: &str) -> Option<Self> {
        let (of, reason) = text.split_once('.')?;
        if of == "grant" {
            return reason.parse().ok().map(Self::GrantEnded);
        }
        Some(Self::ImportFailed(of.parse().ok()?, reason.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_and_a_problem_are_read_back_from_their_names() {
        let of_platforms = PlatformName::ALL.into_iter().flat_map(|platform| {
            let counts = Counted::VARIANTS.iter().map(move |counted| Figure::Of(platform, *counted));
            counts.chain([Figure::Overdue(platform, 64)])
        });
        for figure in of_platforms.chain([Figure::Delay(1_024)]) {
            assert_eq!(Figure::of_name(&figure.name()), Some(figure));
        }
        assert_eq!([Figure::of_name("xero_later"), Figure::of_name("ttl")], [None, None]);
        let problems = [
            Problem::GrantEnded(DeathCause::RotationLost),
            Problem::ImportFailed(SyncKind::ImportInvoices, SyncFailure::AccessDenied),
        ];
        for problem in problems {
            assert_eq!(Problem::parse(&problem.to_text()), Some(problem));
        }
    }

    #[test]
    fn a_slot_begins_at_a_multiple_of_its_length_and_a_bucket_is_at_most_twice_the_number() {
        let at = |seconds| Timestamp::from_second(seconds).expect("in range");
        assert_eq!([slot_of(at(600)), slot_of(at(899))], [at(600), at(600)]);
        assert_eq!([bucket(0), bucket(1), bucket(3), bucket(1_024), bucket(u64::MAX)], [1, 1, 4, 1_024, 1 << 63]);
    }
}
