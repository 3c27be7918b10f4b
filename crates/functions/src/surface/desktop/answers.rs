//! The objects of this surface.

use axum::extract::MatchedPath;
use counterfoil_core::model::desktop::connection::DesktopConnection;
use counterfoil_core::model::desktop::end_user::EndUser;
use jiff::Timestamp;
use serde::Serialize;

/// An end user. Newer SDKs read its connections, older ones leave them out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndUserAnswer {
    id: String,
    object_type: &'static str,
    created_at: String,
    company_name: String,
    source_id: String,
    email: String,
    integration_connections: Vec<ConnectionAnswer>,
}

impl EndUserAnswer {
    pub(super) fn of(end_user: EndUser, connection: Option<&DesktopConnection>) -> Self {
        Self {
            id: end_user.name.id.to_string(),
            object_type: "end_user",
            created_at: time(end_user.created_at),
            company_name: end_user.company_name,
            source_id: end_user.source_id,
            email: end_user.email,
            integration_connections: connection.map(ConnectionAnswer::of).into_iter().collect(),
        }
    }
}

/// A connection. `endUserId` is for the oldest SDK, which lists connections by themselves.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionAnswer {
    id: String,
    object_type: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_user_id: Option<String>,
    integration_slug: &'static str,
    last_request_at: Option<String>,
    last_successful_request_at: Option<String>,
}

impl ConnectionAnswer {
    pub(super) fn of(connection: &DesktopConnection) -> Self {
        Self {
            id: connection.id.to_string(),
            object_type: "integration_connection",
            created_at: time(connection.created_at),
            end_user_id: None,
            integration_slug: "quickbooks_desktop",
            last_request_at: connection.last_request_at.map(time),
            last_successful_request_at: connection.last_successful_request_at.map(time),
        }
    }

    pub(super) fn with_end_user(connection: &DesktopConnection) -> Self {
        Self { end_user_id: Some(connection.end_user.id.to_string()), ..Self::of(connection) }
    }
}

/// A list without pages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListAnswer<T> {
    object_type: &'static str,
    url: String,
    data: Vec<T>,
}

impl<T> ListAnswer<T> {
    pub(super) fn of(route: &MatchedPath, data: Vec<T>) -> Self {
        Self { object_type: "list", url: route.as_str().to_owned(), data }
    }
}

/// A time in the form of the documentation's examples: milliseconds and `Z`.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
