//! `POST /v1/oauth/{platform}/sync` and `…/import-invoices`: begin an import, and answer with its progress. Function: `sync`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use counterfoil_core::App;
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::{SyncKind, Trigger};
use counterfoil_core::service::sync::import::{ImportRequest, import};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::deadline::EndsAt;
use crate::extract::body::JsonOrNoBody;
use crate::extract::path::InPath;
use crate::surface::partner::envelope::Envelope;
use crate::surface::partner::import_answer::ImportAnswer;
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The body of a request for an import.
#[derive(Deserialize, Default, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewImport)]
pub(crate) struct Fields {
    #[schema(schema_with = words::company_key_or_null)]
    company_key: Option<String>,
    full: Option<bool>,
    dry_run: Option<bool>,
}

type Answer = Result<(StatusCode, Json<Envelope<ImportAnswer>>), Problem>;

/// The parts of a request to import.
type Request = (State<Arc<App>>, PartnerCaller, EndsAt, InPath<PlatformName>, JsonOrNoBody<Fields>);

pub(crate) async fn sync(request: Request) -> Answer {
    answer(SyncKind::Sync, request).await
}

pub(crate) async fn import_invoices(request: Request) -> Answer {
    answer(SyncKind::ImportInvoices, request).await
}

async fn answer(kind: SyncKind, request: Request) -> Answer {
    let (State(app), PartnerCaller(key), EndsAt(ends_at), InPath(platform), JsonOrNoBody(fields)) = request;
    let request = ImportRequest {
        platform,
        kind,
        company_key: fields.company_key.as_deref().map(CompanyKey::parse).transpose()?,
        full: fields.full.unwrap_or_default(),
        is_dry: fields.dry_run.unwrap_or_default(),
        trigger: Trigger::Api,
    };
    let imported = import(&app, &key.partner, &request, ends_at).await?;
    let answer = ImportAnswer::of(platform, kind, imported.runs.len(), imported);
    let status = if answer.is_over() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(Envelope::of(answer))))
}
