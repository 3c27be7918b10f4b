//! `/v1/quickbooks-desktop/…`. Function: `desktop`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{MatchedPath, RawQuery, State};
use counterfoil_core::App;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_desktop::failure::Failure;
use counterfoil_desktop::qbxml::Element;
use counterfoil_desktop::resource::{ListRequest, Resource, company as company_file};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::surface::desktop::asked::{Conversation, Wait};
use crate::surface::desktop::caller::{InAddress, InHeader};
use crate::surface::desktop::pages;
use crate::surface::desktop::refusal::Refused;

/// The longest time that a health check waits, in seconds.
const HEALTH_CHECK_WAIT: u64 = 60;

pub(crate) async fn health_check(
    State(app): State<Arc<App>>,
    InHeader(end_user): InHeader,
    wait: Wait,
) -> Result<Json<Value>, Refused> {
    let duration = checked(&app, &end_user, Wait(wait.0.min(HEALTH_CHECK_WAIT))).await?;
    Ok(Json(json!({ "duration": duration, "status": "ok" })))
}

/// Asks QuickBooks for its version. Returns the time that it took, in milliseconds.
pub(super) async fn checked(app: &App, end_user: &EndUserName, wait: Wait) -> Result<u64, Refused> {
    let began_at = app.clock.elapsed();
    let conversation = Conversation::begin(app, end_user, wait).await?;
    conversation.returned(Element::new("HostQueryRq")).await?;
    Ok(u64::try_from((app.clock.elapsed().saturating_sub(began_at)).as_millis()).unwrap_or(u64::MAX))
}

pub(crate) async fn company(
    State(app): State<Arc<App>>,
    InHeader(end_user): InHeader,
    wait: Wait,
) -> Result<Json<Value>, Refused> {
    let conversation = Conversation::begin(&app, &end_user, wait).await?;
    let returned = conversation.returned(company_file::query()).await?;
    let company = returned.iter().find(|object| object.name == company_file::OBJECT);
    let company = company.ok_or_else(|| Failure::broken_answer("QuickBooks answered without a company."))?;
    Ok(Json(company_file::read(company)?))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    InHeader(end_user): InHeader,
    wait: Wait,
    route: MatchedPath,
    InAddress(resource): InAddress<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Refused> {
    let pairs = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    let pairs: Vec<(String, String)> = pairs.into_owned().collect();
    let list = ListRequest::parse(known(&resource)?, &pairs)?;
    let conversation = Conversation::begin(&app, &end_user, wait).await?;
    let url = route.as_str().replace("{resource}", &resource);
    Ok(Json(pages::page(&conversation, &list, &url).await?))
}

pub(crate) async fn retrieve(
    State(app): State<Arc<App>>,
    InHeader(end_user): InHeader,
    wait: Wait,
    InAddress((resource, id)): InAddress<(String, String)>,
) -> Result<Json<Value>, Refused> {
    let resource = known(&resource)?;
    let query = resource.retrieve(&id)?;
    let conversation = Conversation::begin(&app, &end_user, wait).await?;
    let returned = conversation.returned(query).await?;
    let object = returned.iter().find(|object| object.name == resource.object() && pages::id(object) == Some(&id));
    Ok(Json(resource.read(object.ok_or_else(|| Failure::broken_answer("QuickBooks answered without the object."))?)?))
}

fn known(resource: &str) -> Result<Resource, Refused> {
    resource.parse().map_err(|_| Failure::resource_missing("resource of QuickBooks Desktop").into())
}
