//! `/v1/auth-sessions`. Function: `desktop`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use counterfoil_core::model::desktop::auth_session::{LIFE, LIFE_LEAST, LIFE_MOST};
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{AuthSessionId, EndUserId};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::auth_flow::{self, NewAuthSession, WithSecret};
use counterfoil_core::{App, Error};
use counterfoil_desktop::failure::Failure;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::extract::body::JsonBody;
use crate::extract::path::{FromPath, InPath};
use crate::surface::addresses::setup_url;
use crate::surface::desktop::answers::time;
use crate::surface::desktop::caller::DesktopCaller;
use crate::surface::desktop::refusal::Refused;

/// The longest `redirectUrl`, in bytes.
const URL_LONGEST: usize = 2_048;

impl FromPath for AuthSessionId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_AUTH_SESSION)
    }
}

/// The body of a request for a session.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct New {
    publishable_key: String,
    end_user_id: String,
    link_expiry_mins: Option<f64>,
    redirect_url: Option<String>,
}

/// A session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthSessionAnswer {
    id: String,
    object_type: &'static str,
    created_at: String,
    end_user_id: String,
    client_secret: String,
    auth_flow_url: String,
    expires_at: String,
    redirect_url: Option<String>,
}

fn answer(app: &App, created: WithSecret) -> Result<AuthSessionAnswer, Refused> {
    let WithSecret { session, client_secret } = created;
    Ok(AuthSessionAnswer {
        id: session.id.to_string(),
        object_type: "auth_session",
        created_at: time(session.created_at),
        end_user_id: session.end_user.id.to_string(),
        auth_flow_url: setup_url(app, &client_secret, &session.publishable_key)?,
        client_secret: client_secret.expose().to_owned(),
        expires_at: time(session.expires_at),
        redirect_url: session.redirect_url,
    })
}

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    JsonBody(new): JsonBody<New>,
) -> Result<Json<impl Serialize>, Refused> {
    let id = EndUserId::parse(&new.end_user_id).ok_or(Error::NO_END_USER)?;
    let new = NewAuthSession {
        end_user: EndUserName { partner: key.partner.clone(), id },
        publishable_key: Secret::new(new.publishable_key),
        life: new.link_expiry_mins.map_or(Ok(LIFE), life)?,
        redirect_url: new.redirect_url.map(redirect_url).transpose()?,
    };
    let created = auth_flow::create_auth_session(&app, &key, new).await?;
    Ok(Json(answer(&app, created)?))
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    InPath(id): InPath<AuthSessionId>,
) -> Result<Json<impl Serialize>, Refused> {
    let found = auth_flow::read_auth_session(&app, &key.partner, &id).await?;
    Ok(Json(answer(&app, found)?))
}

fn life(minutes: f64) -> Result<Duration, Refused> {
    let least_and_most = LIFE_LEAST.as_secs_f64() / 60.0..=LIFE_MOST.as_secs_f64() / 60.0;
    if least_and_most.contains(&minutes) {
        return Ok(Duration::from_secs_f64(minutes * 60.0));
    }
    Err(Failure::invalid_request("linkExpiryMins must be from 15 to 10080 (7 days).").into())
}

/// Any https address, as it was given: a secret key chose it. On a laptop http addresses of the laptop too.
fn redirect_url(url: String) -> Result<String, Refused> {
    // A parser removes these, and a browser that gets the text does not have to.
    let is_text = !url.contains(|character: char| character.is_control() || character.is_whitespace());
    let parsed = Url::parse(&url).ok().filter(|parsed| is_text && url.len() <= URL_LONGEST && parsed.has_host());
    let is_loopback = |parsed: &Url| matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let is_good = |parsed: &Url| parsed.scheme() == "https" || (parsed.scheme() == "http" && is_loopback(parsed));
    match parsed.filter(is_good) {
        Some(_) => Ok(url),
        None => Err(Failure::invalid_request("redirectUrl must be an https address of at most 2048 bytes.").into()),
    }
}
