//! Webhook endpoints, events and deliveries.

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::webhook::delivery::DeliveryStatus;
use strum::VariantNames as _;

use crate::openapi::text::{Text, company_key, text, time, word};
use crate::surface::partner::envelope::{Envelope, Page};
use crate::surface::partner::events::{EVENT_ID_LONGEST, EventAnswer};

pub(crate) fn of(handler: &str) -> Option<Text> {
    Some(match handler {
        "events::list" => Text::new("List events")
            .detail("The events of the last 90 days. The newest comes first.")
            .query([
                word("type", EventKind::VARIANTS, "Only events of this type."),
                company_key("Only events of this connection."),
                time("since", "The earliest time."),
                time("until", "The latest time."),
            ])
            .answers::<Page<EventAnswer<'static>>>(),
        "events::read" => Text::new("Read an event").answers::<Envelope<EventAnswer<'static>>>(),
        "deliveries::list" => Text::new("List deliveries")
            .detail("The newest comes first.")
            .query([
                text("endpointId", 64, "Only deliveries to this endpoint."),
                text("eventId", EVENT_ID_LONGEST, "Only deliveries of this event."),
                word("status", DeliveryStatus::VARIANTS, "Only deliveries with this status."),
            ])
            .codes(&["not_found"]),
        "deliveries::read" => Text::new("Read a delivery"),
        "deliveries::replay" => Text::new("Send an event again")
            .detail("A new delivery of the same event.")
            .statuses(&[201])
            .codes(&["endpoint_disabled"]),
        "deliveries::test" => Text::new("Send a test event").detail("Answers the delivery.").codes(&["endpoint_disabled"]),
        "deliveries::replay_all" => Text::new("Send earlier events again")
            .detail("New deliveries of the events of a range, 10,000 at most; `nextSince` continues.")
            .codes(&["invalid_parameter", "endpoint_disabled"]),
        "webhooks::list" => Text::new("List webhook endpoints"),
        "webhooks::create" => Text::new("Create a webhook endpoint")
            .detail("The answer has the signing `secret`. No later answer shows it again. No `events`, or `*`, means all.")
            .statuses(&[201])
            .codes(ENDPOINT),
        "webhooks::read" => Text::new("Read a webhook endpoint"),
        "webhooks::change" => Text::new("Change a webhook endpoint")
            .detail("A field that is absent stays as it is. A description that is null or empty is removed.")
            .codes(ENDPOINT),
        "webhooks::delete" => Text::new("Delete a webhook endpoint").codes(&["changed_meanwhile"]),
        "webhooks::rotate_secret" => Text::new("Replace the signing secret of an endpoint")
            .detail("Both secrets sign for `overlapSeconds`, 86,400 if not given.")
            .codes(&["invalid_parameter", "changed_meanwhile"]),
        _ => return None,
    })
}

/// The errors of an endpoint's fields.
const ENDPOINT: &[&str] = &["invalid_parameter", "invalid_url", "too_many_endpoints", "changed_meanwhile"];
