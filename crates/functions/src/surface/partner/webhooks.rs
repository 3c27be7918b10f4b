//! `/v1/webhooks`: a partner's webhook endpoints. Function: `webhooks`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::{
    DESCRIPTION_LONGEST, EndpointId, EndpointStatus, OVERLAP, OVERLAP_MOST, URL_LONGEST,
};
use counterfoil_core::service::webhook::endpoints::{self, EndpointPatch, EndpointView, NewEndpoint};
use counterfoil_core::service::webhook::rotate_secret;
use counterfoil_core::{App, Error};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::body::{JsonBody, JsonOrNoBody};
use crate::extract::cursor;
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::surface::partner::envelope::{Envelope, Page, to_the_second};
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The name of this list in its cursors.
const LIST: &str = "webhooks";

/// An endpoint. Its secret is present only in the answers that made it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub(crate) struct EndpointAnswer {
    id: String,
    url: String,
    description: Option<String>,
    #[schema(schema_with = words::events)]
    events: Vec<&'static str>,
    #[schema(schema_with = words::endpoint_status)]
    status: &'static str,
    #[schema(schema_with = words::disabled_reason_or_null)]
    disabled_reason: Option<&'static str>,
    created_at: Timestamp,
    last_success_at: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
}

fn answer(view: EndpointView, secret: Option<&Secret>) -> EndpointAnswer {
    let EndpointView { endpoint, health } = view;
    EndpointAnswer {
        id: endpoint.id.to_string(),
        url: endpoint.url,
        description: endpoint.description,
        events: endpoint.events.into_iter().map(EventKind::as_str).collect(),
        status: if endpoint.status == EndpointStatus::Enabled { "enabled" } else { "disabled" },
        disabled_reason: match endpoint.status {
            EndpointStatus::Enabled => None,
            EndpointStatus::Disabled(reason) => Some(reason.as_str()),
        },
        created_at: to_the_second(endpoint.created_at),
        last_success_at: health.last_success_at.map(to_the_second),
        failing_since: health.failing_since.map(to_the_second),
        secret: secret.map(|secret| secret.expose().to_owned()),
    }
}

/// The body of a request for an endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewWebhookEndpoint)]
pub(crate) struct New {
    #[schema(schema_with = words::endpoint_url)]
    url: String,
    #[schema(schema_with = words::events_or_null)]
    events: Option<Vec<String>>,
    #[schema(max_length = 500)]
    description: Option<String>,
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    JsonBody(new): JsonBody<New>,
) -> Result<(StatusCode, Json<Envelope<EndpointAnswer>>), Problem> {
    let new = NewEndpoint {
        url: url(new.url)?,
        description: new.description.map_or(Ok(None), description)?,
        events: new.events.map_or(Ok(Vec::new()), |events| kinds(&events))?,
    };
    let (view, secret) = endpoints::create_endpoint(&app, &key, new).await?;
    Ok((StatusCode::CREATED, Json(Envelope::of(answer(view, Some(&secret))))))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    paging: Paging,
) -> Result<Json<Page<EndpointAnswer>>, Problem> {
    let after = paging.after(LIST, &key.partner, EndpointId::parse)?;
    let mut views = endpoints::list_endpoints(&app, &key.partner).await?;
    views.retain(|view| after.as_ref().is_none_or(|after| view.endpoint.id > *after));
    let has_more = views.len() > paging.limit as usize;
    views.truncate(paging.limit as usize);
    let last = views.last().filter(|_| has_more);
    let next = last.map(|last| cursor::write(LIST, &key.partner, last.endpoint.id.as_str()));
    Ok(Json(Page::of(views.into_iter().map(|view| answer(view, None)).collect(), next)))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EndpointId>,
) -> Result<Json<Envelope<EndpointAnswer>>, Problem> {
    Ok(Json(Envelope::of(answer(endpoints::read_endpoint(&app, &key.partner, &id).await?, None))))
}

