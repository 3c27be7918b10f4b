//! The item of a connection through the Web Connector, with the session that is open.

use counterfoil_core::model::desktop::connection::{DesktopConnection, WebConnectorSession};
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{EndUserId, IntegrationConnectionId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, maybe_time, millis, name_of, time, to_item};

#[derive(Serialize, Deserialize)]
struct ConnectionRow {
    partner: String,
    end_user_id: String,
    connection_id: String,
    created_at: i64,
    password_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_set_at: Option<i64>,
    file_id: String,
    #[serde(default)]
    has_seen_file: bool,
    qwc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_polled_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_request_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_successful_request_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_file: Option<String>,
    #[serde(default)]
    is_awaited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionRow>,
}

/// A session within the item of its connection.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionRow {
    ticket_sha256: String,
    seen_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

impl From<&WebConnectorSession> for SessionRow {
    fn from(session: &WebConnectorSession) -> Self {
        Self {
            ticket_sha256: session.ticket.as_str().to_owned(),
            seen_at: millis(session.seen_at),
            refusal: session.refusal.clone(),
        }
    }
}

pub(crate) fn write(connection: &DesktopConnection) -> Result<Item, StoreError> {
    let row = ConnectionRow {
        partner: connection.end_user.partner.to_string(),
        end_user_id: connection.end_user.id.to_string(),
        connection_id: connection.id.to_string(),
        created_at: millis(connection.created_at),
        password_sha256: connection.password.as_str().to_owned(),
        password_set_at: connection.password_set_at.map(millis),
        file_id: connection.file_id.clone(),
        has_seen_file: connection.has_seen_file,
        qwc: connection.qwc.clone(),
        last_polled_at: connection.last_polled_at.map(millis),
        last_request_at: connection.last_request_at.map(millis),
        last_successful_request_at: connection.last_successful_request_at.map(millis),
        connected_file: connection.connected_file.clone(),
        is_awaited: connection.is_awaited,
        session: connection.session.as_ref().map(SessionRow::from),
    };
    to_item(&Key::desktop_connection(&connection.end_user), row)
}

pub(crate) fn read(item: Item) -> Result<DesktopConnection, StoreError> {
    let name = name_of(&item);
    let row: ConnectionRow = from_item(item)?;
    let session = row.session.map(|session| {
        Ok(WebConnectorSession {
            ticket: Fingerprint::stored(session.ticket_sha256),
            seen_at: time(&name, session.seen_at)?,
            refusal: session.refusal,
        })
    });
    Ok(DesktopConnection {
        id: IntegrationConnectionId::parse(&row.connection_id).ok_or_else(|| damaged(&name, "connection_id"))?,
        end_user: EndUserName {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            id: EndUserId::parse(&row.end_user_id).ok_or_else(|| damaged(&name, "end_user_id"))?,
        },
        created_at: time(&name, row.created_at)?,
        password: Fingerprint::stored(row.password_sha256),
        password_set_at: maybe_time(&name, row.password_set_at)?,
        file_id: row.file_id,
        has_seen_file: row.has_seen_file,
        qwc: row.qwc,
        last_polled_at: maybe_time(&name, row.last_polled_at)?,
        last_request_at: maybe_time(&name, row.last_request_at)?,
        last_successful_request_at: maybe_time(&name, row.last_successful_request_at)?,
        connected_file: row.connected_file,
        is_awaited: row.is_awaited,
        session: session.transpose()?,
    })
}
