//! The JSON form of a delivery.

use counterfoil_core::model::webhook::delivery::{Delivery, DeliveryAttempt, Reply};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::partner::envelope::to_the_second;
use crate::surface::words;

/// A delivery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Delivery)]
pub(crate) struct DeliveryAnswer {
    id: String,
    event_id: String,
    #[schema(schema_with = words::event)]
    event: &'static str,
    endpoint_id: String,
    #[schema(schema_with = words::delivery_status)]
    status: &'static str,
    attempts: Vec<AttemptAnswer>,
    next_attempt_at: Option<Timestamp>,
    created_at: Timestamp,
}

/// An attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeliveryAttempt)]
struct AttemptAnswer {
    at: Timestamp,
    response_status: Option<u16>,
    duration_ms: u64,
    error: Option<&'static str>,
}

pub(crate) fn answer(delivery: Delivery) -> DeliveryAnswer {
    DeliveryAnswer {
        id: delivery.id.to_string(),
        event_id: delivery.id.event,
        event: delivery.kind.as_str(),
        endpoint_id: delivery.id.endpoint.to_string(),
        status: delivery.status.as_str(),
        attempts: delivery.attempts.iter().map(attempt).collect(),
        next_attempt_at: delivery.next_attempt_at.map(to_the_second),
        created_at: to_the_second(delivery.created_at),
    }
}

fn attempt(attempt: &DeliveryAttempt) -> AttemptAnswer {
    AttemptAnswer {
        at: to_the_second(attempt.at),
        response_status: match attempt.reply {
            Reply::Status(status) => Some(status),
            Reply::None(_) => None,
        },
        duration_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        error: match attempt.reply {
            reply if reply.is_success() => None,
            Reply::Status(_) => Some("unexpected_status"),
            Reply::None(failure) => Some(failure.as_str()),
        },
    }
}
