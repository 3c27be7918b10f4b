//! `/v1/integration-connections`, which only the SDK of 11.6 requests. Function: `desktop`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{MatchedPath, State};
use counterfoil_core::model::desktop::id::IntegrationConnectionId;
use counterfoil_core::service::desktop::end_users::list_end_users;
use counterfoil_core::{App, Error};
use serde::Serialize;

use crate::extract::path::{FromPath, InPath};
use crate::surface::desktop::answers::{ConnectionAnswer, ListAnswer};
use crate::surface::desktop::caller::DesktopCaller;
use crate::surface::desktop::refusal::Refused;

/// No such connection, or another partner's.
const NO_CONNECTION: Error = Error::NotFound("There is no such integration connection.");

impl FromPath for IntegrationConnectionId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(NO_CONNECTION)
    }
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    route: MatchedPath,
) -> Result<Json<impl Serialize>, Refused> {
    let all = list_end_users(&app, &key.partner).await?;
    let connections = all.iter().filter_map(|(_, connection)| connection.as_ref());
    Ok(Json(ListAnswer::of(&route, connections.map(ConnectionAnswer::with_end_user).collect())))
}

/// Connections are stored by their end user, so this reads the list.
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    InPath(id): InPath<IntegrationConnectionId>,
) -> Result<Json<impl Serialize>, Refused> {
    let all = list_end_users(&app, &key.partner).await?;
    let found = all.iter().filter_map(|(_, connection)| connection.as_ref()).find(|connection| connection.id == id);
    Ok(Json(ConnectionAnswer::with_end_user(found.ok_or(NO_CONNECTION)?)))
}
