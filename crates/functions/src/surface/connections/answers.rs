//! The JSON answer for a consent.

use axum::Json;
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::connection::{ConfirmedCompany, Connection};
use counterfoil_core::model::flow::{FlowId, Stage};
use counterfoil_core::model::platform::Environment;
use counterfoil_core::service::consent::outcome::{ConsentOutcome, Ending};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::addresses::choose_path;
use crate::surface::connections::error_body::{Choice, Choosable};
use crate::surface::consent;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The new connection, without its tokens. Times are in seconds since 1970.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
pub(crate) struct ConsentAnswer {
    pub(crate) company_key: String,
    pub(crate) company_name: String,
    pub(crate) realm_id: String,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    pub(crate) access_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    pub(crate) refresh_token_expires_at: Option<Timestamp>,
    pub(crate) uses_sandbox_credentials: bool,
    #[schema(schema_with = words::platform)]
    pub(crate) platform: &'static str,
    pub(crate) company_id: String,
    #[schema(schema_with = words::connection_status)]
    pub(crate) status: &'static str,
    pub(crate) connected: bool,
    pub(crate) missing_scopes: Vec<String>,
}

pub(crate) fn as_json(ending: Ending) -> Response {
    let (flow, result) = match ending {
        Ending::Shown { flow, result } => (flow, result),
        Ending::Hidden { why, .. } => return Problem::from(consent::without_flow(&why)).into_response(),
    };
    let mut response = match consent::connection(&result) {
        Ok(connection) => Json(answer(connection)).into_response(),
        Err(error) => Problem::from(error).into_response(),
    };
    if let (Ok(ConsentOutcome::ChoiceNeeded), Stage::Choosing { companies, .. }) = (result, flow.stage) {
        response.extensions_mut().insert(choice(&flow.id, companies));
    }
    response
}

fn choice(id: &FlowId, companies: Vec<ConfirmedCompany>) -> Choice {
    let choosable = |company: ConfirmedCompany| Choosable { company_id: company.company_id, name: company.name };
    Choice { choose_at: choose_path(id), companies: companies.into_iter().map(choosable).collect() }
}

fn answer(connection: &Connection) -> ConsentAnswer {
    let grant = connection.grant();
    ConsentAnswer {
        access_token_expires_at: grant.map(|grant| grant.access_token_expires_at),
        refresh_token_expires_at: grant.and_then(|grant| grant.refresh_token_expires_at),
        uses_sandbox_credentials: connection.company.environment == Environment::Sandbox,
        platform: connection.company.platform.as_str(),
        status: connection.status().as_str(),
        connected: grant.is_some_and(|grant| grant.refresh_token.is_some()),
        missing_scopes: grant.map(|grant| grant.missing_scopes.clone()).unwrap_or_default(),
        realm_id: connection.company.company_id.clone(),
        company_id: connection.company.company_id.clone(),
        company_key: connection.id.company_key.to_string(),
        company_name: connection.company_name.clone(),
    }
}
