//! The item of a session of the auth flow. TTL deletes it some time after its link has expired.

use counterfoil_core::model::desktop::auth_session::AuthSession;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{AuthSessionId, EndUserId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::Key;
use crate::row::{Item, damaged, from_item, maybe_time, millis, name_of, time, to_item};

/// The time for which an expired session can still be read, in seconds: thirty days.
const READ_FOR: i64 = 30 * 86_400;

#[derive(Serialize, Deserialize)]
struct AuthSessionRow {
    auth_session_id: String,
    partner: String,
    end_user_id: String,
    created_at: i64,
    expires_at: i64,
    sha256: String,
    client_secret: ByteBuf,
    publishable_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_shown_at: Option<i64>,
    ttl: i64,
}

pub(crate) fn write(session: &AuthSession) -> Result<Item, StoreError> {
    let row = AuthSessionRow {
        auth_session_id: session.id.to_string(),
        partner: session.end_user.partner.to_string(),
        end_user_id: session.end_user.id.to_string(),
        created_at: millis(session.created_at),
        expires_at: millis(session.expires_at),
        sha256: session.hash.as_str().to_owned(),
        client_secret: ByteBuf::from(session.client_secret.as_bytes()),
        publishable_key: session.publishable_key.clone(),
        redirect_url: session.redirect_url.clone(),
        password_shown_at: session.password_shown_at.map(millis),
        ttl: session.expires_at.as_second() + READ_FOR,
    };
    to_item(&Key::auth_session(&session.end_user.partner, &session.id), row)
}

pub(crate) fn read(item: Item) -> Result<AuthSession, StoreError> {
    let name = name_of(&item);
    let row: AuthSessionRow = from_item(item)?;
    Ok(AuthSession {
        id: AuthSessionId::parse(&row.auth_session_id).ok_or_else(|| damaged(&name, "auth_session_id"))?,
        end_user: EndUserName {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            id: EndUserId::parse(&row.end_user_id).ok_or_else(|| damaged(&name, "end_user_id"))?,
        },
        created_at: time(&name, row.created_at)?,
        expires_at: time(&name, row.expires_at)?,
        hash: Fingerprint::stored(row.sha256),
        client_secret: Sealed::from_bytes(row.client_secret.into_vec()),
        publishable_key: row.publishable_key,
        redirect_url: row.redirect_url,
        password_shown_at: maybe_time(&name, row.password_shown_at)?,
    })
}
