//! Reads the metric lines of real work as `CloudWatch` reads them, and compares the alarms and the dashboard with what they measure.

use std::time::Duration;

use axum::http::Method;
use counterfoil_core::service::health::figures::THROTTLED;
use counterfoil_core::service::vault::skew::CLOCK;
use counterfoil_functions::metrics::NAMESPACE;
use counterfoil_functions::worker::dispatcher::{self, Turn};
use counterfoil_functions::worker::purger;
use counterfoil_functions::worker::refresher::{self, ScheduleEvent};
use counterfoil_functions::worker::sync_worker::{self, WorkerEvent};
use counterfoil_testkit::metric_line::{Measurement, measurements};
use counterfoil_testkit::receiver::Receiver;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::harness::{Ask, HARBOR, Installation, LARKSPUR, Logs, get, post};
use crate::template::alarms::{Watched, shown, watched};
use crate::webhooks::{deliver, endpoint, installation};

const TIME: Duration = Duration::from_secs(58);

/// The metric lines of consents, a refresh, an import, webhooks, a run of each worker, a fault and a wrong clock.
async fn lines() -> String {
    let logs = Logs::capture();
    let place = installation().await;
    let receiver = Receiver::start().await;
    let made = endpoint(&place, &receiver.url()).await;
    place.connect("shop", LARKSPUR).await;
    deliver(&place, &made).await;
    place.pass(11).await;
    assert_eq!(place.refresh("shop").await.status, 200);
    assert_eq!(post("/v1/oauth/quickbooks/sync").key(&place.key).to(&place.server).await.status, 200);
    run_workers(&place).await;

    receiver.answer(500);
    place.connect("other", HARBOR).await;
    deliver(&place, &made).await;
    place.pass(10).await;
    receiver.answer(410);
    deliver(&place, &made).await;
    let unable = place.process(&[("QUICKBOOKS_CLIENT_SECRET", "")]);
    assert_eq!(get("/oauth/start/shop").key(&place.key).to(&unable).await.status, 500);
    tracing::warn!(target: CLOCK, milliseconds = 5_200, "as the skew logs it");
    tracing::info!(target: THROTTLED, platform = "quickbooks", "as a run logs it");
    logs.metric_lines()
}

async fn run_workers(place: &Installation) {
    refresher::run(place.app(), ScheduleEvent::default(), TIME).await.expect("a run");
    sync_worker::run(place.app(), WorkerEvent::default(), TIME).await.expect("a run");
    purger::run(place.app(), IgnoredAny, TIME).await.expect("a run");
    dispatcher::run(place.app(), Turn::default(), TIME).await.expect("a run");
}

#[tokio::test]
async fn s3_each_alarm_and_each_widget_reads_what_cloudwatch_extracts_from_the_lines() {
    let lines = lines().await;
    let measured = measurements(&lines);
    let (watched, shown) = (watched(), shown());
    let own: Vec<_> = watched.iter().chain(&shown).filter(|watched| watched.namespace == NAMESPACE).collect();
    assert!(own.len() > 25, "{own:?}");
    for Watched { by, namespace, metric, dimensions } in own {
        let dimensions: Vec<&str> = dimensions.iter().map(String::as_str).collect();
        let is_read = measured.iter().any(|measurement| measurement.is_of(namespace, metric, &dimensions));
        assert!(is_read, "{by}: no line has {metric} by {dimensions:?}:\n{lines}");
    }
}

/// The outcomes that the alarms on webhooks name, and the time to the first attempt, which only a first one has.
#[tokio::test]
async fn s3_the_lines_of_webhooks_have_their_outcomes_and_the_delay_of_the_first_attempt() {
    let measured = measurements(&lines().await);
    let values = |name: &str, dimension: &str| -> Vec<String> {
        let of: Vec<&Measurement> = measured.iter().filter(|it| it.is_of(NAMESPACE, name, &[dimension])).collect();
        assert!(of.iter().all(|it| (it.value - 1.0).abs() < f64::EPSILON), "{of:?}");
        of.into_iter().map(|it| it.dimensions[dimension].clone()).collect()
    };
    let attempts = values("DeliveryAttempts", "outcome");
    assert!(
        attempts.len() > 2 && attempts[0] == "delivered" && attempts[1..].iter().all(|outcome| outcome == "pending"),
        "{attempts:?}"
    );
    assert_eq!(values("EndpointsDisabled", "reason"), ["gone"]);
    let delays = measured.iter().filter(|it| it.is_of(NAMESPACE, "DeliveryDelay", &[])).count();
    assert!(delays > 0 && delays < attempts.len(), "{delays} delays of {attempts:?}");
}

#[tokio::test]
async fn s7_the_numbers_of_connections_and_of_pending_deliveries_are_measured_as_the_health_has_them() {
    let logs = Logs::capture();
    let place = installation().await;
    let receiver = Receiver::start().await;
    receiver.answer(500);
    let made = endpoint(&place, &receiver.url()).await;
    for (key, realm) in [("shop", LARKSPUR), ("other", HARBOR)] {
        place.connect(key, realm).await;
    }
    let disconnected = Ask::new(Method::DELETE, "/api/connections/other").key(&place.key).to(&place.server).await;
    assert_eq!(disconnected.status, 200);
    deliver(&place, &made).await;
    dispatcher::run(place.app(), Turn::default(), TIME).await.expect("a run");

    let health = place.data("/v1/integrations/health").await;
    let measured = measurements(&logs.metric_lines());
    let value = |name: &str, dimensions: &[&str]| {
        let of = measured.iter().rfind(|it| it.is_of(NAMESPACE, name, dimensions));
        of.unwrap_or_else(|| panic!("no {name}: {measured:?}")).value
    };
    let connections = &health["platforms"][0]["connections"];
    assert_eq!(connections, &json!({ "active": 1, "needsReauthorization": 0, "disconnected": 1 }));
    for (name, field) in
        [("Active", "active"), ("NeedingReauthorization", "needsReauthorization"), ("Disconnected", "disconnected")]
    {
        let measured = value(&format!("Connections{name}"), &["platform"]);
        assert_eq!(Some(measured), connections[field].as_f64(), "{name}");
    }
    let pending = value("PendingDeliveries", &[]);
    assert!(pending > 0.0);
    assert_eq!(Some(pending), health["webhooks"]["pending"].as_f64());
}
