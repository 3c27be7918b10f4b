//! `/health` says that the process is up, `/ready` whether it can work (S-5).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use counterfoil_core::App;
use counterfoil_core::service::health::ready::check_ready;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
}

pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    status: &'static str,
    /// `ok`, or the problem and how to fix it.
    #[schema(value_type = BTreeMap<String, String>)]
    checks: BTreeMap<&'static str, String>,
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Ready>) {
    let checks = check_ready(&app).await;
    let ready = checks.iter().all(|check| check.problem.is_none());
    let (code, status) = if ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not_ready") };
    let checks = checks.into_iter().map(|check| (check.name, check.problem.unwrap_or_else(|| "ok".to_owned()))).collect();
    (code, Json(Ready { status, checks }))
}
