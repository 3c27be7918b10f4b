//! `/v1/events`: a partner's events. Function: `webhooks`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::model::event::{EventId, EventKind};
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::webhook::notification::Notification;
use counterfoil_core::port::store::outbox::EventQuery;
use counterfoil_core::{App, Error};
use counterfoil_webhooks::Data;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::cursor;
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::partner::envelope::{Envelope, Page, to_the_second};
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The name of this list in its cursors.
const LIST: &str = "events";
/// The longest id of an event that is read, in characters.
pub(crate) const EVENT_ID_LONGEST: usize = 80;

/// An event. `data` is the same as in its webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub(crate) struct EventAnswer<'a> {
    id: String,
    #[schema(schema_with = words::event)]
    event: &'static str,
    data: Data<'a>,
    created_at: Timestamp,
}

fn answer(event: &Notification) -> EventAnswer<'_> {
    EventAnswer {
        id: event.id().to_owned(),
        event: event.kind().as_str(),
        data: Data::of(event),
        created_at: to_the_second(event.at()),
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    paging: Paging,
    query: Query,
) -> Result<Response, Problem> {
    let before = paging.after(LIST, &key.partner, EventId::parse)?;
    let company_key = query.filled("companyKey", CompanyKey::LONGEST)?.map(CompanyKey::parse).transpose()?;
    let asked = EventQuery {
        kind: query.word::<EventKind>("type", &EventKind::names())?,
        company_key: company_key.as_ref(),
        since: query.time("since")?,
        until: query.time("until")?,
        before: before.as_ref().map(EventId::as_str),
        most: paging.limit,
    };
    let page = app.outbox.events(&key.partner, &asked).await?;
    let next = page.read_to.map(|last| cursor::write(LIST, &key.partner, &last));
    Ok(Json(Page::of(page.events.iter().map(answer).collect(), next)).into_response())
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<EventId>,
) -> Result<Response, Problem> {
    let event = app.outbox.event(&key.partner, id.as_str()).await?.ok_or(Error::NO_EVENT)?;
    Ok(Json(Envelope::of(answer(&event))).into_response())
}
