//! Receives the notifications of platforms. No answer has a body, as Xero demands.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use counterfoil_core::App;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::service::sync::notified::{Received, receive};

use crate::extract::body::whole;
use crate::extract::path::InPath;
use crate::surface::problem::Problem;

pub(crate) async fn post(
    State(app): State<Arc<App>>,
    InPath(platform): InPath<PlatformName>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = whole(body)?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    receive(&app, platform, &Received { header: &header, body: &body }).await?;
    Ok(StatusCode::OK)
}
