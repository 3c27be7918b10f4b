//! Endpoints that fail: the partner is notified after four days, and the endpoint is disabled after five (W-7), or at once if it is gone.

use std::time::Duration;

use crate::model::audit::{Action, Actor};
use crate::model::event::Event;
use crate::model::time::until;
use crate::model::webhook::endpoint::{DisabledReason, Endpoint, EndpointName, EndpointStatus, Health, NOTICE};
use crate::model::webhook::notification::{EndpointChange, EndpointEvent};
use crate::port::store::Written;
use crate::port::store::webhooks::{EndpointChanged, EndpointLease, EndpointsChange};
use crate::{App, Error};

use crate::service::optimistic::Tries;

/// The log target under which the end of an endpoint is logged. `functions::metrics` counts these lines.
pub const ENDPOINT: &str = "counterfoil::endpoint";
/// The time of nothing but failures after which the partner is notified.
pub(crate) const NOTIFIED_AFTER: Duration = Duration::from_secs(4 * 86_400);
/// The time of nothing but failures after which an endpoint is disabled.
const DISABLED_AFTER: Duration = Duration::from_secs(5 * 86_400);

/// Notifies the partner of an endpoint that fails, or disables the endpoint. Returns whether the endpoint is enabled.
pub(crate) async fn judge(
    app: &App,
    lease: &EndpointLease,
    name: &EndpointName,
    endpoint: &Endpoint,
    health: &mut Health,
    is_gone: bool,
) -> Result<bool, Error> {
    let now = app.now();
    if is_gone {
        return disable(app, name, DisabledReason::Gone).await.map(|()| false);
    }
    let Some(failing_since) = health.failing_since else { return Ok(true) };
    let failing_for = until(failing_since, now);
    match health.notified_at {
        None if failing_for >= NOTIFIED_AFTER => {
            let event = event(app, name, endpoint, EndpointChange::Failing { failing_since });
            // If it is overtaken, the lease is lost, and with it the health.
            app.endpoints.notify_failing(&event, lease).await?;
            health.notified_at = Some(event.at);
            Ok(true)
        }
        Some(notified_at) if failing_for >= DISABLED_AFTER && until(notified_at, now) >= NOTICE => {
            disable(app, name, DisabledReason::Failing).await.map(|()| false)
        }
        _ => Ok(true),
    }
}

/// Disables an endpoint, with its audit row and its event.
async fn disable(app: &App, name: &EndpointName, reason: DisabledReason) -> Result<(), Error> {
    let mut tries = Tries::new(app, "an endpoint could not be disabled");
    loop {
        tries.next().await?;
        let mut endpoints = app.endpoints.endpoints(&name.partner).await?;
        let Some(endpoint) = endpoints.list.iter_mut().find(|endpoint| endpoint.id == name.id && endpoint.is_enabled()) else {
            return Ok(());
        };
        endpoint.status = EndpointStatus::Disabled(reason);
        let event = event(app, name, endpoint, EndpointChange::Disabled { reason });
        let detail = [("endpoint", name.id.to_string()), ("reason", reason.as_str().to_owned())];
        let audit = app.audit(&name.partner, Action::EndpointDisabled, Actor::Courier, detail);
        let of = EndpointChanged::Disabled(&event);
        let change = EndpointsChange { partner: &name.partner, endpoints: &endpoints, of, audit: &audit };
        if app.endpoints.change_endpoints(&change).await? == Written::Stored {
            tracing::warn!(target: ENDPOINT, endpoint = %name, reason = reason.as_str(), "a webhook endpoint was disabled");
            return Ok(());
        }
    }
}

fn event(app: &App, name: &EndpointName, endpoint: &Endpoint, change: EndpointChange) -> EndpointEvent {
    EndpointEvent { id: app.new_id(Event::ID_PREFIX), endpoint: name.clone(), url: endpoint.url.clone(), at: app.now(), change }
}
