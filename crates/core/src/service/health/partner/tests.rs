//! The rules of the status, and percentiles.

use std::collections::BTreeMap;

use crate::model::health::Counted;
use crate::model::platform::PlatformName;
use crate::port::store::health::Connections;

use super::decide::{HealthStatus, status_of_platform};
use super::{PlatformHealth, percentile};

fn platform(counts: &[(Counted, u64)]) -> PlatformHealth {
    PlatformHealth {
        platform: PlatformName::Xero,
        status: HealthStatus::Ok,
        connections: Connections { active: 100, needs_reauthorization: 5, disconnected: 900 },
        counts: counts.iter().copied().collect(),
        oldest_overdue_seconds: 512,
    }
}

#[test]
fn s7_a_platform_is_degraded_by_some_failures_and_failing_by_most() {
    use Counted::{RefreshesFailed, RefreshesLost, RefreshesSucceeded, SyncsCompleted, SyncsFailed};
    let status = |counts: &[(Counted, u64)]| status_of_platform(&platform(counts));
    assert_eq!(status(&[(RefreshesSucceeded, 95), (RefreshesFailed, 5), (SyncsCompleted, 1)]), HealthStatus::Ok);
    assert_eq!(status(&[(RefreshesSucceeded, 94), (RefreshesFailed, 6)]), HealthStatus::Degraded);
    assert_eq!(
        status(&[(RefreshesSucceeded, 1_000), (RefreshesLost, 1)]),
        HealthStatus::Degraded,
        "a lost grant is worth a look"
    );
    assert_eq!(status(&[(RefreshesSucceeded, 2), (RefreshesFailed, 3)]), HealthStatus::Failing);
    assert_eq!(status(&[(RefreshesFailed, 2)]), HealthStatus::Degraded, "too few to tell");
    assert_eq!(status(&[(SyncsCompleted, 40), (SyncsFailed, 60)]), HealthStatus::Failing);
}

#[test]
fn s7_a_platform_is_degraded_by_connections_without_consent_and_by_a_late_refresher() {
    let well = platform(&[]);
    let many = PlatformHealth { connections: Connections { needs_reauthorization: 6, ..well.connections }, ..well.clone() };
    assert_eq!(status_of_platform(&many), HealthStatus::Degraded);
    let none = Connections { active: 0, needs_reauthorization: 6, disconnected: 0 };
    assert_eq!(status_of_platform(&PlatformHealth { connections: none, ..well.clone() }), HealthStatus::Failing);
    let late = |oldest_overdue_seconds| status_of_platform(&PlatformHealth { oldest_overdue_seconds, ..well.clone() });
    assert_eq!([late(512), late(1_024), late(4_096)], [HealthStatus::Ok, HealthStatus::Degraded, HealthStatus::Failing]);
}

#[test]
fn s7_a_percentile_is_the_least_number_that_so_many_do_not_exceed() {
    let counted: BTreeMap<u64, u64> = [(128, 50), (256, 44), (1_024, 6)].into();
    assert_eq!(
        [percentile(&counted, 50), percentile(&counted, 95), percentile(&counted, 100)],
        [Some(128), Some(1_024), Some(1_024)]
    );
    assert_eq!(percentile(&BTreeMap::new(), 50), None);
}
