//! Whether the partner's webhook endpoints take their deliveries.

use crate::service::webhook::endpoints::EndpointView;

use super::Seen;
use super::check::{Advice, Named, ReadinessCheck};

/// Every endpoint is enabled, and its deliveries do not fail.
pub(super) fn webhooks(seen: &Seen<'_>) -> ReadinessCheck {
    let check = Named("webhooks");
    let works = |view: &&EndpointView| view.endpoint.is_enabled() && view.health.failing_since.is_none();
    let (working, all) = (seen.endpoints.iter().filter(works).count(), seen.endpoints.len());
    let message = format!("{working} of {all} webhook endpoints work.");
    match (working, all) {
        (_, 0) => check.not_used("There is no webhook endpoint."),
        (0, _) => check.fail(message, Advice::CheckEndpoints),
        _ if working < all => check.warn(message, Advice::CheckEndpoints),
        _ => check.pass(message),
    }
}
