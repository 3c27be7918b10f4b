//! `GET /api/connections/{company_key}/readiness`: whether a connection works, and what to do if it does not. The function `token` serves
//! it, because it needs the same rights.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use counterfoil_core::App;
use counterfoil_core::model::connection::Connection;
use counterfoil_core::model::flow::StartParams;
use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::service::health::connection::{Advice, ReadinessCheck, check_connection};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deadline::EndsAt;
use crate::extract::caller::Named;
use crate::extract::query::Query;
use crate::surface::addresses::{renewal_of, start_path};
use crate::surface::problem::Problem;
use crate::surface::words;

/// The checks of a connection. Times are in seconds since 1970.
#[derive(Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadinessAnswer {
    company_key: String,
    ready: bool,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    checked_at: Timestamp,
    checks: Vec<CheckAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReadinessCheck)]
struct CheckAnswer {
    #[schema(schema_with = words::check_name)]
    name: &'static str,
    #[schema(schema_with = words::check_result)]
    status: &'static str,
    message: String,
    action: Option<String>,
}

/// The parameter `live`, checked before the table is read: whether to ask the platform.
pub(crate) struct Live(bool);

impl<S: Sync> FromRequestParts<S> for Live {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(Query::of(parts).word("live", "true, false")?.unwrap_or(false)))
    }
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    Live(is_live): Live,
    Named(_, connection): Named,
) -> Result<Json<ReadinessAnswer>, Problem> {
    let readiness = check_connection(&app, connection, is_live.then_some(ends_at)).await?;
    let ready = readiness.is_ready();
    let connection = &readiness.connection;
    Ok(Json(ReadinessAnswer {
        company_key: connection.id.company_key.to_string(),
        ready,
        checked_at: readiness.checked_at,
        checks: readiness.checks.into_iter().map(|check| answer(check, connection)).collect(),
    }))
}

fn answer(ReadinessCheck { name, status, message, advice }: ReadinessCheck, connection: &Connection) -> CheckAnswer {
    CheckAnswer { name, status: status.into(), message, action: advice.map(|advice| action(advice, &renewal_of(connection))) }
}

/// The advice as a sentence, with the routes of this API, for the connection with this renewal.
pub(crate) fn action(advice: Advice, renewal: &StartParams) -> String {
    let (key, platform) = (&renewal.company_key, renewal.platform);
    let (start, verify) = (start_path(renewal), format!("POST /api/connections/{key}/verify"));
    let import = |kind| match kind {
        SyncKind::Sync => format!("POST /v1/oauth/{platform}/sync"),
        SyncKind::ImportInvoices => format!("POST /v1/oauth/{platform}/import-invoices"),
    };
    match advice {
        Advice::EnterCredentials => format!("Enter the API credentials again. Then start the consent again: {start}."),
        Advice::SetRedirectUri => {
            format!("Set PUBLIC_BASE_URL, and register the redirect URI at the platform. Then test the connection: {verify}.")
        }
        Advice::Refresh => format!("Request a refresh now: POST /api/token/{key}/refresh."),
        Advice::Consent if !platform.has_oauth() => {
            "Send the customer the link of an auth session to set up the Web Connector again: POST /v1/auth-sessions.".to_owned()
        }
        Advice::Consent => format!("Send the customer to {start} to consent again."),
        Advice::Disconnect => format!("Revoke the tokens and disconnect here too: DELETE /api/connections/{key}."),
        Advice::TransferAgain => "Run counterfoil import again with this connection.".to_owned(),
        Advice::AskAgain => "Check again in a minute.".to_owned(),
        Advice::Import(kind) => format!("Start the import again: {}.", import(kind)),
        Advice::ImportAll(kind) => format!("Import everything again: {} with \"full\": true.", import(kind)),
        Advice::OpenWebConnector => {
            "Have the customer open the QuickBooks Web Connector on the computer with QuickBooks, and tick Auto-Run.".to_owned()
        }
        Advice::CheckWorker => "Look at the alarms of the function sync-worker.".to_owned(),
        Advice::CheckEndpoints => {
            "Read the failed attempts in GET /v1/deliveries. Correct or enable the endpoints in /v1/webhooks.".to_owned()
        }
    }
}
