//! `/v1/end-users`. Function: `desktop`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{MatchedPath, State};
use counterfoil_core::model::desktop::end_user::{EndUserName, TEXT_LONGEST};
use counterfoil_core::model::desktop::id::EndUserId;
use counterfoil_core::service::desktop::end_users::{self, NewEndUser};
use counterfoil_core::{App, Error};
use counterfoil_desktop::failure::Failure;
use serde::{Deserialize, Serialize};

use crate::deadline::EndsAt;
use crate::extract::body::JsonBody;
use crate::extract::path::{FromPath, InPath};
use crate::surface::desktop::answers::{EndUserAnswer, ListAnswer};
use crate::surface::desktop::caller::DesktopCaller;
use crate::surface::desktop::refusal::Refused;

impl FromPath for EndUserId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_END_USER)
    }
}

/// The body of a request for an end user.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct New {
    company_name: String,
    source_id: String,
    email: String,
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    JsonBody(new): JsonBody<New>,
) -> Result<Json<impl Serialize>, Refused> {
    let new = NewEndUser {
        company_name: text("companyName", new.company_name)?,
        source_id: text("sourceId", new.source_id)?,
        email: text("email", new.email)?,
    };
    let end_user = end_users::create_end_user(&app, &key, new).await?;
    Ok(Json(EndUserAnswer::of(end_user, None)))
}

fn text(name: &str, value: String) -> Result<String, Refused> {
    let is_good = !value.trim().is_empty() && value.chars().count() <= TEXT_LONGEST && !value.chars().any(char::is_control);
    if is_good {
        return Ok(value);
    }
    let message = format!("{name} must have 1 to {TEXT_LONGEST} characters, and no control characters.");
    Err(Failure::invalid_request(message).into())
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    route: MatchedPath,
) -> Result<Json<impl Serialize>, Refused> {
    let all = end_users::list_end_users(&app, &key.partner).await?;
    let data = all.into_iter().map(|(end_user, connection)| EndUserAnswer::of(end_user, connection.as_ref())).collect();
    Ok(Json(ListAnswer::of(&route, data)))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    InPath(id): InPath<EndUserId>,
) -> Result<Json<impl Serialize>, Refused> {
    let (end_user, connection) = end_users::read_end_user(&app, &EndUserName { partner: key.partner, id }).await?;
    Ok(Json(EndUserAnswer::of(end_user, connection.as_ref())))
}

/// The answer to a deletion.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deletion {
    id: String,
    object_type: &'static str,
    deleted: bool,
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    DesktopCaller(key): DesktopCaller,
    InPath(id): InPath<EndUserId>,
) -> Result<Json<impl Serialize>, Refused> {
    let name = EndUserName { partner: key.partner.clone(), id };
    end_users::delete_end_user(&app, &key, &name, ends_at).await?;
    Ok(Json(Deletion { id: name.id.to_string(), object_type: "end_user", deleted: true }))
}
