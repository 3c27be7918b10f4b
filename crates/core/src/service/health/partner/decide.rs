//! The rules of the status. docs/api.md has them for readers.

use std::time::Duration;

use crate::model::health::Counted;
use crate::model::webhook::endpoint::{DisabledReason, EndpointStatus};

use crate::service::webhook::endpoints::EndpointView;

use super::{PlatformHealth, WebhooksHealth};

/// How a platform or the webhooks do, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum HealthStatus {
    /// All is well.
    Ok,
    /// Some of it does not work.
    Degraded,
    /// Most of it does not work.
    Failing,
}

/// More failures than this many percent are worth a look.
const SOME: u64 = 5;
/// More failures than this many percent are a failure of the whole.
const MOST: u64 = 50;
/// A share of fewer refreshes or imports than this is no sign of a failure of the whole.
const ENOUGH: u64 = 5;
/// From this lateness on the refresher lags.
const LATE: Duration = Duration::from_secs(600);
/// From this lateness on tokens are not refreshed before they expire.
const TOO_LATE: Duration = Duration::from_secs(3_600);
/// From this delay on webhooks are late, in milliseconds.
const SLOW: u64 = 60_000;

/// The status of what failed among all.
fn share(failed: u64, all: u64) -> HealthStatus {
    match failed * 100 {
        failed if all >= ENOUGH && failed > all * MOST => HealthStatus::Failing,
        failed if failed > all * SOME => HealthStatus::Degraded,
        _ => HealthStatus::Ok,
    }
}

pub(super) fn status_of_platform(health: &PlatformHealth) -> HealthStatus {
    let (count, connections) = (|counted| health.count(counted), &health.connections);
    let lost = count(Counted::RefreshesLost);
    let not_refreshed = count(Counted::RefreshesFailed) + lost;
    let failed_imports = count(Counted::SyncsFailed);
    let lateness = match Duration::from_secs(health.oldest_overdue_seconds) {
        late if late >= TOO_LATE => HealthStatus::Failing,
        late if late >= LATE => HealthStatus::Degraded,
        _ => HealthStatus::Ok,
    };
    let of_losses = if lost > 0 { HealthStatus::Degraded } else { HealthStatus::Ok };
    let all = [
        share(not_refreshed, not_refreshed + count(Counted::RefreshesSucceeded)),
        share(failed_imports, failed_imports + count(Counted::SyncsCompleted)),
        share(connections.needs_reauthorization, connections.needs_reauthorization + connections.active),
        lateness,
        of_losses,
    ];
    all.into_iter().max().unwrap_or(HealthStatus::Ok)
}

/// Whether an endpoint works, or was disabled by its partner.
pub(super) fn works(view: &EndpointView) -> bool {
    match view.endpoint.status {
        EndpointStatus::Enabled => view.health.failing_since.is_none(),
        EndpointStatus::Disabled(reason) => reason == DisabledReason::Requested,
    }
}

pub(super) fn status_of_webhooks(health: &WebhooksHealth, endpoints: &[EndpointView]) -> HealthStatus {
    let in_use = endpoints.iter().filter(|view| view.endpoint.status != EndpointStatus::Disabled(DisabledReason::Requested));
    match health.failing {
        failing if failing > 0 && failing == in_use.count() as u64 => HealthStatus::Failing,
        failing if failing > 0 || health.delay_ms_p95.is_some_and(|delay| delay > SLOW) => HealthStatus::Degraded,
        _ => HealthStatus::Ok,
    }
}

/// The worst of all.
pub(super) fn overall(platforms: &[PlatformHealth], webhooks: HealthStatus) -> HealthStatus {
    platforms.iter().map(|health| health.status).chain([webhooks]).max().unwrap_or(HealthStatus::Ok)
}