/// The changes of an endpoint. A description that is null or empty is removed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = WebhookEndpointChange)]
pub(crate) struct Patch {
    #[schema(schema_with = words::endpoint_url_or_null)]
    url: Option<String>,
    #[schema(schema_with = words::events_or_null)]
    events: Option<Vec<String>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[schema(max_length = 500)]
    description: Option<String>,
    #[schema(schema_with = words::endpoint_status_or_null)]
    status: Option<String>,
}

/// Reads null, which is not the same as a missing field, as an empty text.
fn null_as_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer).map(|text: Option<String>| Some(text.unwrap_or_default()))
}

pub(crate) async fn change(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EndpointId>,
    JsonBody(patch): JsonBody<Patch>,
) -> Result<Json<Envelope<EndpointAnswer>>, Problem> {
    let patch = EndpointPatch {
        url: patch.url.map(url).transpose()?,
        events: patch.events.map(|events| kinds(&events)).transpose()?,
        description: patch.description.map(description).transpose()?.map(Option::unwrap_or_default),
        is_enabled: match patch.status.as_deref() {
            None => None,
            Some("enabled") => Some(true),
            Some("disabled") => Some(false),
            Some(_) => return Err(Error::invalid("invalid_parameter", "status must be enabled or disabled.").into()),
        },
    };
    Ok(Json(Envelope::of(answer(endpoints::change_endpoint(&app, &key, &id, &patch).await?, None))))
}

/// The answer to a deletion.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedWebhookEndpoint)]
pub(crate) struct Deleted {
    id: String,
    deleted: bool,
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EndpointId>,
) -> Result<Json<Envelope<Deleted>>, Problem> {
    endpoints::delete_endpoint(&app, &key, &id).await?;
    Ok(Json(Envelope::of(Deleted { id: id.to_string(), deleted: true })))
}

/// The body of a rotation.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schema(as = SecretRotation)]
pub(crate) struct Rotation {
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<u64>,
}

/// The new secret.
#[derive(Serialize, ToSchema)]
#[schema(as = RotatedSecret)]
pub(crate) struct Rotated {
    id: String,
    secret: String,
}

pub(crate) async fn rotate_secret(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EndpointId>,
    JsonOrNoBody(rotation): JsonOrNoBody<Rotation>,
) -> Result<Json<Envelope<Rotated>>, Problem> {
    let overlap = rotation.overlap_seconds.map_or(OVERLAP, Duration::from_secs);
    if overlap > OVERLAP_MOST {
        let most = OVERLAP_MOST.as_secs();
        return Err(Error::invalid("invalid_parameter", format!("overlapSeconds must be from 0 to {most}.")).into());
    }
    let secret = rotate_secret::rotate_secret(&app, &key, &id, overlap).await?;
    Ok(Json(Envelope::of(Rotated { id: id.to_string(), secret: secret.expose().to_owned() })))
}

fn url(url: String) -> Result<String, Error> {
    if url.len() > URL_LONGEST {
        return Err(Error::invalid("invalid_url", format!("url may have at most {URL_LONGEST} bytes.")));
    }
    Ok(url)
}

fn description(text: String) -> Result<Option<String>, Error> {
    if text.chars().count() > DESCRIPTION_LONGEST || text.chars().any(char::is_control) {
        let message = format!("description may have at most {DESCRIPTION_LONGEST} characters, and no control characters.");
        return Err(Error::invalid("invalid_parameter", message));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The kinds with these names, each once. `*` stands for all.
fn kinds(names: &[String]) -> Result<Vec<EventKind>, Error> {
    if names.iter().any(|name| name == "*") {
        return Ok(Vec::new());
    }
    let mut kinds = Vec::new();
    for name in names {
        let kind: EventKind = name.parse().map_err(|_| {
            Error::invalid("invalid_parameter", format!("events must be names of events: {}.", EventKind::names()))
        })?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}
