//! `GET /v1/integrations/health`: how every platform and the webhooks do, and which connections need somebody. Function: `connections`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use counterfoil_core::App;
use counterfoil_core::model::flow::StartParams;
use counterfoil_core::model::health::Counted;
use counterfoil_core::port::store::health::Attention;
use counterfoil_core::service::health::connection::Advice;
use counterfoil_core::service::health::partner::{PartnerHealth, PlatformHealth, WebhooksHealth, health_of};
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::connections::readiness::action;
use crate::surface::partner::envelope::Envelope;
use crate::surface::partner::serve::PartnerCaller;
use crate::surface::problem::Problem;
use crate::surface::words;

/// The health of a partner's integrations. Counts are of the last 24 hours.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IntegrationsHealth)]
pub(crate) struct HealthAnswer {
    status: &'static str,
    platforms: Vec<PlatformAnswer>,
    webhooks: WebhooksAnswer,
    attention: Vec<AttentionAnswer>,
    /// Whether more connections need somebody than are listed.
    attention_truncated: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlatformHealth)]
struct PlatformAnswer {
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    status: &'static str,
    connections: ConnectionsAnswer,
    refreshes: RefreshesAnswer,
    syncs: SyncsAnswer,
    throttled: u64,
    oldest_overdue_seconds: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConnectionCounts)]
struct ConnectionsAnswer {
    active: u64,
    needs_reauthorization: u64,
    disconnected: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RefreshCounts)]
struct RefreshesAnswer {
    succeeded: u64,
    failed: u64,
    lost: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncCounts)]
struct SyncsAnswer {
    completed: u64,
    failed: u64,
    record_errors: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhooksHealth)]
struct WebhooksAnswer {
    status: &'static str,
    pending: u64,
    failing: u64,
    delay_ms_p50: Option<u64>,
    delay_ms_p95: Option<u64>,
    oldest_pending_seconds: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attention)]
struct AttentionAnswer {
    company_key: String,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    problem: String,
    action: String,
}

pub(crate) async fn health(
    State(app): State<Arc<App>>,
    PartnerCaller(key): PartnerCaller,
) -> Result<Json<Envelope<HealthAnswer>>, Problem> {
    let PartnerHealth { status, platforms, webhooks, attention, is_cut } = health_of(&app, &key.partner).await?;
    Ok(Json(Envelope::of(HealthAnswer {
        status: status.into(),
        platforms: platforms.iter().map(of_platform).collect(),
        webhooks: of_webhooks(&webhooks),
        attention: attention.into_iter().map(of_attention).collect(),
        attention_truncated: is_cut,
    })))
}

fn of_platform(health: &PlatformHealth) -> PlatformAnswer {
    let connections = &health.connections;
    PlatformAnswer {
        platform: health.platform.as_str(),
        status: health.status.into(),
        connections: ConnectionsAnswer {
            active: connections.active,
            needs_reauthorization: connections.needs_reauthorization,
            disconnected: connections.disconnected,
        },
        refreshes: RefreshesAnswer {
            succeeded: health.count(Counted::RefreshesSucceeded),
            failed: health.count(Counted::RefreshesFailed),
            lost: health.count(Counted::RefreshesLost),
        },
        syncs: SyncsAnswer {
            completed: health.count(Counted::SyncsCompleted),
            failed: health.count(Counted::SyncsFailed),
            record_errors: health.count(Counted::RecordErrors),
        },
        throttled: health.count(Counted::Throttled),
        oldest_overdue_seconds: health.oldest_overdue_seconds,
    }
}

fn of_webhooks(health: &WebhooksHealth) -> WebhooksAnswer {
    WebhooksAnswer {
        status: health.status.into(),
        pending: health.pending,
        failing: health.failing,
        delay_ms_p50: health.delay_ms_p50,
        delay_ms_p95: health.delay_ms_p95,
        oldest_pending_seconds: health.oldest_pending_seconds,
    }
}

fn of_attention(Attention { company_key, platform, environment, problem }: Attention) -> AttentionAnswer {
    let renewal = StartParams { company_key, platform, environment };
    AttentionAnswer {
        platform: platform.as_str(),
        problem: problem.in_words(),
        action: action(Advice::on(problem), &renewal),
        company_key: renewal.company_key.to_string(),
    }
}
