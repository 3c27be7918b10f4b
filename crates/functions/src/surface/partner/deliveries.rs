//! `/v1/deliveries`, and the tests and replays of an endpoint. Function: `webhooks`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use counterfoil_core::model::webhook::delivery::{DeliveryId, DeliveryStatus};
use counterfoil_core::model::webhook::endpoint::EndpointId;
use counterfoil_core::service::webhook::log::{LogQuery, list_deliveries, read_delivery};
use counterfoil_core::service::webhook::replay::{Range, replay_one, replay_range};
use counterfoil_core::service::webhook::test_endpoint;
use counterfoil_core::{App, Error};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::VariantNames as _;
use utoipa::ToSchema;

use crate::extract::body::JsonBody;
use crate::extract::cursor;
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::partner::delivery_answer::{DeliveryAnswer, answer};
use crate::surface::partner::envelope::{Envelope, Page};
use crate::surface::partner::events::EVENT_ID_LONGEST;
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The name of this list in its cursors.
const LIST: &str = "deliveries";

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    paging: Paging,
    query: Query,
) -> Result<Json<Page<DeliveryAnswer>>, Problem> {
    let endpoint = query.filled("endpointId", 64)?;
    let asked = LogQuery {
        endpoint: endpoint.map(|id| EndpointId::parse(id).ok_or(Error::NO_ENDPOINT)).transpose()?,
        event: query.filled("eventId", EVENT_ID_LONGEST)?.map(str::to_owned),
        status: query.word::<DeliveryStatus>("status", &DeliveryStatus::VARIANTS.join(", "))?,
        after: paging.after(LIST, &key.partner, DeliveryId::parse)?,
        most: paging.limit,
    };
    let page = list_deliveries(&app, &key.partner, &asked).await?;
    let next = page.next.map(|next| cursor::write(LIST, &key.partner, &next.to_string()));
    Ok(Json(Page::of(page.deliveries.into_iter().map(answer).collect(), next)))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<DeliveryId>,
) -> Result<Json<Envelope<DeliveryAnswer>>, Problem> {
    Ok(Json(Envelope::of(answer(read_delivery(&app, &key.partner, &id).await?))))
}

pub(crate) async fn test(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EndpointId>,
) -> Result<Json<Envelope<DeliveryAnswer>>, Problem> {
    Ok(Json(Envelope::of(answer(test_endpoint::test_endpoint(&app, &key, &id).await?))))
}

pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<DeliveryId>,
) -> Result<(StatusCode, Json<Envelope<DeliveryAnswer>>), Problem> {
    Ok((StatusCode::CREATED, Json(Envelope::of(answer(replay_one(&app, &key, &id).await?)))))
}

/// The body of a replay of a range.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Replay {
    #[schema(value_type = Timestamp)]
    since: String,
    #[schema(value_type = Option<Timestamp>)]
    until: Option<String>,
    #[schema(schema_with = words::replayed_or_null)]
    status: Option<String>,
}

/// What a replay did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replayed {
    deliveries: usize,
    next_since: Option<Timestamp>,
}

pub(crate) async fn replay_all(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EndpointId>,
    JsonBody(replay): JsonBody<Replay>,
) -> Result<Json<Envelope<Replayed>>, Problem> {
    let range = Range {
        since: time("since", &replay.since)?,
        until: replay.until.map(|until| time("until", &until)).transpose()?,
        is_all: match replay.status.as_deref() {
            None | Some("failed") => false,
            Some("all") => true,
            Some(_) => return Err(Error::invalid("invalid_parameter", "status must be failed or all.").into()),
        },
    };
    let replayed = replay_range(&app, &key, &id, range).await?;
    Ok(Json(Envelope::of(Replayed { deliveries: replayed.deliveries, next_since: replayed.next_since })))
}

fn time(field: &'static str, text: &str) -> Result<Timestamp, Error> {
    let wrong = || Error::invalid("invalid_parameter", format!("{field} must be a time, such as 2026-11-28T10:30:00Z."));
    text.parse().map_err(|_| wrong())
}
