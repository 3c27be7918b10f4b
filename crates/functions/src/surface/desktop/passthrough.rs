//! qbXML as JSON, and the ping of an end user's connection. Function: `desktop`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response as Answer};
use counterfoil_core::App;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::EndUserId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_desktop::failure::Failure;
use counterfoil_desktop::qbxml::{Response, Version, json};
use serde_json::Value;

use crate::extract::body::whole;
use crate::surface::desktop::asked::{Conversation, Wait};
use crate::surface::desktop::caller::{DesktopCaller, InAddress};
use crate::surface::desktop::refusal::Refused;
use crate::surface::desktop::resources::checked;

/// The only integration.
const SLUG: &str = "quickbooks_desktop";

fn named(partner: PartnerId, id: &str, slug: &str) -> Result<EndUserName, Refused> {
    if slug != SLUG {
        return Err(Failure::resource_missing("integration").into());
    }
    let id = EndUserId::parse(id).ok_or_else(|| Failure::resource_missing("end-user"))?;
    Ok(EndUserName { partner, id })
}

pub(crate) async fn ping(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    wait: Wait,
    InAddress((id, slug)): InAddress<(String, String)>,
) -> Result<Json<Value>, Refused> {
    let duration = checked(&app, &named(key.partner, &id, &slug)?, wait).await?;
    Ok(Json(serde_json::json!({ "duration": duration })))
}

pub(crate) async fn send(
    State(app): State<Arc<App>>,
    DesktopCaller(key): DesktopCaller,
    wait: Wait,
    InAddress((id, slug)): InAddress<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Refused> {
    let end_user = named(key.partner, &id, &slug)?;
    let invalid = |message: String| Refused::from(Failure::invalid_request(message));
    let body = whole(body)?;
    let text = std::str::from_utf8(&body).map_err(|_| invalid("The body is not JSON.".to_owned()))?;
    let requests = json::requests(text).map_err(|error| invalid(error.to_string()))?;
    let is_write = requests.iter().any(|request| !request.name.ends_with("QueryRq"));
    let numbered = (1..).zip(requests).map(|(number, request): (u32, _)| (number.to_string(), request)).collect();
    let conversation = Conversation::begin(&app, &end_user, wait).await?;
    let (document, _) = conversation.send(Version::NEWEST, numbered, is_write, None).await?;
    let responses = match Response::parse(document.expose()) {
        Ok(responses) if !responses.is_empty() => responses,
        // QuickBooks may have carried a write out, whatever came back.
        _ if is_write => return Err(Failure::interrupted(true).into()),
        Ok(_) => return Err(Failure::broken_answer("QuickBooks answered nothing.").into()),
        Err(broken) => return Err(Failure::broken_answer(broken.to_string()).into()),
    };
    if let Some(failure) = Failure::of_responses(&responses) {
        return Err(failure.into());
    }
    Ok(([(CONTENT_TYPE, "application/json")], json::answer(&responses)).into_response())
}
