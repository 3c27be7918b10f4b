//! `/v1/api-keys`: creates, lists, revokes and rotates the partner's API keys. Function: `connections`, which has the rights that this
//! needs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use counterfoil_core::model::api_key::{ApiKey, KeyId, Scope};
use counterfoil_core::model::name::{DisplayName, PartnerId};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::keys::{NewKey, Revoked, create_key, revoke_key};
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_core::service::partner::rotate_key::{OVERLAP, OVERLAP_MOST, rotate_key};
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

const DAY: Duration = Duration::from_secs(86_400);
/// After how many days a key expires, if the request does not say.
const DAYS: u32 = 90;
/// After how many days it expires at the latest. Only the command line makes a key that is valid for longer.
const DAYS_MOST: u32 = 365;

/// The body of a request for a key.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub(crate) struct NewFields {
    #[schema(schema_with = words::name)]
    name: String,
    #[schema(schema_with = words::new_scopes)]
    scopes: Vec<String>,
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<u32>,
}

impl NewFields {
    fn key(self, partner: PartnerId) -> Result<NewKey, Error> {
        let days = self.expires_in_days.unwrap_or(DAYS);
        if !(1..=DAYS_MOST).contains(&days) {
            return Err(Error::invalid("invalid_parameter", format!("expiresInDays must be from 1 to {DAYS_MOST}.")));
        }
        let scopes = self.scopes.iter().map(|word| scope(word)).collect::<Result<Vec<_>, _>>()?;
        Ok(NewKey {
            partner,
            name: DisplayName::parse(&self.name)?,
            // A key that can start consents and nothing else may be in a page.
            publishable: !scopes.is_empty() && scopes.iter().all(|scope| *scope == Scope::ConsentStart),
            scopes,
            life: Some(DAY * days),
        })
    }
}

fn scope(word: &str) -> Result<Scope, Error> {
    let known = || Scope::ALL.map(Scope::as_str).join(", ");
    word.parse().map_err(|_| Error::invalid("invalid_scopes", format!("scopes may have: {}.", known())))
}

/// The body of a rotation.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ApiKeyRotation)]
pub(crate) struct RotateFields {
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<u64>,
}

/// A key. Its text is present only in the answer that made it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub(crate) struct KeyAnswer {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    key: Option<String>,
    name: String,
    #[schema(schema_with = words::scopes)]
    scopes: Vec<&'static str>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    /// The day of its last use. Its creation counts as one.
    last_used_at: Timestamp,
    /// After a rotation it may be a time to come.
    revoked_at: Option<Timestamp>,
}

/// The name of this list in its cursors: a cursor of another list is refused.
const LIST: &str = "api-keys";

type Created = Result<(StatusCode, Json<Envelope<KeyAnswer>>), Problem>;

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    PartnerCaller(caller): PartnerCaller,
    JsonBody(fields): JsonBody<NewFields>,
) -> Created {
    let operator = Operator::with_key(&app, &caller);
    Ok(created(create_key(&operator, fields.key(caller.partner)?).await?))
}

pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    PartnerCaller(caller): PartnerCaller,
    InPath(id): InPath<KeyId>,
    JsonOrNoBody(fields): JsonOrNoBody<RotateFields>,
) -> Created {
    let overlap = fields.overlap_seconds.map_or(OVERLAP, Duration::from_secs);
    if overlap > OVERLAP_MOST {
        let message = format!("overlapSeconds must be from 0 to {}.", OVERLAP_MOST.as_secs());
        return Err(Error::invalid("invalid_parameter", message).into());
    }
    Ok(created(rotate_key(&Operator::with_key(&app, &caller), &caller.partner, &id, overlap).await?))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(caller): PartnerCaller,
    paging: Paging,
) -> Result<Json<Page<KeyAnswer>>, Problem> {
    let after = paging.after(LIST, &caller.partner, KeyId::parse)?;
    let keys = app.partners.keys(&caller.partner, after.as_ref(), paging.limit).await?;
    let last = keys.last().filter(|_| keys.len() == paging.limit as usize);
    let next = last.map(|last| cursor::write(LIST, &caller.partner, last.id.as_str()));
    Ok(Json(Page::of(keys.into_iter().map(|key| answer(key, None)).collect(), next)))
}

pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    PartnerCaller(caller): PartnerCaller,
    InPath(id): InPath<KeyId>,
) -> Result<Json<Envelope<KeyAnswer>>, Problem> {
    let (Revoked::Now(key) | Revoked::Before(key)) = revoke_key(&Operator::with_key(&app, &caller), &caller.partner, &id).await?;
    Ok(Json(Envelope::of(answer(key, None))))
}

fn created((text, key): (Secret, ApiKey)) -> (StatusCode, Json<Envelope<KeyAnswer>>) {
    (StatusCode::CREATED, Json(Envelope::of(answer(key, Some(&text)))))
}

fn answer(key: ApiKey, text: Option<&Secret>) -> KeyAnswer {
    KeyAnswer {
        id: key.id.to_string(),
        key: text.map(|text| text.expose().to_owned()),
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
        created_at: to_the_second(key.created_at),
        expires_at: key.expires_at.map(to_the_second),
        last_used_at: to_the_second(key.last_used_at),
        revoked_at: key.revoked_at.map(to_the_second),
        name: key.name,
    }
}
