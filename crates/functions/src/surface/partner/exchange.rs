//! `POST /v1/oauth/token`: exchanges our code, or a handle, for an access token. The function `token` serves it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::time::until;
use counterfoil_core::service::consent::exchange::{Exchanged, PresentedCode, exchange_code, redeem_handle};
use counterfoil_core::{App, Error};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::deadline::EndsAt;
use crate::extract::body::JsonBody;
use crate::surface::partner::envelope::Envelope;
use crate::surface::partner::serve::{self, PartnerCaller};
use crate::surface::problem::Problem;
use crate::surface::words;

/// The body: a code with its platform, or a handle.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TokenExchange)]
pub(crate) struct Fields {
    #[schema(schema_with = words::grant_type_or_null)]
    grant_type: Option<String>,
    #[schema(max_length = 300)]
    code: Option<String>,
    #[schema(max_length = 300)]
    refresh_token: Option<String>,
    #[schema(schema_with = words::platform_with_oauth_or_null)]
    platform: Option<String>,
    partner_id: Option<String>,
    redirect_uri: Option<String>,
}

/// A token, and the company and API address that a caller needs with it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExchangedToken)]
pub(crate) struct ExchangeAnswer {
    access_token: String,
    refresh_token: String,
    /// The remaining validity of the token, in seconds.
    expires_in: u64,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    company_id: String,
    company_name: String,
    company_key: String,
    api_base_url: String,
}

/// What is exchanged: a code or a handle.
enum Wish {
    Code(PresentedCode),
    Handle(Secret, Option<PlatformName>),
}

/// The longest code or handle that is accepted, in characters.
const PRESENTED_LONGEST: usize = 300;

pub(crate) async fn token(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
    EndsAt(ends_at): EndsAt,
    JsonBody(fields): JsonBody<Fields>,
) -> Result<Json<Envelope<ExchangeAnswer>>, Problem> {
    let exchanged = exchanged(&app, &key, fields, ends_at).await?;
    Ok(Json(Envelope::of(answer(&app, exchanged))))
}

async fn exchanged(app: &Arc<App>, key: &ApiKey, fields: Fields, ends_at: Duration) -> Result<Exchanged, Error> {
    if fields.partner_id.as_deref().is_some_and(|partner| partner != key.partner.as_str()) {
        return Err(serve::wrong_partner());
    }
    match wish(fields)? {
        Wish::Code(presented) => exchange_code(app, key, &presented, ends_at).await,
        Wish::Handle(handle, platform) => redeem_handle(app, key, handle, platform, ends_at).await,
    }
}

fn wish(fields: Fields) -> Result<Wish, Error> {
    let platform = fields.platform.as_deref().map(serve::platform).transpose()?;
    let wanted = match (fields.grant_type.as_deref(), fields.code, fields.refresh_token) {
        (None | Some("authorization_code"), Some(code), None) => {
            let platform = platform.ok_or_else(|| Error::invalid("missing_parameter", "platform is missing."))?;
            Wish::Code(PresentedCode { code: presented("code", code)?, platform, redirect_uri: fields.redirect_uri })
        }
        (Some("refresh_token"), None, Some(handle)) => Wish::Handle(presented("refreshToken", handle)?, platform),
        _ => {
            let message = "Send code and platform, or grantType \"refresh_token\" and refreshToken.";
            return Err(Error::invalid("invalid_grant_type", message));
        }
    };
    Ok(wanted)
}

fn presented(name: &'static str, text: String) -> Result<Secret, Error> {
    if text.is_empty() {
        return Err(Error::invalid("empty_parameter", format!("{name} is empty.")));
    }
    if text.chars().count() > PRESENTED_LONGEST {
        let message = format!("{name} may have at most {PRESENTED_LONGEST} characters.");
        return Err(Error::invalid("parameter_too_long", message));
    }
    Ok(Secret::new(text))
}

fn answer(app: &App, exchanged: Exchanged) -> ExchangeAnswer {
    let connection = exchanged.token.connection;
    let expires_at = connection.grant().map_or(app.now(), |grant| grant.access_token_expires_at);
    ExchangeAnswer {
        access_token: exchanged.token.access_token.expose().to_owned(),
        refresh_token: exchanged.handle.expose().to_owned(),
        expires_in: until(app.now(), expires_at).as_secs(),
        platform: connection.company.platform.as_str(),
        company_id: connection.company.company_id,
        company_name: connection.company_name,
        company_key: connection.id.company_key.to_string(),
        api_base_url: connection.company.api_base_url,
    }
}
