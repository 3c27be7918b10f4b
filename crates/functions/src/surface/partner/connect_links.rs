//! `/v1/connect-links`: makes, lists and revokes the links that partners send to customers. Function: `connections`, which has the
//! rights that this needs.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use counterfoil_core::model::connect_link::{ConnectLink, LIFE, LIFE_LEAST, LIFE_MOST, LinkId, USES, USES_MOST};
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::service::partner::links::{CreatedLink, NewLink, create_link, revoke_link, state};
use counterfoil_core::{App, Error};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::body::JsonBody;
use crate::extract::cursor;
use crate::extract::name::name;
use crate::extract::paging::Paging;
use crate::extract::path::InPath;
use crate::surface::addresses::link_url;
use crate::surface::consent::start::URL_LONGEST;
use crate::surface::partner::authorize::STATE_LONGEST;
use crate::surface::partner::envelope::{Envelope, Page, to_the_second};
use crate::surface::partner::serve::{self, PartnerCaller};
use crate::surface::problem::Problem;
use crate::surface::words;

/// The body of a request for a link.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewConnectLink)]
pub(crate) struct Fields {
    #[schema(schema_with = words::platform_with_oauth)]
    platform: String,
    #[schema(schema_with = words::company_key_or_null)]
    company_key: Option<String>,
    #[schema(max_length = 200)]
    company_name: Option<String>,
    #[schema(max_length = 2000)]
    redirect_uri: Option<String>,
    #[schema(max_length = 1000)]
    state: Option<String>,
    /// The link's lifetime in seconds.
    #[schema(minimum = 60, maximum = 2_592_000)]
    expires_in: Option<u64>,
    #[schema(minimum = 1, maximum = 100)]
    uses: Option<u32>,
}

impl Fields {
    fn link(self) -> Result<NewLink, Error> {
        let life = self.expires_in.map_or(LIFE, Duration::from_secs);
        if !(LIFE_LEAST..=LIFE_MOST).contains(&life) {
            let (least, most) = (LIFE_LEAST.as_secs(), LIFE_MOST.as_secs());
            return Err(Error::invalid("invalid_parameter", format!("expiresIn must be from {least} to {most} seconds.")));
        }
        let uses = self.uses.unwrap_or(USES);
        if !(1..=USES_MOST).contains(&uses) {
            return Err(Error::invalid("invalid_parameter", format!("uses must be from 1 to {USES_MOST}.")));
        }
        Ok(NewLink {
            platform: serve::platform(&self.platform)?,
            company_key: self.company_key.as_deref().map(CompanyKey::parse).transpose()?,
            company_name: self.company_name.map_or(Ok(None), |text| name("companyName", &text))?,
            redirect_uri: bounded("redirectUri", self.redirect_uri, URL_LONGEST)?,
            state: bounded("state", self.state, STATE_LONGEST)?,
            uses,
            life,
        })
    }
}

fn bounded(field: &str, text: Option<String>, longest: usize) -> Result<Option<String>, Error> {
    let fits = |text: &String| text.chars().count() <= longest && !text.chars().any(char::is_control);
    match text {
        Some(text) if !fits(&text) => {
            let message = format!("{field} may have at most {longest} characters, and no control characters.");
            Err(Error::invalid("invalid_parameter", message))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

/// A link. Its address is present only in the answer that made it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectLink)]
pub(crate) struct LinkAnswer {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<String>,
    #[schema(schema_with = words::link_status)]
    status: &'static str,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    company_key: Option<String>,
    company_name: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    uses: u32,
    used: u32,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

/// The name of this list in its cursors: a cursor of another list is refused.
const LIST: &str = "connect-links";

pub(crate) async fn create(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    JsonBody(fields): JsonBody<Fields>,
) -> Result<(StatusCode, Json<Envelope<LinkAnswer>>), Problem> {
    let base_url = app.base_url()?;
    let CreatedLink { link, token } = create_link(&app, &key, fields.link()?).await?;
    let url = link_url(base_url, &token);
    Ok((StatusCode::CREATED, Json(Envelope::of(answer(&app, link, Some(url)).await?))))
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    paging: Paging,
) -> Result<Json<Page<LinkAnswer>>, Problem> {
    let after = paging.after(LIST, &key.partner, LinkId::parse)?;
    let links = app.links.links(&key.partner, after.as_ref(), paging.limit).await?;
    let last = links.last().filter(|_| links.len() == paging.limit as usize);
    let next = last.map(|last| cursor::write(LIST, &key.partner, &last.id.to_string()));
    let mut answers = Vec::with_capacity(links.len());
    for link in links {
        answers.push(answer(&app, link, None).await?);
    }
    Ok(Json(Page::of(answers, next)))
}

pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    InPath(id): InPath<LinkId>,
) -> Result<Json<Envelope<LinkAnswer>>, Problem> {
    Ok(Json(Envelope::of(answer(&app, revoke_link(&app, &key, &id).await?, None).await?)))
}

async fn answer(app: &App, link: ConnectLink, url: Option<String>) -> Result<LinkAnswer, Error> {
    let status = state(app, &link).await?.as_str();
    Ok(LinkAnswer {
        id: link.id.to_string(),
        url,
        status,
        platform: link.platform.as_str(),
        company_key: link.company_key.map(|key| key.to_string()),
        company_name: link.company_name,
        redirect_uri: link.redirect_uri,
        state: link.state,
        uses: link.uses,
        used: link.used,
        created_at: to_the_second(link.created_at),
        expires_at: to_the_second(link.expires_at),
        revoked_at: link.revoked_at.map(to_the_second),
    })
}
